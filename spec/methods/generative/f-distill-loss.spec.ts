import { type Backend, cpu, grad, type Tensor, tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { fDistillLoss, normalizeFWeights } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { beside } from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";

const image = (values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [3, 2, 2] }) as Tensor;
const numbers = floats([12]);
const weights = floats([3], { min: 0.1, max: 3 });
const part = (values: Float64Array, i: number) => [...values.slice(4 * i, 4 * i + 4)];
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

describe("fDistillLoss", () => {
  law("is ½ w² mean (x̂_F − x̂_T)², reduced or not", numbers, numbers, numbers, weights, async (x, teacher, fake, h) => {
    const expected = [0, 1, 2].map((i) => {
      const distance = sum(part(x, i).map((v, k) => Math.abs(v - part(teacher, i)[k]))) / 4 + 1e-6;
      const squares = part(fake, i).map((v, k) => (v - part(teacher, i)[k]) ** 2);
      return (0.5 * (h[i] / distance) ** 2 * sum(squares)) / 4;
    });
    const loss = (options = {}) =>
      fDistillLoss(image(x), image(teacher), image(fake), { weights: tensor(h) as Tensor, ...options });
    await expectClose(loss(), expected, { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "sum" }), [sum(expected)], { tolerance: 1e-12 });
    await expectClose(loss({ reduction: "mean" }), [sum(expected) / 3], { tolerance: 1e-12 });
  });

  law(
    "has gradient w (x̂_F − x̂_T) over the number of entries",
    numbers,
    numbers,
    numbers,
    weights,
    async (x, teacher, fake, h) => {
      const loss = (s: Tensor) =>
        fDistillLoss(s, image(teacher), image(fake), { weights: tensor(h) as Tensor, reduction: "mean" });
      const expected = [0, 1, 2].flatMap((i) => {
        const distance = sum(part(x, i).map((v, k) => Math.abs(v - part(teacher, i)[k]))) / 4 + 1e-6;
        return part(fake, i).map((v, k) => ((h[i] / distance) * (v - part(teacher, i)[k])) / 12);
      });
      await expectClose(grad(loss)(image(x)), expected, { tolerance: 1e-11 });
    },
  );

  law(
    "is that of the reverse KL without weights, to the last bit",
    numbers,
    numbers,
    numbers,
    weights,
    async (x, teacher, fake, r) => {
      const { weights: ones } = normalizeFWeights(tensor(r) as Tensor, "reverseKl");
      const [weighed, plain] = [{ weights: ones }, {}].map(
        (options) => (s: Tensor) => fDistillLoss(s, image(teacher), image(fake), options),
      );
      await expectClose(weighed(image(x)), plain(image(x)), { tolerance: 0 });
      const [a, b] = [weighed, plain].map((loss) => grad((s: Tensor) => loss(s).sum())(image(x)));
      await expectClose(a, b, { tolerance: 0 });
    },
  );

  law(
    "lets no gradient through to predictions and weights, and has none where they agree",
    numbers,
    numbers,
    numbers,
    weights,
    async (x, teacher, fake, h) => {
      const loss = (at: Record<"teacher" | "fake" | "weights", Tensor>) =>
        fDistillLoss(image(x), at.teacher, at.fake, { weights: at.weights, reduction: "sum" });
      const slopes = grad(loss)({ teacher: image(teacher), fake: image(fake), weights: tensor(h) as Tensor });
      for (const slope of Object.values(slopes)) expect((await slope.data()).every((v) => v === 0)).toBe(true);
      const same = grad((s: Tensor) => fDistillLoss(s, image(teacher), image(teacher)).sum())(image(x));
      expect((await same.data()).every((v) => v === 0)).toBe(true);
    },
  );

  it("is the same on every backend", async () => {
    const on = (backend: Backend) => {
      const at = (phase: number) =>
        tensor(
          Float32Array.from({ length: 12 }, (_, i) => Math.sin(phase + 2 * i)),
          { backend, shape: [4, 3] },
        ) as Tensor;
      const h = tensor(Float32Array.of(1, 0.5, 2, 0.7), { backend }) as Tensor;
      return grad((x: Tensor) => fDistillLoss(x, at(1), at(2), { weights: h }).sum())(at(0));
    };
    const expected = await on(cpu()).data();
    for (const backend of [wasm(), ...(gpu === undefined ? [] : [gpu])])
      await expectClose(on(backend), expected, { tolerance: 1e-5 });
  });

  it("names what is wrong", () => {
    const x = tensor([[1, 2]]);
    const call = (...args: Parameters<typeof fDistillLoss>) => expect(() => fDistillLoss(...args));
    const name = "fDistillLoss";
    call(tensor([1]), x, x).toThrow(
      `${name}: samples has shape [1] but must be [n, ...] with an entry for each sample`,
    );
    const empty = tensor(new Float32Array(0), { shape: [0, 2] }) as Tensor;
    call(empty, empty, empty).toThrow(
      `${name}: samples has shape [0, 2] but must be [n, ...] with an entry for each sample`,
    );
    call(x, tensor([[1]]), x).toThrow(`${name}: teacherPrediction has shape [1, 1] but must match samples, [1, 2]`);
    call(x, x, tensor([[1]])).toThrow(`${name}: fakePrediction has shape [1, 1] but must match samples, [1, 2]`);
    call(x, x, tensor([[NaN, 1]])).toThrow(`${name}: fakePrediction holds NaN at 0 but must hold finite numbers`);
    const wide = tensor(Float64Array.of(1, 2), { shape: [1, 2] }) as Tensor;
    call(x, wide, x).toThrow(`${name}: teacherPrediction is f64 but must match samples, f32; cast one of them`);
    call(x, x, wide).toThrow(`${name}: fakePrediction is f64 but must match samples, f32; cast one of them`);
    call(x, x, x, { weights: tensor([1, 2]) }).toThrow(`${name}: weights has shape [2] but must be [1]`);
    call(x, x, x, { weights: tensor(Float64Array.of(1)) as Tensor }).toThrow(
      `${name}: weights is f64 but must match samples, f32; cast one of them`,
    );
    call(x, x, x, { weights: tensor([Infinity]) }).toThrow(
      `${name}: weights holds Infinity at 0 but must hold finite numbers`,
    );
    call(x, x, x, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});

const ramp = Array.from({ length: SIZE * SIZE }, (_, i) => i / 16 - 2);
finiteAtExtremes("fDistillLoss", (x) =>
  fDistillLoss(x, beside(x, ramp, [SIZE, SIZE]), beside(x, ramp, [SIZE, SIZE]).neg()),
);
