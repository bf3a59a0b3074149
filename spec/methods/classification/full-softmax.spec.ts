import { type Backend, concat, grad, hvp, read, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  linearSoftmaxCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
} from "cotangent/methods/classification";
import { floats, ids, numbers, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameDraws } from "../sampling/support/agree.js";
import { hessianTimes, softmaxOf } from "./support/closed-forms.js";
import { recordingBackend } from "./support/recording-backend.js";

const classes = 5;
const row = floats([classes]);
const label = fc.integer({ min: 0, max: classes - 1 });
/** Rows in which the largest logit comes more than once, as often as not in all places. */
const tied = fc
  .array(fc.constantFrom(0, 1), { minLength: classes, maxLength: classes })
  .map((list) => Float64Array.from(list));
const matrix = (values: Float64Array) => tensor(values, { shape: [values.length / classes, classes] });
const oneHotOf = (y: number) => Float64Array.from({ length: classes }, (_, c) => Number(c === y));

/** The loss of one label, by each of the three functions. */
const forms: readonly (readonly [string, (y: number) => (z: Tensor) => Tensor])[] = [
  ["softmaxCrossEntropy", (y) => (z) => softmaxCrossEntropy(z, matrix(oneHotOf(y))).sum()],
  ["sparseSoftmaxCrossEntropy", (y) => (z) => sparseSoftmaxCrossEntropy(z, tensor(Int32Array.of(y))).sum()],
  [
    "linearSoftmaxCrossEntropy", // of a layer whose weights are the identity
    (y) => (z) => {
      const identity = Float64Array.from({ length: classes ** 2 }, (_, i) => Number(i % (classes + 1) === 0));
      const labels = tensor(Int32Array.of(y));
      return linearSoftmaxCrossEntropy(z, matrix(identity), undefined, labels, { blockSize: 2 }).sum();
    },
  ],
];

describe.each(forms)("%s as a loss of the logits", (_, lossOf) => {
  law(
    "does not depend on which of the largest logits is taken: gradient and curvature",
    tied,
    label,
    row,
    async (z, y, u) => {
      const p = softmaxOf(z);
      await expectClose(
        grad(lossOf(y))(matrix(z)),
        p.map((share, c) => share - Number(c === y)),
        { tolerance: 1e-15 },
      );
      await expectClose(hvp(lossOf(y), matrix(z), matrix(u)), hessianTimes(p, u), { tolerance: 1e-14 });
    },
  );

  law("is √2-Lipschitz", floats([classes], { min: -30, max: 30 }), row, label, async (z, step, y) => {
    const [from, to] = [
      await lossOf(y)(matrix(z)).item(),
      await lossOf(y)(matrix(z.map((v, c) => v + step[c]))).item(),
    ];
    expect(Math.abs(to - from)).toBeLessThanOrEqual(Math.SQRT2 * Math.hypot(...step) + 1e-13);
  });

  law("has a gradient that forgets a shift of 10⁶", row, label, async (z, y) => {
    const far = matrix(z.map((value) => value + 1e6));
    await expectClose(grad(lossOf(y))(far), grad(lossOf(y))(matrix(z)), { tolerance: 1e-9 });
  });

  law("has a gradient that itself has one: that of ⟨g, ∂ℓ/∂z⟩ is H g", row, label, row, async (z, y, g) => {
    const along = (x: Tensor) => grad(lossOf(y))(x).mul(matrix(g)).sum();
    await expectClose(grad(along)(matrix(z)), hessianTimes(softmaxOf(z), g), { tolerance: 1e-13 });
  });

  it("stays finite at logits of ±10⁴ in f64 and of ±80 in f32, and of ±10³⁰", async () => {
    for (const [dtype, size] of [
      ["f64", 1e4],
      ["f64", 1e30],
      ["f32", 80],
      ["f32", 1e30],
    ] as const) {
      if (dtype === "f32" && lossOf !== forms[1][1]) continue; // the others hold f64 tables here
      const z = tensor([[size, -size, 0, 0, -size]], { dtype });
      for (const [y, value, slope] of [
        [0, 0, [0, 0, 0, 0, 0]],
        [1, 2 * size, [1, -1, 0, 0, 0]],
      ] as const) {
        await expectClose(lossOf(y)(z), [value], { tolerance: dtype === "f64" ? 1e-14 : 1e-7 });
        await expectClose(grad(lossOf(y))(z), slope, { tolerance: 1e-14 });
      }
    }
  });
});

describe("softmaxCrossEntropy at its limits", () => {
  it("keeps small losses where the label wins clearly: log(1 + 4e⁻²⁰) to 1e-7 of it", async () => {
    const loss = await softmaxCrossEntropy(matrix(Float64Array.of(20, 0, 0, 0, 0)), matrix(oneHotOf(0))).item();
    expect(Math.abs(loss / Math.log1p(4 * Math.exp(-20)) - 1)).toBeLessThan(1e-7);
  });

  it("stays finite with soft targets at logits of ±10⁴ in f64 and of ±80 in f32", async () => {
    for (const [dtype, size] of [
      ["f64", 1e4],
      ["f32", 80],
    ] as const) {
      const [z, t] = [tensor([[size, -size, 0]], { dtype }), tensor([[0.25, 0.5, 0.25]], { dtype })];
      const found = valueAndGrad((x: Tensor) => softmaxCrossEntropy(x, t).sum())(z);
      await expectClose(found.value, [1.25 * size], { tolerance: 1e-15 });
      await expectClose(found.grad, [0.75, -0.5, -0.25], { tolerance: 1e-15 });
    }
  });

  law("forgets a shift of 10⁶ in its gradient, with all options", row, simplex(classes), row, async (z, t, v) => {
    const options = { classWeights: tensor(v.map((value) => value + 3.1)), labelSmoothing: 0.2, temperature: 2 };
    const loss = (x: Tensor) => softmaxCrossEntropy(x, matrix(t), options).sum();
    const far = matrix(z.map((value) => value + 1e6));
    await expectClose(grad(loss)(far), grad(loss)(matrix(z)), { tolerance: 1e-9 });
  });
});

describe("rows and classes that do not count", () => {
  law(
    "get exactly 0: ignored rows, masked classes, in gradient and in curvature",
    floats([2, classes]),
    numbers({ min: 0, max: 0.9 }),
    async (z, labelSmoothing) => {
      const mask = tensor(Uint8Array.of(1, 1, 1, 1, 1, 0, 1, 0, 1, 1), { shape: [2, classes], dtype: "bool" });
      const y = tensor(Int32Array.of(-1, 3));
      const loss = (x: Tensor) =>
        sparseSoftmaxCrossEntropy(x, y, { mask, labelSmoothing, ignoreIndex: -1, reduction: "sum" });
      const { slope, curved } = await read({ slope: grad(loss)(matrix(z)), curved: hvp(loss, matrix(z), matrix(z)) });
      for (const i of [0, 1, 2, 3, 4, 5, 7]) expect([Math.abs(slope[i]), Math.abs(curved[i])]).toEqual([0, 0]);
      expect(slope[8]).not.toBe(0);
    },
  );

  law(
    "leave the mean of weighted labels to Σ v over the rows that count",
    floats([3, classes]),
    ids(2, classes),
    async (z, y) => {
      const v = Float64Array.of(0.5, 1, 2, 3, 0);
      const labels = Int32Array.of(y[0], -7, y[1] % 4); // one row has weight for sure
      const options = { classWeights: tensor(v), ignoreIndex: -7 };
      const each = await sparseSoftmaxCrossEntropy(matrix(z), tensor(labels), options).data();
      const mean = sparseSoftmaxCrossEntropy(matrix(z), tensor(labels), { ...options, reduction: "mean" });
      await expectClose(mean, [(each[0] + each[2]) / (v[labels[0]] + v[labels[2]])], { tolerance: 1e-14 });
    },
  );
});

describe("rows whose labels a device computes", () => {
  it("may hold anything where they are ignored", async () => {
    const y = tensor(Int32Array.of(-2, 0)).add(1); // −1 and 1
    const ignored = { ignoreIndex: -1 };
    const z = tensor(Float64Array.of(Number.NaN, 1, 0, 0), { shape: [2, 2] });
    const identity = tensor(Float64Array.of(1, 0, 0, 1), { shape: [2, 2] });
    await expectClose(sparseSoftmaxCrossEntropy(z, y, ignored), [0, Math.LN2], { tolerance: 1e-15 });
    await expectClose(linearSoftmaxCrossEntropy(z, identity, undefined, y, ignored), [0, Math.LN2], {
      tolerance: 1e-15,
    });
  });
});

describe("the full softmax", () => {
  it("costs twice as much for twice the classes in a linear layer too: value and gradient", async () => {
    const { backend, recordings } = recordingBackend();
    for (const many of [1000, 2000]) {
      const placed = (...shape: number[]) =>
        tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape, backend });
      const y = tensor(new Int32Array(2), { backend });
      const loss = ({ h, w, b }: { h: Tensor; w: Tensor; b: Tensor }) =>
        linearSoftmaxCrossEntropy(h, w, b, y, { blockSize: 250, reduction: "mean" });
      await read(valueAndGrad(loss)({ h: placed(2, 4), w: placed(many, 4), b: placed(many) }));
    }
    const [once, twice] = recordings;
    expect(Math.abs(twice.operations / once.operations - 2)).toBeLessThan(0.02);
  });

  it("is the same on every backend in f32: value, gradient and curvature, with all options", async () => {
    const on = (backend: Backend, ...shape: number[]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      return tensor(
        Float32Array.from({ length: count }, (_, i) => 3 * Math.sin(7 * i + 1)),
        { shape, backend },
      );
    };
    const inputsOn = (backend: Backend) => ({
      z: on(backend, 4, 5),
      h: on(backend, 4, 3),
      w: on(backend, 5, 3),
      b: on(backend, 5),
    });
    type Inputs = ReturnType<typeof inputsOn>;
    const optionsOn = (backend: Backend) => ({
      classWeights: tensor(Float32Array.of(1, 0.5, 2, 1, 0.1), { backend }),
      labelSmoothing: 0.1,
      temperature: 1.5,
    });
    const maskOn = (backend: Backend) => {
      const bits = Uint8Array.from({ length: 20 }, (_, i) => Number(i % 7 !== 3));
      return tensor(bits, { shape: [4, 5], dtype: "bool", backend });
    };
    const labelsOn = (backend: Backend) => tensor(Int32Array.of(0, 2, -1, 4), { backend });
    const ignored = { ignoreIndex: -1, reduction: "mean" } as const;
    const sparse = ({ z }: Inputs) =>
      sparseSoftmaxCrossEntropy(z, labelsOn(z.backend), {
        ...optionsOn(z.backend),
        ...ignored,
        mask: maskOn(z.backend),
      });
    const soft = ({ z }: Inputs) => {
      const rows = [0.5, 0.5, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0.25, 0, 0.75, 0.2, 0.2, 0, 0.3, 0.3];
      const probs = tensor(Float32Array.from(rows), { shape: [4, 5], backend: z.backend });
      return softmaxCrossEntropy(z, probs, { ...optionsOn(z.backend), mask: maskOn(z.backend), reduction: "sum" });
    };
    const linear = ({ h, w, b }: Inputs) =>
      linearSoftmaxCrossEntropy(h, w, b, labelsOn(h.backend), { ...optionsOn(h.backend), ...ignored, blockSize: 2 });
    const computed = (loss: (x: Inputs) => Tensor, isCurved: boolean) => (backend: Backend) => {
      const at = inputsOn(backend);
      const { value, grad: slope } = valueAndGrad(loss)(at);
      const parts = [value, ...Object.values(slope), ...(isCurved ? Object.values(hvp(loss, at, at)) : [])];
      return concat(parts.map((part) => part.reshape([part.size])));
    };
    await expectSameDraws([computed(sparse, false), ...[soft, sparse, linear].map((loss) => computed(loss, true))]);
  });
});
