import { tensor } from "cotangent";
import { assignmentMax, matchingMarginals, matchingSst, sinkhornRelaxation } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const square = (n: number, values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [n, n] });

describe("matchingSst", () => {
  law("joins its solvers", floats([9]), numbers({ min: 0.3, max: 3 }), async (u, t) => {
    const z = square(
      3,
      u.map((v) => v / t),
    );
    const utilities = square(3, u);
    await expectClose(matchingSst().hard(utilities), assignmentMax(utilities), { tolerance: 0 });
    await expectClose(matchingSst().relaxed(utilities, t), sinkhornRelaxation(z), { tolerance: 1e-13 });
    await expectClose(matchingSst({ iterations: 3 }).relaxed(utilities, t), sinkhornRelaxation(z, { iterations: 3 }), {
      tolerance: 1e-13,
    });
    const tolerance = 1e-12;
    await expectClose(matchingSst({ tolerance }).relaxed(utilities, t), sinkhornRelaxation(z, { tolerance }), {
      tolerance: 1e-13,
    });
    const exact = matchingSst({ regularizer: "exponentialFamily" });
    await expectClose(exact.relaxed(utilities, t), matchingMarginals(z), { tolerance: 1e-13 });
  });

  it("says what is wrong", () => {
    expect(() => matchingSst({ regularizer: "euclidean" as "exponentialFamily" })).toThrow(
      'matchingSst: regularizer is "euclidean" but must be one of categoricalEntropy, exponentialFamily',
    );
    expect(() => matchingSst({ iterations: 1.5 })).toThrow(
      "matchingSst: iterations is 1.5 but must be a whole number ≥ 1",
    );
    expect(() => matchingSst({ tolerance: -1 })).toThrow(
      "matchingSst: tolerance is -1 but must be a finite number > 0",
    );
    expect(() => matchingSst().hard(tensor(new Float64Array(6), { shape: [2, 3] }))).toThrow(
      "matchingSst: utilities has shape [2, 3] but its two last axes must have one size",
    );
    const wide = tensor(new Float64Array(169), { shape: [13, 13] });
    expect(() => matchingSst({ regularizer: "exponentialFamily" }).relaxed(wide, 1)).toThrow(
      "matchingSst: utilities has 13 rows but must have at most 12; use Sinkhorn's relaxation",
    );
    expect(matchingSst().relaxed(wide, 1).shape).toEqual([13, 13]);
  });
});
