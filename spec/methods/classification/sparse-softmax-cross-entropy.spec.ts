import { grad, hvp, oneHot, read, softplus, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  type SparseSoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
} from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { hessianTimes, rowsOf, softmaxOf } from "./support/closed-forms.js";
import { recordingBackend } from "./support/recording-backend.js";

const [batch, classes] = [3, 5];
const logits = floats([batch, classes]);
const labels = ids(batch, classes);
const classWeights = floats([classes], { min: 0.1, max: 2 });
const temperatures = numbers({ min: 0.3, max: 3 });
const shares = numbers({ min: 0, max: 0.9 });
const orders = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: classes });

const matrix = (values: ArrayLike<number>) =>
  tensor(Float64Array.from(values), { shape: [values.length / classes, classes] });
const lossOf =
  (y: Int32Array, options?: SparseSoftmaxCrossEntropyOptions) =>
  (z: Tensor): Tensor =>
    sparseSoftmaxCrossEntropy(z, tensor(y), options);
const totalOf = (y: Int32Array, options?: SparseSoftmaxCrossEntropyOptions) => (z: Tensor) =>
  lossOf(y, options)(z).sum();

describe("sparseSoftmaxCrossEntropy", () => {
  law(
    "has gradient v_y (p − t) / T, t one-hot, over Σ v_y for the mean",
    logits,
    labels,
    classWeights,
    temperatures,
    async (z, y, v, temperature) => {
      const scaled = rowsOf(z, classes).map((row) => softmaxOf(row.map((value) => value / temperature)));
      const gradient = scaled.flatMap((p, i) =>
        p.map((share, c) => (v[y[i]] * (share - Number(c === y[i]))) / temperature),
      );
      const options = { classWeights: tensor(v), temperature };
      await expectClose(grad(totalOf(y, options))(matrix(z)), gradient, { tolerance: 1e-12 });
      const weight = y.reduce((sum, label) => sum + v[label], 0);
      const mean = lossOf(y, { ...options, reduction: "mean" });
      await expectClose(
        grad(mean)(matrix(z)),
        gradient.map((slope) => slope / weight),
        { tolerance: 1e-12 },
      );
    },
  );

  law(
    "agrees with central differences to second order",
    logits,
    labels,
    classWeights,
    shares,
    async (z, y, v, labelSmoothing) => {
      await checkGradient(totalOf(y), matrix(z), { order: 2 });
      await checkGradient(totalOf(y, { classWeights: tensor(v), labelSmoothing, temperature: 0.7 }), matrix(z), {
        order: 2,
      });
    },
  );

  law("has Hessian diag(p) − p pᵀ in each row", logits, labels, logits, async (z, y, u) => {
    const direction = rowsOf(u, classes);
    const expected = rowsOf(z, classes).flatMap((row, i) => hessianTimes(softmaxOf(row), direction[i]));
    await expectClose(hvp(totalOf(y), matrix(z), matrix(u)), expected, { tolerance: 1e-12 });
  });

  law(
    "is the soft loss of one-hot targets, smoothed, weighted or not",
    logits,
    labels,
    classWeights,
    shares,
    async (z, y, v, labelSmoothing) => {
      const probs = oneHot(tensor(y), classes, "f64");
      for (const options of [
        {},
        { labelSmoothing },
        { classWeights: tensor(v) },
        { labelSmoothing, classWeights: tensor(v), temperature: 2 },
      ]) {
        const soft = valueAndGrad((x: Tensor) => softmaxCrossEntropy(x, probs, options).sum())(matrix(z));
        const { value, grad: slope } = valueAndGrad(totalOf(y, options))(matrix(z));
        await expectClose(value, soft.value, { tolerance: 1e-14 });
        await expectClose(slope, soft.grad, { tolerance: 1e-14 });
      }
    },
  );

  law(
    "divides the mean of smoothed labels by Σ v_y",
    logits,
    labels,
    classWeights,
    shares,
    async (z, y, v, labelSmoothing) => {
      const options = { classWeights: tensor(v), labelSmoothing };
      const weight = y.reduce((sum, label) => sum + v[label], 0);
      await expectClose(
        lossOf(y, { ...options, reduction: "mean" })(matrix(z)),
        totalOf(y, options)(matrix(z)).div(weight),
        { tolerance: 1e-14 },
      );
    },
  );

  law(
    "is √2-Lipschitz: rows of the gradient sum to 0 with ‖·‖₁ ≤ 2 and ‖·‖₂ ≤ √2",
    floats([batch, classes], { min: -30, max: 30 }),
    labels,
    async (z, y) => {
      for (const row of rowsOf(await grad(totalOf(y))(matrix(z)).data(), classes)) {
        expect(Math.abs(row.reduce((sum, slope) => sum + slope, 0))).toBeLessThan(1e-14);
        expect(row.reduce((sum, slope) => sum + Math.abs(slope), 0)).toBeLessThanOrEqual(2 + 1e-14);
        expect(Math.hypot(...row)).toBeLessThanOrEqual(Math.SQRT2 + 1e-14);
      }
    },
  );

  law("ignores a shift of all logits, even one of 10⁶", logits, labels, numbers(), async (z, y, shift) => {
    await expectClose(lossOf(y)(matrix(z.map((value) => value + shift))), lossOf(y)(matrix(z)), { tolerance: 1e-14 });
    const far = matrix(z.map((value) => value + 1e6));
    await expectClose(grad(totalOf(y))(far), grad(totalOf(y))(matrix(z)), { tolerance: 1e-9 });
    await expectClose(lossOf(y)(far), lossOf(y)(matrix(z)), { tolerance: 1e-9 });
  });

  law("follows the classes when they are renumbered", logits, labels, orders, async (z, y, order) => {
    const moved = rowsOf(z, classes).flatMap((row) => order.map((from) => row[from]));
    const renamed = y.map((label) => order.indexOf(label));
    await expectClose(lossOf(renamed)(matrix(moved)), lossOf(y)(matrix(z)), { tolerance: 1e-14 });
    const gradient = rowsOf(await grad(totalOf(y))(matrix(z)).data(), classes);
    await expectClose(
      grad(totalOf(renamed))(matrix(moved)),
      gradient.flatMap((row) => order.map((from) => row[from])),
      { tolerance: 1e-14 },
    );
  });

  law("is positive", floats([batch, classes], { min: -15, max: 15 }), labels, async (z, y) => {
    for (const loss of await lossOf(y)(matrix(z)).data()) expect(loss).toBeGreaterThan(0);
  });

  law("is log C where all logits are equal", numbers({ min: -50, max: 50 }), labels, async (level, y) => {
    const losses = lossOf(y)(matrix(new Float64Array(batch * classes).fill(level)));
    await expectClose(losses, new Float64Array(batch).fill(Math.log(classes)), { tolerance: 1e-14 });
  });

  law("is the logistic loss of the difference for two classes", floats([batch, 2]), ids(batch, 2), async (z, y) => {
    const differences = rowsOf(z, 2).map((row, i) => row[1 - y[i]] - row[y[i]]);
    const pairs = tensor(z, { shape: [batch, 2] });
    await expectClose(lossOf(y)(pairs), softplus(tensor(Float64Array.from(differences))), { tolerance: 1e-14 });
  });

  law("is convex in the logits", logits, logits, labels, async (a, b, y) => {
    const { left, right, middle } = await read({
      left: lossOf(y)(matrix(a)),
      right: lossOf(y)(matrix(b)),
      middle: lossOf(y)(matrix(a.map((value, i) => (value + b[i]) / 2))),
    });
    middle.forEach((loss, i) => {
      expect(loss).toBeLessThanOrEqual((left[i] + right[i]) / 2 + 1e-14);
    });
  });

  law(
    "is least, over free logits, at the log-frequencies of the classes",
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: classes, maxLength: classes }),
    numbers(),
    async (counts, shift) => {
      const y = Int32Array.from(counts.flatMap((count, c) => new Array<number>(count).fill(c)));
      const row = tensor(
        Float64Array.from(counts, (count) => Math.log(count / y.length) + shift),
        { shape: [1, classes] },
      );
      const rows = tensor(new Float64Array(y.length).fill(1), { shape: [y.length, 1] });
      const loss = (z: Tensor) => sparseSoftmaxCrossEntropy(rows.matmul(z), tensor(y), { reduction: "mean" });
      await expectClose(grad(loss)(row), new Float64Array(classes), { tolerance: 1e-14 });
    },
  );

  law(
    "skips ignored rows: no loss, no gradient, no part in the mean, whatever their logits",
    logits,
    ids(2, classes),
    classWeights,
    shares,
    fc.constantFrom(-100, 2),
    async (z, y, v, labelSmoothing, ignoreIndex) => {
      const kept = y.map((label) => (label === ignoreIndex ? 0 : label));
      const withHole = Int32Array.of(kept[0], ignoreIndex, kept[1]);
      const holed = z.slice().fill(Number.NaN, classes, 2 * classes);
      const rest = [...z.slice(0, classes), ...z.slice(2 * classes)];
      for (const options of [{}, { labelSmoothing, classWeights: tensor(v) }]) {
        const all = { ...options, ignoreIndex };
        const [first, second] = await lossOf(kept, options)(matrix(rest)).data();
        await expectClose(lossOf(withHole, all)(matrix(holed)), [first, 0, second], { tolerance: 1e-14 });
        const mean = grad(lossOf(kept, { ...options, reduction: "mean" }))(matrix(rest));
        const rows = rowsOf(await mean.data(), classes);
        const slopes = await grad(lossOf(withHole, { ...all, reduction: "mean" }))(matrix(holed)).data();
        await expectClose(slopes, [rows[0], new Array<number>(classes).fill(0), rows[1]].flat(), { tolerance: 1e-14 });
      }
    },
  );

  law("gives masked classes probability 0 and gradient 0", logits, shares, async (z, labelSmoothing) => {
    const mask = tensor(Uint8Array.of(1, 0, 1, 1, 0), { shape: [1, classes], dtype: "bool" });
    const row = z.slice(0, classes);
    const kept = tensor(Float64Array.of(row[0], row[2], row[3]), { shape: [1, 3] });
    const [y, renamed] = [Int32Array.of(2), Int32Array.of(1)];
    await expectClose(lossOf(y, { mask, labelSmoothing })(matrix(row)), lossOf(renamed, { labelSmoothing })(kept), {
      tolerance: 1e-13,
    });
    const slopes = await grad(totalOf(y, { mask, labelSmoothing }))(matrix(row)).data();
    const [a, b, c] = await grad(totalOf(renamed, { labelSmoothing }))(kept).data();
    await expectClose(slopes, [a, 0, b, c, 0], { tolerance: 1e-13 });
    expect([slopes[1], slopes[4]]).toEqual([0, 0]);
  });
});

describe("sparseSoftmaxCrossEntropy at its limits", () => {
  it("stays finite at logits of ±10⁴ in f64 and of ±80 in f32, with the gradient's limit", async () => {
    for (const [dtype, size] of [
      ["f64", 1e4],
      ["f32", 80],
    ] as const) {
      const z = tensor(
        [
          [size, -size, 0],
          [size, -size, 0],
        ],
        { dtype },
      );
      const { value, slope } = await read({
        value: lossOf(Int32Array.of(0, 1))(z),
        slope: grad(totalOf(Int32Array.of(0, 1)))(z),
      });
      await expectClose(value, [0, 2 * size], { tolerance: 1e-14 });
      await expectClose(slope, [0, 0, 0, 1, -1, 0], { tolerance: 1e-14 });
    }
  });

  it("keeps small losses at large logits: log(1 + 2e⁻²⁰) at 10⁴ to 1e-7 of it", async () => {
    const loss = await lossOf(Int32Array.of(0))(
      tensor(Float64Array.of(1e4, 1e4 - 20, 1e4 - 20), { shape: [1, 3] }),
    ).item();
    expect(Math.abs(loss / Math.log1p(2 * Math.exp(-20)) - 1)).toBeLessThan(1e-7);
  });

  it("takes one class, one row, and −∞ off the label", async () => {
    const single = tensor([[3.5]]);
    await expectClose(lossOf(Int32Array.of(0))(single), [0], { tolerance: 0 });
    await expectClose(grad(totalOf(Int32Array.of(0)))(single), [0], { tolerance: 0 });
    const absent = tensor(Float64Array.of(Number.NEGATIVE_INFINITY, 1, 1), { shape: [1, 3] });
    await expectClose(lossOf(Int32Array.of(1))(absent), [Math.LN2], { tolerance: 1e-15 });
    await expectClose(grad(totalOf(Int32Array.of(1)))(absent), [0, -0.5, 0.5], { tolerance: 1e-15 });
  });

  it("lets no gradient into classWeights", async () => {
    const z = matrix(new Float64Array(classes).fill(1));
    const loss = (v: Tensor) => lossOf(Int32Array.of(1), { classWeights: v, labelSmoothing: 0.1 })(z).sum();
    await expectClose(grad(loss)(tensor(new Float64Array(classes).fill(1))), new Float64Array(classes), {
      tolerance: 0,
    });
  });

  it("costs twice as much, value and gradient, for twice the classes", async () => {
    const { backend, recordings } = recordingBackend();
    for (const width of [1000, 2000]) {
      const y = tensor(new Int32Array(4), { backend });
      const loss = (z: Tensor) => sparseSoftmaxCrossEntropy(z, y, { reduction: "mean" });
      await read(valueAndGrad(loss)(tensor(new Float32Array(4 * width), { shape: [4, width], backend })));
    }
    const [once, twice] = recordings;
    expect(Math.abs(twice.operations / once.operations - 2)).toBeLessThan(0.02);
  });
});

finiteAtExtremes("sparseSoftmaxCrossEntropy", {
  plain: { run: (x, { labels }) => sparseSoftmaxCrossEntropy(x, labels), isOnGpu: true },
  smoothed: { run: (x, { labels }) => sparseSoftmaxCrossEntropy(x, labels, { labelSmoothing: 0.1 }), cancels: true },
});
