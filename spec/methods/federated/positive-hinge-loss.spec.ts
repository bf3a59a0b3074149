import { grad, type Tensor, tensor } from "cotangent";
import { positiveHingeLoss } from "cotangent/methods/federated";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";

const scores = floats([4], { min: -1, max: 1 });

describe("positiveHingeLoss", () => {
  law("is max(0, 0.9 − s)² unless told otherwise", scores, async (s) => {
    await expectClose(
      positiveHingeLoss(tensor(s)),
      s.map((x) => Math.max(0, 0.9 - x) ** 2),
      { tolerance: 1e-15 },
    );
  });

  law("has gradient −2·max(0, margin − s)", scores, numbers({ min: 0.1, max: 1 }), async (s, margin) => {
    const total = (t: Tensor) => positiveHingeLoss(t, { margin, reduction: "sum" });
    await expectClose(
      grad(total)(tensor(s)),
      s.map((x) => -2 * Math.max(0, margin - x)),
      { tolerance: 1e-14 },
    );
  });

  law("is (1 − s)² as a square, on both sides", floats([4]), async (s) => {
    await expectClose(
      positiveHingeLoss(tensor(s), { form: "square" }),
      s.map((x) => (1 - x) ** 2),
      { tolerance: 1e-14 },
    );
  });

  law("has one value in both forms at margin 1, for cosines", scores, async (s) => {
    const [hinge, square] = (["hinge", "square"] as const).map((form) =>
      positiveHingeLoss(tensor(s), { form, margin: 1 }),
    );
    await expectClose(hinge, square, { tolerance: 1e-15 });
  });

  law("agrees with finite differences to second order", distinctFloats([4]), async (s) => {
    for (const form of ["hinge", "square"] as const) {
      await checkGradient((t: Tensor) => positiveHingeLoss(t, { form, margin: 1, reduction: "mean" }), tensor(s), {
        order: 2,
      });
    }
  });

  it("has the mean and the sum of its losses", async () => {
    const s = tensor(new Float64Array([0, 0.5, 1]));
    await expectClose(positiveHingeLoss(s, { reduction: "sum" }), 0.81 + 0.16);
    await expectClose(positiveHingeLoss(s, { reduction: "mean" }), (0.81 + 0.16) / 3);
  });

  it("lets NaN through where it cannot be seen before", async () => {
    expect(await positiveHingeLoss(tensor([0]).div(0)).data()).toEqual(Float32Array.of(Number.NaN));
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) => positiveHingeLoss(tensor([-0.7, 0.2, 0.95, 0.5], { backend })));
  });

  it("names the argument that is wrong", () => {
    const s = tensor([0.5]);
    expect(() => positiveHingeLoss(s, { margin: 0 })).toThrow(
      "positiveHingeLoss: margin is 0 but must be a finite number > 0",
    );
    expect(() => positiveHingeLoss(s, { form: "cube" as "hinge" })).toThrow(
      'positiveHingeLoss: form is "cube" but must be one of hinge, square',
    );
    expect(() => positiveHingeLoss(s, { reduction: "max" as "mean" })).toThrow(
      'positiveHingeLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() => positiveHingeLoss(tensor([Number.NaN]))).toThrow(
      "positiveHingeLoss: scores holds NaN at 0 but must hold finite numbers",
    );
    expect(() => positiveHingeLoss(tensor([1], { dtype: "i32" }) as unknown as Tensor)).toThrow(
      "positiveHingeLoss: scores is i32 but must be f32 or f64; cast it",
    );
  });
});

finiteAtExtremes(
  "positiveHingeLoss",
  {
    hinge: (x) => positiveHingeLoss(x),
    square: (x) => positiveHingeLoss(x, { form: "square" }),
  },
  { degree: 2 },
);
