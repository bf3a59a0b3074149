import { grad, hvp, logSumExp, type Tensor, tensor } from "cotangent";
import { softmaxCrossEntropy } from "cotangent/methods/classification";
import { checkGradient, floats, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { dot, hessianTimes, logSumExpOf, softmaxOf } from "./support/closed-forms.js";
import { exactly } from "./support/exactly.js";

const classes = 5;
const row = floats([classes]);
const target = simplex(classes);
const classWeights = floats([classes], { min: 0.1, max: 2 });
const temperatures = numbers({ min: 0.3, max: 3 });
const shares = numbers({ min: 0, max: 0.9 });
/** Masks of one row that leave the first class. */
const masks = fc
  .array(fc.boolean(), { minLength: classes - 1, maxLength: classes - 1 })
  .map((rest) => Uint8Array.from([true, ...rest], Number));

const matrix = (values: Float64Array) => tensor(values, { shape: [values.length / classes, classes] });
const maskOf = (values: Uint8Array) => tensor(values, { shape: [values.length / classes, classes], dtype: "bool" });
/** A distribution on the classes that a mask leaves. */
const within = (t: Float64Array, mask: Uint8Array) => {
  const kept = t.map((share, c) => share * mask[c]);
  const total = kept.reduce((sum, share) => sum + share, 0);
  return kept.map((share) => share / total);
};

describe("softmaxCrossEntropy", () => {
  law(
    "has gradient ((Σ v t')·p − v∘t') / T, for all options at once",
    row,
    target,
    classWeights,
    temperatures,
    shares,
    masks,
    async (z, t, v, temperature, labelSmoothing, mask) => {
      const probs = within(t, mask);
      const available = mask.reduce((sum, bit) => sum + bit, 0);
      const scaled = z.map((value, c) => (mask[c] ? value / temperature : Number.NEGATIVE_INFINITY));
      const weighted = probs.map(
        (share, c) => v[c] * ((1 - labelSmoothing) * share + (labelSmoothing * mask[c]) / available),
      );
      const mass = weighted.reduce((sum, share) => sum + share, 0);
      const expected = softmaxOf(scaled).map((p, c) => (mass * p - weighted[c]) / temperature);
      const options = { classWeights: tensor(v), temperature, labelSmoothing, mask: maskOf(mask) };
      const loss = (logits: Tensor) => softmaxCrossEntropy(logits, matrix(probs), options).sum();
      const gradient = await grad(loss)(matrix(z)).data();
      await expectClose(gradient, expected, { tolerance: 1e-12 });
      for (let c = 0; c < classes; c++) if (mask[c] === 0) expect(gradient[c]).toBe(0);
      const value = weighted.reduce((sum, w, c) => (w === 0 ? sum : sum + w * (logSumExpOf(scaled) - scaled[c])), 0);
      await expectClose(loss(matrix(z)), [value], { tolerance: 1e-12 });
    },
  );

  law(
    "agrees with central differences to second order",
    row,
    target,
    classWeights,
    temperatures,
    shares,
    async (z, t, v, temperature, labelSmoothing) => {
      const options = { classWeights: tensor(v), temperature, labelSmoothing };
      await checkGradient((logits) => softmaxCrossEntropy(logits, matrix(t), options).sum(), matrix(z), { order: 2 });
    },
  );

  law("has Hessian diag(p) − p pᵀ: reverse over reverse is p∘u − p·⟨p, u⟩", row, target, row, async (z, t, u) => {
    const loss = (logits: Tensor) => softmaxCrossEntropy(logits, matrix(t)).sum();
    const expected = hessianTimes(softmaxOf(z), u);
    await expectClose(hvp(loss, matrix(z), matrix(u)), expected, { tolerance: 1e-12 });
    const along = (logits: Tensor) => grad(loss)(logits).mul(matrix(u)).sum();
    await expectClose(grad(along)(matrix(z)), expected, { tolerance: 1e-12 });
  });

  law(
    "has a Hessian that is positive semidefinite, kills constants and has norm ≤ 1/2",
    floats([classes], { min: -20, max: 20 }),
    target,
    row,
    async (z, t, u) => {
      const loss = (logits: Tensor) => softmaxCrossEntropy(logits, matrix(t)).sum();
      const along = await hvp(loss, matrix(z), matrix(u)).data();
      expect(dot(u, along)).toBeGreaterThanOrEqual(-1e-14);
      expect(Math.hypot(...along)).toBeLessThanOrEqual(0.5 * Math.hypot(...u) + 1e-14);
      const constant = await hvp(loss, matrix(z), matrix(new Float64Array(classes).fill(1))).data();
      await expectClose(constant, new Float64Array(classes), { tolerance: 1e-15 });
    },
  );

  law("has a gradient whose rows sum to 0", row, target, shares, async (z, t, labelSmoothing) => {
    const loss = (logits: Tensor) => softmaxCrossEntropy(logits, matrix(t), { labelSmoothing }).sum();
    await expectClose(grad(loss)(matrix(z)).sum(), [0], { tolerance: 1e-15 });
  });

  law(
    "plus Σ t log t is KL(t‖p) ≥ 0 (Fenchel and Young), 0 where p = t",
    row,
    target,
    numbers(),
    async (z, t, shift) => {
      const negentropy = t.reduce((sum, share) => sum + share * Math.log(share), 0);
      const divergence = softmaxOf(z).reduce((sum, p, c) => sum + t[c] * Math.log(t[c] / p), 0);
      await expectClose(softmaxCrossEntropy(matrix(z), matrix(t)).add(negentropy), [divergence], { tolerance: 1e-12 });
      expect(divergence).toBeGreaterThanOrEqual(-1e-15);
      const best = matrix(t.map((share) => Math.log(share) + shift));
      await expectClose(softmaxCrossEntropy(best, matrix(t)), [-negentropy], { tolerance: 1e-12 });
    },
  );

  law(
    "is least at z = T·log t' + const",
    target,
    shares,
    temperatures,
    numbers(),
    row,
    async (t, labelSmoothing, temperature, shift, u) => {
      const smoothed = t.map((share) => (1 - labelSmoothing) * share + labelSmoothing / classes);
      const best = smoothed.map((share) => temperature * Math.log(share) + shift);
      const loss = (logits: Tensor) => softmaxCrossEntropy(logits, matrix(t), { labelSmoothing, temperature }).sum();
      await expectClose(grad(loss)(matrix(best)), new Float64Array(classes), { tolerance: 1e-12 });
      const [least, beside] = [
        await loss(matrix(best)).item(),
        await loss(matrix(best.map((b, c) => b + u[c]))).item(),
      ];
      expect(beside).toBeGreaterThanOrEqual(least - 1e-12);
    },
  );

  law("is convex in the logits", row, row, target, async (a, b, t) => {
    const loss = (z: Float64Array) => softmaxCrossEntropy(matrix(z), matrix(t)).item();
    const middle = await loss(a.map((value, c) => (value + b[c]) / 2));
    expect(middle).toBeLessThanOrEqual(((await loss(a)) + (await loss(b))) / 2 + 1e-14);
  });

  law("leaves out masked classes as if they were not there", row, target, shares, async (z, t, labelSmoothing) => {
    const mask = Uint8Array.from(z, (_, c) => Number(c % 2 === 0));
    const probs = within(t, mask);
    const kept = (values: Float64Array) =>
      tensor(
        values.filter((_, c) => mask[c] === 1),
        { shape: [1, 3] },
      );
    await expectClose(
      softmaxCrossEntropy(matrix(z), matrix(probs), { mask: maskOf(mask), labelSmoothing }),
      softmaxCrossEntropy(kept(z), kept(probs), { labelSmoothing }),
      { tolerance: 1e-13 },
    );
  });

  law("reduces to the mean over rows, or to their sum", floats([3, classes]), target, classWeights, async (z, t, v) => {
    const probs = Float64Array.from([...t, ...t, ...t]);
    const each = await softmaxCrossEntropy(matrix(z), matrix(probs), { classWeights: tensor(v) }).data();
    const total = [...each].reduce((sum, loss) => sum + loss, 0);
    for (const [reduction, expected] of [
      ["mean", total / 3],
      ["sum", total],
    ] as const) {
      const options = { classWeights: tensor(v), reduction };
      await expectClose(softmaxCrossEntropy(matrix(z), matrix(probs), options), [expected], { tolerance: 1e-13 });
    }
  });

  it("counts a target of 0 as 0 where the logit is −∞, in value, gradient and curvature", async () => {
    const [z, t] = [Float64Array.of(Number.NEGATIVE_INFINITY, 0, 1), Float64Array.of(0, 0.25, 0.75)];
    const of = (values: Float64Array) => tensor(values, { shape: [1, 3] });
    const loss = (logits: Tensor) => softmaxCrossEntropy(logits, of(t)).sum();
    const p = softmaxOf(z);
    await expectClose(loss(of(z)), [Math.log(1 + Math.E) - 0.75], { tolerance: 1e-15 });
    await expectClose(
      grad(loss)(of(z)),
      p.map((share, c) => share - t[c]),
      { tolerance: 1e-15 },
    );
    const u = Float64Array.of(1, 2, -1);
    await expectClose(hvp(loss, of(z), of(u)), hessianTimes(p, u), { tolerance: 1e-15 });
  });

  it("lets no gradient into probs and classWeights", async () => {
    const z = tensor(Float64Array.of(0.3, -0.5, 1.2), { shape: [1, 3] });
    const constants = {
      t: tensor(Float64Array.of(0.2, 0.3, 0.5), { shape: [1, 3] }),
      v: tensor(Float64Array.of(1, 2, 3)),
    };
    const slopes = grad(({ t, v }: { t: Tensor; v: Tensor }) => softmaxCrossEntropy(z, t, { classWeights: v }).sum())(
      constants,
    );
    await expectClose(slopes.t, [0, 0, 0]);
    await expectClose(slopes.v, [0, 0, 0]);
  });

  it("is lse(z) − ⟨t, z⟩ on one row, and 0 for one class", async () => {
    const [z, t] = [
      tensor(Float64Array.of(1, 2, 3), { shape: [1, 3] }),
      tensor(Float64Array.of(0.5, 0.25, 0.25), { shape: [1, 3] }),
    ];
    await expectClose(softmaxCrossEntropy(z, t), logSumExp(z, 1).sub(1.75), { tolerance: 1e-15 });
    const [single, sure] = [
      tensor(Float64Array.of(-7.5), { shape: [1, 1] }),
      tensor(Float64Array.of(1), { shape: [1, 1] }),
    ];
    await expectClose(softmaxCrossEntropy(single, sure), [0], { tolerance: 0 });
    await expectClose(grad((x: Tensor) => softmaxCrossEntropy(x, sure).sum())(single), [0], { tolerance: 0 });
  });
});

describe("softmaxCrossEntropy, given what it cannot take", () => {
  const z = tensor([
    [0, 1, 2],
    [1, 0, 3],
  ]);
  const t = tensor([
    [0.5, 0.5, 0],
    [0, 0, 1],
  ]);
  const rows = (...values: number[]) => tensor([[0.5, 0.5, 0], values]);
  const mask = (...bits: boolean[]) => ({ mask: tensor([[true, true, true], bits]) as unknown as Tensor<"bool"> });
  const bad: [string, () => unknown][] = [
    ["logits has shape [3] but must have 2 axes", () => softmaxCrossEntropy(tensor([0, 1, 2]), t)],
    [
      "logits has shape [2, 0] but must have a class",
      () => softmaxCrossEntropy(tensor(new Float32Array(0), { shape: [2, 0] }), t),
    ],
    [
      'logits has shape [0, 3] but must have a row for a mean; use reduction "sum"',
      () => {
        const none = tensor(new Float32Array(0), { shape: [0, 3] });
        return softmaxCrossEntropy(none, none, { reduction: "mean" });
      },
    ],
    [
      "logits is i32 but must be f32 or f64; cast it",
      () => softmaxCrossEntropy(tensor([[1]], { dtype: "i32" }) as never, t),
    ],
    ["probs has shape [1, 3] but must match logits, [2, 3]", () => softmaxCrossEntropy(z, tensor([[0, 0, 1]]))],
    [
      "probs is f64 but must match logits, f32; cast one of them",
      () => softmaxCrossEntropy(z, tensor(new Float64Array(6), { shape: [2, 3] })),
    ],
    [
      "logits is NaN at [1, 2] but must be finite or -Infinity",
      () =>
        softmaxCrossEntropy(
          tensor([
            [0, 1, 2],
            [1, 0, Number.NaN],
          ]),
          t,
        ),
    ],
    [
      "logits is Infinity at [0, 1] but must be finite or -Infinity",
      () =>
        softmaxCrossEntropy(
          tensor([
            [0, Number.POSITIVE_INFINITY, 2],
            [1, 0, 3],
          ]),
          t,
        ),
    ],
    ["probs is -0.5 at [1, 0] but must be ≥ 0", () => softmaxCrossEntropy(z, rows(-0.5, 0.5, 1))],
    ["probs is NaN at [1, 1] but must be ≥ 0", () => softmaxCrossEntropy(z, rows(0, Number.NaN, 1))],
    [
      "probs is a row of sum 0.875 at [1] but must sum to 1 within 1e-4",
      () => softmaxCrossEntropy(z, rows(0.5, 0.125, 0.25)),
    ],
    [
      "logits is -Infinity at [1, 2] but must be finite where the target has mass",
      () =>
        softmaxCrossEntropy(
          tensor([
            [0, 1, 2],
            [1, 0, Number.NEGATIVE_INFINITY],
          ]),
          t,
        ),
    ],
    [
      "logits is -Infinity at [0, 2] but must be finite where the target has mass",
      () =>
        softmaxCrossEntropy(
          tensor([
            [0, 1, Number.NEGATIVE_INFINITY],
            [1, 0, 0],
          ]),
          t,
          { labelSmoothing: 0.1 },
        ),
    ],
    [
      "logits is -Infinity at [0, 0] but must be finite where the target has mass",
      () => softmaxCrossEntropy(tensor(new Float32Array(6).fill(Number.NEGATIVE_INFINITY), { shape: [2, 3] }), t),
    ],
    [
      "mask is false at [1, 2] but must be true where the target has mass",
      () => softmaxCrossEntropy(z, t, mask(true, true, false)),
    ],
    [
      "mask is false at [1, 2] but must be true where the target has mass",
      () => softmaxCrossEntropy(z, t, mask(false, false, false)),
    ],
    [
      "mask has shape [3] but must match logits, [2, 3]",
      () => softmaxCrossEntropy(z, t, { mask: tensor([true, true, true]) }),
    ],
    ["mask is f32 but must be bool; cast it", () => softmaxCrossEntropy(z, t, { mask: z as never })],
    ["classWeights has shape [2] but must be [3]", () => softmaxCrossEntropy(z, t, { classWeights: tensor([1, 2]) })],
    [
      "classWeights is f64 but must match logits, f32; cast one of them",
      () => softmaxCrossEntropy(z, t, { classWeights: tensor(new Float64Array(3)) }),
    ],
    [
      "classWeights is -1 at [1] but must be a finite number ≥ 0",
      () => softmaxCrossEntropy(z, t, { classWeights: tensor([1, -1, 1]) }),
    ],
    [
      "classWeights is Infinity at [2] but must be a finite number ≥ 0",
      () => softmaxCrossEntropy(z, t, { classWeights: tensor([1, 1, Number.POSITIVE_INFINITY]) }),
    ],
    [
      "classWeights is 0 for every class but must be positive for one",
      () => softmaxCrossEntropy(z, t, { classWeights: tensor([0, 0, 0]) }),
    ],
    ["temperature is 0 but must be a finite number > 0", () => softmaxCrossEntropy(z, t, { temperature: 0 })],
    ["labelSmoothing is 1 but must be in [0, 1)", () => softmaxCrossEntropy(z, t, { labelSmoothing: 1 })],
    ["labelSmoothing is -0.1 but must be in [0, 1)", () => softmaxCrossEntropy(z, t, { labelSmoothing: -0.1 })],
    [
      'reduction is "average" but must be one of none, mean, sum',
      () => softmaxCrossEntropy(z, t, { reduction: "average" as never }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`softmaxCrossEntropy: ${message}`));
  });
});

finiteAtExtremes(
  "softmaxCrossEntropy",
  (x) => {
    const targets = Array.from({ length: SIZE * SIZE }, (_, i) => (i % (SIZE + 1) === 0 ? 0.75 : 0.25 / (SIZE - 1)));
    return softmaxCrossEntropy(x, extreme.beside(x, targets, [SIZE, SIZE]));
  },
  { cancels: true },
);
