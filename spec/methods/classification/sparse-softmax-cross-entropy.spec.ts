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
import { exactly } from "./support/exactly.js";
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

describe("sparseSoftmaxCrossEntropy, given what it cannot take", () => {
  const z = tensor([
    [0, 1, 2],
    [1, 0, 3],
  ]);
  const y = tensor([2, 0], { dtype: "i32" });
  const ignored = { ignoreIndex: -1, reduction: "mean" } as const;
  const labelled = (...labels: number[]) => tensor(labels, { dtype: "i32" });
  const mask = (...bits: boolean[]) => ({ mask: tensor([[true, true, true], bits], { dtype: "bool" }) });
  const bad: [string, () => unknown][] = [
    ["logits has shape [3] but must have 2 axes", () => sparseSoftmaxCrossEntropy(tensor([0, 1, 2]), y)],
    [
      "logits is NaN at [1, 0] but must be finite or -Infinity",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 1],
            [Number.NaN, 0],
          ]),
          labelled(0, 0),
        ),
    ],
    ["labels is f32 but must be i32; cast it", () => sparseSoftmaxCrossEntropy(z, tensor([0.5, 1]) as never)],
    ["labels has shape [2, 1] but must be [2]", () => sparseSoftmaxCrossEntropy(z, y.reshape([2, 1]))],
    ["labels is 3 at [1] but must be in [0, 3)", () => sparseSoftmaxCrossEntropy(z, labelled(0, 3))],
    ["labels is -1 at [0] but must be in [0, 3)", () => sparseSoftmaxCrossEntropy(z, labelled(-1, 3))],
    [
      "labels is -2 at [1] but must be in [0, 3) or the ignored -1",
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, -2), ignored),
    ],
    [
      "logits is -Infinity at [0, 2] but must be finite where the target has mass",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 0, Number.NEGATIVE_INFINITY],
            [0, 0, 0],
          ]),
          y,
        ),
    ],
    [
      "logits is -Infinity at [1, 1] but must be finite where the target has mass",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 0, 0],
            [0, Number.NEGATIVE_INFINITY, 0],
          ]),
          y,
          { labelSmoothing: 0.1 },
        ),
    ],
    [
      "mask is false at [1, 0] but must be true where the target has mass",
      () => sparseSoftmaxCrossEntropy(z, y, mask(false, true, true)),
    ],
    [
      "mask is false at [1, 0] but must be true where the target has mass",
      () => sparseSoftmaxCrossEntropy(z, y, mask(false, false, false)),
    ],
    [
      "mask has shape [1, 3] but must match logits, [2, 3]",
      () => sparseSoftmaxCrossEntropy(z, y, { mask: tensor([[true, true, true]], { dtype: "bool" }) }),
    ],
    [
      'labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"',
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, -1), ignored),
    ],
    [
      'labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"',
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, 2), { ...ignored, classWeights: tensor([1, 1, 0]) }),
    ],
    [
      "classWeights is -1 at [0] but must be a finite number ≥ 0",
      () => sparseSoftmaxCrossEntropy(z, y, { classWeights: tensor([-1, 1, 1]) }),
    ],
    [
      "classWeights has shape [2] but must be [3]",
      () => sparseSoftmaxCrossEntropy(z, y, { classWeights: tensor([1, 1]) }),
    ],
    ["temperature is -1 but must be a finite number > 0", () => sparseSoftmaxCrossEntropy(z, y, { temperature: -1 })],
    ["labelSmoothing is 1 but must be in [0, 1)", () => sparseSoftmaxCrossEntropy(z, y, { labelSmoothing: 1 })],
    [
      'reduction is "max" but must be one of none, mean, sum',
      () => sparseSoftmaxCrossEntropy(z, y, { reduction: "max" as never }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`sparseSoftmaxCrossEntropy: ${message}`));
  });

  it("asks nothing of an ignored row, and no mass of labels that a device computed", async () => {
    const gone = tensor([
      [0, 1, Number.NEGATIVE_INFINITY],
      [0, 1, 1],
    ]);
    const labels = labelled(2, 0);
    for (const labelSmoothing of [0, 0.1]) {
      const [first, second] = await sparseSoftmaxCrossEntropy(gone, labels, { ignoreIndex: 2, labelSmoothing }).data();
      expect([first, Number.isFinite(second)]).toEqual([0, true]);
      const top = {
        mask: tensor(
          [
            [false, true, false],
            [true, true, true],
          ],
          { dtype: "bool" },
        ),
      };
      expect(await sparseSoftmaxCrossEntropy(z, labels, { ...top, ignoreIndex: 2, labelSmoothing }).data()).toEqual(
        await sparseSoftmaxCrossEntropy(z, labels, { ignoreIndex: 2, labelSmoothing }).data(),
      );
    }
    const computed = await sparseSoftmaxCrossEntropy(gone, labelled(0, 0).add(1)).data(); // 1 and 1
    await expectClose(computed, [Math.log1p(Math.exp(-1)), Math.log(2 + Math.exp(-1))], { tolerance: 1e-6 });
  });

  it("is 0 where every row is ignored, but for the mean", async () => {
    for (const reduction of ["none", "sum"] as const) {
      const loss = sparseSoftmaxCrossEntropy(z, labelled(-1, -1), { ...ignored, reduction });
      await expectClose(loss, reduction === "none" ? [0, 0] : [0], { tolerance: 0 });
    }
  });

  it("gives NaN, never another row's logit, for a label out of range that a device computed", async () => {
    const computed = y.add(1); // 3 and 1
    const [first, second] = await sparseSoftmaxCrossEntropy(z, computed).data();
    expect(first).toBeNaN();
    expect(second).toBeGreaterThan(0);
  });
});

finiteAtExtremes("sparseSoftmaxCrossEntropy", {
  plain: { run: (x, { labels }) => sparseSoftmaxCrossEntropy(x, labels), isOnGpu: true },
  smoothed: { run: (x, { labels }) => sparseSoftmaxCrossEntropy(x, labels, { labelSmoothing: 0.1 }), cancels: true },
});
