import { tensor } from "cotangent";
import { assignmentMax } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, dot, matchings } from "./support/structures.js";

const square = (n: number, values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [n, n] });

describe("assignmentMax", () => {
  law("is what brute force finds, up to five rows", floats([25], { min: -1000, max: 1000 }), async (u) => {
    for (const n of [1, 2, 3, 4, 5]) {
      const { object, gap } = best(matchings(n), u);
      if (gap > 1e-9) await expectClose(assignmentMax(square(n, u.slice(0, n * n))), object, { tolerance: 0 });
    }
  });

  law("is as good as the best where utilities tie", floats([16], { min: 0, max: 2 }), async (u) => {
    const whole = u.map(Math.round);
    const found = await assignmentMax(square(4, whole)).data();
    expect(matchings(4).map(String)).toContain([...found].join());
    expect(dot(found, whole)).toBe(dot(best(matchings(4), whole).object, whole));
  });

  it("leaves all in place where all tie, row by row of a batch", async () => {
    const two = tensor(Float64Array.of(1, 1, 1, 1, 0, 1, 1, 0), { shape: [2, 2, 2] });
    await expectClose(assignmentMax(two), [1, 0, 0, 1, 0, 1, 1, 0], { tolerance: 0 });
  });

  it("says what is wrong, and has NaN for what it cannot see in time", async () => {
    expect(() => assignmentMax(tensor(new Float64Array(6), { shape: [2, 3] }))).toThrow(
      "assignmentMax: utilities has shape [2, 3] but its two last axes must have one size",
    );
    expect(() => assignmentMax(tensor(new Float64Array(4)))).toThrow(
      "assignmentMax: utilities has shape [4] but must have two last axes of at least one utility",
    );
    expect(() => assignmentMax(square(1, [Number.NaN]))).toThrow(
      "assignmentMax: utilities holds NaN at 0 but must hold finite numbers",
    );
    const divisors = tensor([[[1]], [[0]], [[1]]], { dtype: "f64" });
    const late = tensor(Float64Array.of(1, 1, 1), { shape: [3, 1, 1] }).div(divisors);
    await expectClose(assignmentMax(late), [1, Number.NaN, 1], { tolerance: 0 });
  });
});
