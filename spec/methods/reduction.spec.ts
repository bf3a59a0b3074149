import { type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkReduction, reduceLosses } from "../../src/methods/reduction.js";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";

describe("reduceLosses", () => {
  law(
    "leaves losses, adds them up, or takes their mean, by weight if there are weights",
    floats([4]),
    floats([4], { min: 0.1, max: 3 }),
    async (values, weights) => {
      const losses = tensor(values) as Tensor;
      const total = values.reduce((sum, value) => sum + value, 0);
      const weight = weights.reduce((sum, value) => sum + value, 0);
      for (const given of [undefined, tensor(weights) as Tensor]) {
        await expectClose(reduceLosses(losses, "none", given), values, { tolerance: 0 });
        await expectClose(reduceLosses(losses, "sum", given), [total], { tolerance: 1e-14 });
      }
      await expectClose(reduceLosses(losses, "mean"), [total / 4], { tolerance: 1e-14 });
      await expectClose(reduceLosses(losses, "mean", tensor(weights) as Tensor), [total / weight], {
        tolerance: 1e-13,
      });
    },
  );
});

describe("checkReduction", () => {
  it("knows three, and names what is none", () => {
    for (const reduction of ["none", "mean", "sum"] as const) checkReduction("loss", reduction);
    expect(() => checkReduction("loss", "max" as "mean")).toThrow(
      new TypeError('loss: reduction is "max" but must be one of none, mean, sum'),
    );
  });
});
