import { grad, hvp, read, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  type LinearSoftmaxCrossEntropyOptions,
  linearSoftmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
} from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { rowsOf, softmaxOf } from "./support/closed-forms.js";
import { exactly } from "./support/exactly.js";
import { recordingBackend } from "./support/recording-backend.js";

const [batch, width, classes] = [4, 3, 7];
const hiddens = floats([batch, width]);
const weights = floats([classes, width]);
const biases = floats([classes]);
const labels = ids(batch, classes);
const classWeights = floats([classes], { min: 0.1, max: 2 });
const blockSizes = fc.integer({ min: 1, max: classes + 1 });
const temperatures = numbers({ min: 0.3, max: 3 });
const shares = numbers({ min: 0, max: 0.9 });

type Layer = { readonly hidden: Tensor; readonly weights: Tensor; readonly bias: Tensor };
const layerOf = (h: Float64Array, w: Float64Array, b: Float64Array): Layer => ({
  hidden: tensor(h, { shape: [batch, width] }),
  weights: tensor(w, { shape: [classes, width] }),
  bias: tensor(b),
});
const fused =
  (y: Int32Array, options?: LinearSoftmaxCrossEntropyOptions) =>
  ({ hidden, weights, bias }: Layer): Tensor =>
    linearSoftmaxCrossEntropy(hidden, weights, bias, tensor(y), options);
const plain =
  (y: Int32Array, { blockSize: _, ...options }: LinearSoftmaxCrossEntropyOptions = {}) =>
  ({ hidden, weights, bias }: Layer): Tensor =>
    sparseSoftmaxCrossEntropy(hidden.matmul(weights.transpose()).add(bias), tensor(y), options);
const total = (loss: (layer: Layer) => Tensor) => (layer: Layer) => loss(layer).sum();

describe("linearSoftmaxCrossEntropy", () => {
  law(
    "has gradients (P − T)ᵀH / B, (P − T)W / B and the column sums of P − T over B",
    hiddens,
    weights,
    biases,
    labels,
    blockSizes,
    async (h, w, b, y, blockSize) => {
      const [rows, heads] = [rowsOf(h, width), rowsOf(w, width)];
      const residuals = rows.map((row, i) => {
        const p = softmaxOf(heads.map((head, c) => b[c] + row.reduce((sum, value, k) => sum + value * head[k], 0)));
        return p.map((share, c) => (share - Number(c === y[i])) / batch);
      });
      const { hidden, weights, bias } = grad(fused(y, { blockSize, reduction: "mean" }))(layerOf(h, w, b));
      const ofHidden = residuals.flatMap((r) =>
        rows[0].map((_, k) => r.reduce((sum, value, c) => sum + value * heads[c][k], 0)),
      );
      const ofWeights = heads.flatMap((_, c) =>
        rows[0].map((_, k) => residuals.reduce((sum, r, i) => sum + r[c] * rows[i][k], 0)),
      );
      await expectClose(hidden, ofHidden, { tolerance: 1e-13 });
      await expectClose(weights, ofWeights, { tolerance: 1e-13 });
      await expectClose(
        bias,
        heads.map((_, c) => residuals.reduce((sum, r) => sum + r[c], 0)),
        { tolerance: 1e-13 },
      );
    },
  );

  law(
    "agrees with central differences to second order",
    hiddens,
    weights,
    biases,
    labels,

    async (h, w, b, y) => {
      await checkGradient(total(fused(y, { blockSize: 4 })), layerOf(h, w, b), { order: 2 });
    },
  );

  law(
    "is the unfused loss under all options: value, gradient, Hessian times a direction",
    hiddens,
    weights,
    biases,
    labels,
    fc.constantFrom(1, 3, 8),
    classWeights,
    shares,
    temperatures,
    async (h, w, b, y, blockSize, v, labelSmoothing, temperature) => {
      const layer = layerOf(h, w, b);
      for (const options of [
        { blockSize },
        { blockSize, classWeights: tensor(v), labelSmoothing, temperature, ignoreIndex: y[0] },
      ]) {
        const [ours, theirs] = [total(fused(y, options)), total(plain(y, options))];
        const a = await read({ ...valueAndGrad(ours)(layer), curved: hvp(ours, layer, layer) });
        const z = await read({ ...valueAndGrad(theirs)(layer), curved: hvp(theirs, layer, layer) });
        await expectClose(a.value, z.value, { tolerance: 1e-12 });
        for (const name of ["hidden", "weights", "bias"] as const) {
          await expectClose(a.grad[name], z.grad[name], { tolerance: 1e-12 });
          await expectClose(a.curved[name], z.curved[name], { tolerance: 1e-11 }); // sums of products of up to 3 · 3 · 7 terms
        }
      }
    },
  );

  law(
    "does without a bias, and reduces as the unfused loss does",
    hiddens,
    weights,
    labels,
    classWeights,
    async (h, w, y, v) => {
      const { hidden, weights: matrix } = layerOf(h, w, v);
      for (const reduction of ["none", "mean", "sum"] as const) {
        const options = { reduction, classWeights: tensor(v) };
        const ours = linearSoftmaxCrossEntropy(hidden, matrix, undefined, tensor(y), { ...options, blockSize: 3 });
        await expectClose(ours, sparseSoftmaxCrossEntropy(hidden.matmul(matrix.transpose()), tensor(y), options), {
          tolerance: 1e-12,
        });
      }
      const loss = (m: Tensor) => linearSoftmaxCrossEntropy(hidden, m, undefined, tensor(y), { blockSize: 3 }).sum();
      const reference = (m: Tensor) => sparseSoftmaxCrossEntropy(hidden.matmul(m.transpose()), tensor(y)).sum();
      await expectClose(grad(loss)(matrix), grad(reference)(matrix), { tolerance: 1e-12 });
    },
  );

  law(
    "is convex in weights and bias",
    hiddens,
    weights,
    weights,
    biases,
    biases,
    labels,
    async (h, w1, w2, b1, b2, y) => {
      const middle = (a: Float64Array, b: Float64Array) => a.map((value, i) => (value + b[i]) / 2);
      const loss = fused(y, { blockSize: 2, reduction: "sum" });
      const at = (w: Float64Array, b: Float64Array) => loss(layerOf(h, w, b)).item();
      expect(await at(middle(w1, w2), middle(b1, b2))).toBeLessThanOrEqual(
        ((await at(w1, b1)) + (await at(w2, b2))) / 2 + 1e-12,
      );
    },
  );

  law("skips ignored rows, whatever they hold", hiddens, weights, biases, ids(2, classes), async (h, w, b, y) => {
    const withHole = Int32Array.of(y[0], -1, y[1], -1);
    const holed = h.slice().fill(Number.NaN, width, 2 * width);
    const options = { ignoreIndex: -1, blockSize: 3, reduction: "mean" } as const;
    const { value, grad: slopes } = valueAndGrad(fused(withHole, options))(layerOf(holed, w, b));
    const kept = tensor(Float64Array.from([...h.slice(0, width), ...h.slice(2 * width, 3 * width)]), {
      shape: [2, width],
    });
    const { weights: matrix, bias } = layerOf(h, w, b);
    const reference = valueAndGrad((m: Tensor) =>
      linearSoftmaxCrossEntropy(kept, m, bias, tensor(y), { reduction: "mean" }),
    )(matrix);
    await expectClose(value, reference.value, { tolerance: 1e-12 });
    await expectClose(slopes.weights, reference.grad, { tolerance: 1e-12 });
    const ofHidden = await slopes.hidden.data();
    for (const row of [1, 3]) expect([...ofHidden.slice(row * width, (row + 1) * width)]).toEqual([0, 0, 0]);
  });
});

describe("linearSoftmaxCrossEntropy at its limits", () => {
  it("never holds the logits: not in the value, not in the gradient", async () => {
    const [rows, many, d, blockSize] = [64, 4096, 8, 128];
    const { backend, recordings } = recordingBackend();
    const placed = (values: Float32Array, shape: number[]) => tensor(values, { shape, backend });
    const head = {
      hidden: placed(
        Float32Array.from({ length: rows * d }, (_, i) => Math.sin(i)),
        [rows, d],
      ),
      weights: placed(
        Float32Array.from({ length: many * d }, (_, i) => Math.cos(i)),
        [many, d],
      ),
      bias: placed(new Float32Array(many), [many]),
    };
    const y = tensor(
      Int32Array.from({ length: rows }, (_, i) => i),
      { backend },
    );
    const loss = ({ hidden, weights, bias }: Layer) =>
      linearSoftmaxCrossEntropy(hidden, weights, bias, y, { blockSize, reduction: "mean" });
    const unfused = ({ hidden, weights, bias }: Layer) =>
      sparseSoftmaxCrossEntropy(hidden.matmul(weights.transpose()).add(bias), y, { reduction: "mean" });
    await read(valueAndGrad(loss)(head));
    await read(valueAndGrad(unfused)(head));
    const [ours, theirs] = recordings;
    const logits = rows * many;
    expect(theirs.largest).toBe(logits);
    expect(ours.largest).toBe(many * d); // the gradient of the weights
    const gradients = 2 * 4 * many * (d + 1); // that of the blocks, joined, and that of the labels
    expect(ours.bytes).toBeLessThan(gradients + 2 * 4 * rows * blockSize);
  });

  it("stays finite at logits of ±10⁴, with classes that a bias of −∞ rules out, a whole block of them too", async () => {
    const head = {
      hidden: tensor(Float64Array.of(100, -100), { shape: [1, 2] }),
      weights: tensor(Float64Array.of(100, 0, 0, 100, 1, 1, 0, 0), { shape: [4, 2] }),
      bias: tensor(Float64Array.of(0, 0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)),
    };
    for (const blockSize of [1, 2, 4]) {
      const { value, grad: slopes } = valueAndGrad(total(fused(Int32Array.of(1), { blockSize })))(head);
      await expectClose(value, [2e4], { tolerance: 1e-15 });
      await expectClose(slopes.hidden, [100, -100], { tolerance: 1e-12 });
      await expectClose(slopes.bias, [1, -1, 0, 0], { tolerance: 1e-12 });
      await expectClose(slopes.weights, [100, -100, -100, 100, 0, 0, 0, 0], { tolerance: 1e-12 });
    }
  });

  it("gets by with whole blocks of classes ruled out before any other", async () => {
    const none = Number.NEGATIVE_INFINITY;
    const head = {
      hidden: tensor(Float64Array.of(1), { shape: [1, 1] }),
      weights: tensor(Float64Array.of(5, 6, 7, 1, 1, 2), { shape: [6, 1] }),
      bias: tensor(Float64Array.of(none, none, none, 0, 0, none)),
    };
    for (const blockSize of [1, 2, 3]) {
      const { value, grad: slopes } = valueAndGrad(total(fused(Int32Array.of(3), { blockSize })))(head);
      await expectClose(value, [Math.LN2], { tolerance: 1e-15 });
      await expectClose(slopes.bias, [0, 0, 0, -0.5, 0.5, 0], { tolerance: 1e-15 });
      await expectClose(slopes.hidden, [0], { tolerance: 1e-15 });
    }
  });

  it("gives 0 for one class", async () => {
    const one = tensor(Float64Array.of(0.3), { shape: [1, 1] });
    await expectClose(linearSoftmaxCrossEntropy(one, one, undefined, tensor(Int32Array.of(0))), [0], {
      tolerance: 1e-15,
    });
  });
});

describe("linearSoftmaxCrossEntropy, given what it cannot take", () => {
  const h = tensor([
    [1, 2],
    [3, 4],
  ]);
  const w = tensor([
    [1, 0],
    [0, 1],
    [1, 1],
  ]);
  const b = tensor([0, 1, 2]);
  const y = tensor([2, 0], { dtype: "i32" });
  const infinite = tensor([Number.NEGATIVE_INFINITY, 0, 0]);
  const call =
    (hidden: unknown, weights: unknown, bias: unknown, targets: unknown, options?: LinearSoftmaxCrossEntropyOptions) =>
    () =>
      linearSoftmaxCrossEntropy(hidden as Tensor, weights as Tensor, bias as Tensor, targets as Tensor<"i32">, options);
  const bad: [string, () => unknown][] = [
    ["hidden has shape [2] but must have 2 axes", call(tensor([1, 2]), w, b, y)],
    ["weights has shape [3] but must have 2 axes", call(h, b, b, y)],
    ["weights has shape [3, 1] but must be [any, 2]", call(h, tensor([[1], [2], [3]]), b, y)],
    [
      "weights has shape [0, 2] but must have a row for a class",
      call(h, tensor(new Float32Array(0), { shape: [0, 2] }), undefined, y),
    ],
    ["hidden is i32 but must be f32 or f64; cast it", call(tensor([[1, 2]], { dtype: "i32" }), w, b, y)],
    [
      "weights is f64 but must match hidden, f32; cast one of them",
      call(h, tensor(new Float64Array(6), { shape: [3, 2] }), b, y),
    ],
    ["bias is f64 but must match hidden, f32; cast one of them", call(h, w, tensor(new Float64Array(3)), y)],
    ["bias has shape [2] but must be [3]", call(h, w, tensor([0, 1]), y)],
    ["bias is -Infinity at [0] but must be finite where the target has mass", call(h, w, infinite, y)],
    [
      "bias is -Infinity at [0] but must be finite where the target has mass",
      call(h, w, infinite, tensor([1, 1], { dtype: "i32" }), { labelSmoothing: 0.1 }),
    ],
    ["bias is NaN at [1] but must be finite or -Infinity", call(h, w, tensor([0, Number.NaN, 0]), y)],
    [
      "bias is Infinity at [2] but must be finite or -Infinity",
      call(h, w, tensor([0, 0, Number.POSITIVE_INFINITY]), tensor([0, 1], { dtype: "i32" })),
    ],
    [
      "hidden is NaN at [1, 0] but must be finite",
      call(
        tensor([
          [1, 2],
          [Number.NaN, 0],
        ]),
        w,
        b,
        y,
      ),
    ],
    [
      "hidden is Infinity at [1, 1] but must be finite",
      call(
        tensor([
          [Number.NaN, 0],
          [1, Number.POSITIVE_INFINITY],
        ]),
        w,
        b,
        tensor([-1, 2], { dtype: "i32" }),
        { ignoreIndex: -1 },
      ),
    ],
    [
      "weights is -Infinity at [2, 1] but must be finite",
      call(
        h,
        tensor([
          [1, 0],
          [0, 1],
          [1, Number.NEGATIVE_INFINITY],
        ]),
        b,
        y,
      ),
    ],
    ["labels is f32 but must be i32; cast it", call(h, w, b, tensor([0, 1]))],
    ["labels has shape [1] but must be [2]", call(h, w, b, tensor([0], { dtype: "i32" }))],
    ["labels is 3 at [0] but must be in [0, 3)", call(h, w, b, tensor([3, 0], { dtype: "i32" }))],
    [
      'labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"',
      call(h, w, b, tensor([-1, -1], { dtype: "i32" }), { ignoreIndex: -1, reduction: "mean" }),
    ],
    [
      "classWeights is 0 for every class but must be positive for one",
      call(h, w, b, y, { classWeights: tensor([0, 0, 0]) }),
    ],
    ["blockSize is 0 but must be a whole number ≥ 1", call(h, w, b, y, { blockSize: 0 })],
    ["temperature is 0 but must be a finite number > 0", call(h, w, b, y, { temperature: 0 })],
    ["labelSmoothing is 2 but must be in [0, 1)", call(h, w, b, y, { labelSmoothing: 2 })],
    ['reduction is "max" but must be one of none, mean, sum', call(h, w, b, y, { reduction: "max" as never })],
  ];
  it.each(bad)("says: %s", (message, wrong) => {
    expect(wrong).toThrow(exactly(`linearSoftmaxCrossEntropy: ${message}`));
  });
});

finiteAtExtremes("linearSoftmaxCrossEntropy", {
  plain: (x, { labels }) => linearSoftmaxCrossEntropy(x, extreme.identity(x), undefined, labels, { blockSize: 3 }),
  smoothed: {
    run: (x, { labels }) =>
      linearSoftmaxCrossEntropy(x, extreme.identity(x), undefined, labels, { labelSmoothing: 0.1 }),
    cancels: true,
  },
});
