import { tensor } from "cotangent";
import { chainSubsetMax } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, chainSubsets } from "./support/structures.js";

const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));

describe("chainSubsetMax", () => {
  law("is what brute force finds", floats([13]), fc.integer({ min: 1, max: 7 }), async (z, k) => {
    for (const n of [k, 7]) {
      const u = [...z.slice(0, n), ...z.slice(7, 7 + n - 1)];
      const { object, gap } = best(chainSubsets(n, k), u);
      if (gap > 1e-9) await expectClose(chainSubsetMax(f64(u), k), object, { tolerance: 0 });
    }
  });

  it("takes neighbours that attract each other", async () => {
    await expectClose(chainSubsetMax(f64([1, 0, 0, 1, 0, 0, 5]), 2), [0, 0, 1, 1, 0, 0, 1], { tolerance: 0 });
    await expectClose(chainSubsetMax(f64([1, 0, 0, 1, 0, 0, 0]), 2), [1, 0, 0, 1, 0, 0, 0], { tolerance: 0 });
  });

  it("gives ties to the earlier elements, row by row", async () => {
    const rows = tensor(Float64Array.of(0, 0, 0, 0, 0, 1, 1, 1, -9, -9), { shape: [2, 5] });
    await expectClose(chainSubsetMax(rows, 2), [1, 1, 0, 1, 0, 1, 0, 1, 0, 0], { tolerance: 0 });
  });

  it("says what is wrong, and has NaN for what it cannot see in time", async () => {
    expect(() => chainSubsetMax(f64([1, 2]), 1)).toThrow(
      "chainSubsetMax: utilities has shape [2] but must end in an odd size, n elements and n − 1 pairs of neighbours",
    );
    expect(() => chainSubsetMax(f64([1, 2, 3]), 0)).toThrow(
      "chainSubsetMax: k is 0 but must be a whole number in [1, 2]",
    );
    expect(() => chainSubsetMax(f64([1, Number.NaN, 3]), 1)).toThrow(
      "chainSubsetMax: utilities holds NaN at 1 but must hold finite numbers",
    );
    const late = tensor(Float64Array.of(1, 2, 3, 1, 2, 3), { shape: [2, 3] }).div(tensor([[0], [1]], { dtype: "f64" }));
    await expectClose(chainSubsetMax(late, 1), [Number.NaN, Number.NaN, Number.NaN, 0, 1, 0], { tolerance: 0 });
  });
});
