import { tensor } from "cotangent";
import { chainSubsetMarginals, chainSubsetMax, chainSubsetSst } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

describe("chainSubsetSst", () => {
  law("joins the two solvers", floats([7]), numbers({ min: 0.2, max: 3 }), async (u, t) => {
    const family = chainSubsetSst({ k: 3 });
    await expectClose(family.hard(tensor(u)), chainSubsetMax(tensor(u), 3), { tolerance: 0 });
    const z = tensor(u.map((v) => v / t));
    await expectClose(family.relaxed(tensor(u), t), chainSubsetMarginals(z, 3), { tolerance: 1e-14 });
  });

  it("works for one element, and for all of them", async () => {
    await expectClose(chainSubsetSst({ k: 1 }).relaxed(tensor(Float64Array.of(-9)), 0.1), [1], { tolerance: 0 });
    const all = tensor(Float64Array.of(1, -1e4, 1e4, -3, 5));
    await expectClose(chainSubsetSst({ k: 3 }).relaxed(all, 0.1), [1, 1, 1, 1, 1], { tolerance: 1e-12 });
    await expectClose(chainSubsetSst({ k: 3 }).hard(all), [1, 1, 1, 1, 1], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    expect(() => chainSubsetSst({ k: 0 })).toThrow("chainSubsetSst: k is 0 but must be a whole number ≥ 1");
    const u = tensor(new Float64Array(5));
    expect(() => chainSubsetSst({ k: 4 }).hard(u)).toThrow(
      "chainSubsetSst: k is 4 but must be a whole number in [1, 3]",
    );
    expect(() => chainSubsetSst({ k: 1 }).relaxed(tensor(new Float64Array(4)), 1)).toThrow(
      "chainSubsetSst: utilities has shape [4] but must end in an odd size, n elements and n − 1 pairs of neighbours",
    );
  });
});
