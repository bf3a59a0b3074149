import {
  type Backend,
  cpu,
  exp,
  gather,
  grad,
  type Key,
  logSumExp,
  normal,
  randomKey,
  read,
  rowSparse,
  sqrt,
  square,
  type Tensor,
  tensor,
} from "cotangent";
import {
  aliasSampler,
  type ConditionalSampler,
  RfSoftmaxSampler,
  rfSoftmaxLoss,
  type Sampler,
  sampledSoftmaxLoss,
  uniformSampler,
} from "cotangent/methods/sampling";
import { checkGradient, checkUnbiased, expectation, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, type LossOf, SIZE } from "../../support/extremes.js";
import { gpu, law, noGpu } from "../../support/law.js";
import { exactKernelSampler } from "./support/exact-kernel.js";

const key = randomKey(13);
const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
const unit = (x: Tensor): Tensor => x.div(sqrt(square(x).sum(1, { keepDims: true })));
const tau = 3;

interface Problem {
  readonly classes: number;
  readonly embeddings: Tensor;
  readonly hidden: Tensor;
  readonly label: number;
  readonly seed: number;
}

/** One row, and as many classes; two numbers a vector, none of them near 0. */
const problems = (...sizes: number[]) =>
  fc.constantFrom(...sizes).chain((classes) =>
    fc
      .record({
        angles: floats([classes + 1], { min: 0, max: 6.28 }),
        lengths: floats([classes + 1], { min: 0.5, max: 2 }),
        label: fc.integer({ min: 0, max: classes - 1 }),
        seed: fc.integer({ min: 0, max: 9 }),
      })
      .map(({ angles, lengths, label, seed }): Problem => {
        const all = Float64Array.from({ length: 2 * classes + 2 }, (_, i) => {
          const at = i >> 1;
          return lengths[at] * (i % 2 === 0 ? Math.cos(angles[at]) : Math.sin(angles[at]));
        });
        return {
          classes,
          embeddings: tensor(all.subarray(2), { shape: [classes, 2] }),
          hidden: tensor(all.subarray(0, 2), { shape: [1, 2] }),
          label,
          seed,
        };
      }),
  );

const samplerOf = ({ embeddings, seed }: Problem, options: { floor?: number; flat?: boolean } = {}) =>
  new RfSoftmaxSampler(embeddings, randomKey(seed), {
    inverseTemperature: tau,
    frequencies: 2, // so that estimates are often below the floor
    floor: 0.1,
    ...options,
  });

/** Logits of all classes, `[B, C]`. */
const logitsOf = (hidden: Tensor, embeddings: Tensor) => unit(hidden).matmul(unit(embeddings).transpose()).mul(tau);

/** −o_t + log Σ exp o_j over all classes. */
function fullLoss(hidden: Tensor, embeddings: Tensor, labels: Tensor<"i32">): Tensor {
  const target = unit(hidden)
    .mul(gather(unit(embeddings), labels))
    .sum(1)
    .mul(tau);
  return logSumExp(logitsOf(hidden, embeddings), 1).sub(target);
}

/** Z' of the sampled loss. */
function partitionOf(
  { hidden, embeddings, label }: Problem,
  sampler: ConditionalSampler,
  at: Key,
  negatives: number,
): Tensor {
  const loss = rfSoftmaxLoss(hidden, embeddings, ids(label), sampler, at, { negatives, inverseTemperature: tau });
  const target = unit(hidden)
    .mul(gather(unit(embeddings), ids(label)))
    .sum(1)
    .mul(tau);
  return exp(loss.add(target)).sum();
}

describe("rfSoftmaxLoss", () => {
  law(
    "has a partition function that is right on average, floors and all: E[Z'] = Z",
    problems(2, 3, 6),
    fc.integer({ min: 1, max: 3 }),
    async (problem, negatives) => {
      using sampler = samplerOf(problem);
      const exact = exp(logitsOf(problem.hidden, problem.embeddings)).sum();
      await checkUnbiased((at) => partitionOf(problem, sampler, at, negatives), exact, key);
    },
  );

  it("has not when what is reported is the flat ratio, or not the law of the walk", async () => {
    let worst = 0;
    for (const problem of fc.sample(problems(6), { numRuns: 4, seed: 4 })) {
      using sampler = samplerOf(problem);
      using flat = samplerOf(problem, { flat: true });
      const mix = (walk: Sampler, ratio: Sampler): Sampler => ({
        classes: problem.classes,
        draw: walk.draw,
        logProbability: ratio.logProbability,
      });
      const mixed: ConditionalSampler = {
        classes: problem.classes,
        given: (h) => {
          const [walk, ratio] = [sampler.given(h), flat.given(h)];
          return { ...mix(walk, ratio), without: (labels) => mix(walk.without!(labels), ratio.without!(labels)) };
        },
      };
      const exact = await exp(logitsOf(problem.hidden, problem.embeddings)).sum().item();
      const right = await expectation((at) => partitionOf(problem, sampler, at, 1), key);
      const wrong = await expectation((at) => partitionOf(problem, mixed, at, 1), key);
      expect(Math.abs(right[0] / exact - 1)).toBeLessThan(1e-12);
      worst = Math.max(worst, Math.abs(wrong[0] / exact - 1));
    }
    expect(worst).toBeGreaterThan(0.05);
  });

  law(
    "has no bias at all, value and gradient, where q is the softmax of the negatives",
    fc.constantFrom(2, 4),
    fc.integer({ min: 1, max: 2 }),
    async (classes, negatives) => {
      const at = (angle: number) => [Math.cos(angle), Math.sin(angle)];
      const directions = Array.from({ length: classes }, (_, j) => at(1.1 * j + 0.3));
      const query = at(0.9);
      using sampler = exactKernelSampler(directions, [query], tau);
      const embeddings = tensor(Float64Array.from(directions.flat()), { shape: [classes, 2] });
      const point = { h: tensor(Float64Array.from(query), { shape: [1, 2] }), c: embeddings };
      const labels = ids(1);
      const loss = (k: Key) => (x: typeof point) =>
        rfSoftmaxLoss(x.h, x.c, labels, sampler, k, { negatives, inverseTemperature: tau, reduction: "sum" });
      const full = grad((x: typeof point) => fullLoss(x.h, x.c, labels).sum())(point);
      await checkUnbiased((k) => grad(loss(k))(point), full, key);
      await checkUnbiased((k) => loss(k)(point), fullLoss(point.h, point.c, labels).sum(), key);
    },
  );

  law(
    "is sampled softmax of scaled cosines, with the same draws, value and gradient",
    problems(5),
    fc.constantFrom(tau, 9),
    async (problem, inverseTemperature) => {
      const { hidden, embeddings, label } = problem;
      using sampler = samplerOf(problem);
      const options = { negatives: 4, reduction: "sum" } as const;
      const colder = inverseTemperature === tau ? {} : { inverseTemperature }; // by default the sampler's
      const held = sampler.given(hidden);
      const plain = (x: { h: Tensor; c: Tensor }) =>
        sampledSoftmaxLoss(unit(x.h).mul(inverseTemperature), { weights: unit(x.c) }, ids(label), held, key, {
          ...options,
          hits: "resample",
        });
      const point = { h: hidden, c: embeddings };
      const own = (x: typeof point) => rfSoftmaxLoss(x.h, x.c, ids(label), sampler, key, { ...options, ...colder });
      await expectClose(own(point), [await plain(point).item()], { tolerance: 1e-12 });
      const [found, expected] = [grad(own)(point), grad(plain)(point)];
      await expectClose(found.h, await expected.h.data(), { tolerance: 1e-12 });
      await expectClose(found.c, await expected.c.data(), { tolerance: 1e-12 });
    },
  );

  law("has gradients through the normalization, draws and q held fixed", problems(4), async (problem) => {
    const { hidden, embeddings, label, classes, seed } = problem;
    using sampler = samplerOf(problem);
    // a sampler of constants, as draws and q would change with what is varied
    const source = sampler.given(hidden).without!(ids(label));
    const drawn = ids(...(await source.draw(key, [1, 3]).data())).reshape([1, 3]);
    const logQ = tensor((await source.logProbability(drawn, hidden).data()) as Float64Array, { shape: [1, 3] });
    const fixed: Sampler = { classes, draw: () => drawn, logProbability: () => logQ };
    const constant: ConditionalSampler = { classes, given: () => ({ ...fixed, without: () => fixed }) };
    const loss = (x: { h: Tensor; c: Tensor }, by: ConditionalSampler) =>
      rfSoftmaxLoss(x.h, x.c, ids(label), by, key, { negatives: 3, inverseTemperature: tau, reduction: "sum" });
    const point = { h: hidden, c: embeddings };
    await checkGradient((x: typeof point) => loss(x, constant), point, { order: seed === 0 ? 2 : 1 });
    const found = grad((x: typeof point) => loss(x, sampler))(point);
    const expected = grad((x: typeof point) => loss(x, constant))(point);
    await expectClose(found.h, await expected.h.data());
    await expectClose(found.c, await expected.c.data());
    // no gradient along the vectors: their lengths do not matter
    await expectClose(found.h.mul(hidden).sum(), [0], { tolerance: 1e-12 });
    await expectClose(found.c.mul(embeddings).sum(1), new Float64Array(classes), { tolerance: 1e-12 });
  });

  it("touches the rows of labels and negatives only", async () => {
    const embeddings = normal(key.at("classes"), [50, 3], { dtype: "f64" });
    const hidden = normal(key.at("hidden"), [2, 3], { dtype: "f64" });
    using sampler = new RfSoftmaxSampler(embeddings, key, { inverseTemperature: tau, frequencies: 8 });
    const gradient = grad((c: Tensor) => rfSoftmaxLoss(hidden, c, ids(3, 49), sampler, key, { negatives: 4 }).sum())(
      embeddings,
    );
    const sparse = rowSparse(gradient)!;
    expect(sparse.ids.size).toBe(2 + 8);
    const touched = [...(await sparse.ids.data())];
    const drawn = await sampler.given(hidden).without!(ids(3, 49)).draw(key, [2, 4]).data();
    expect(touched.sort()).toEqual([3, 49, ...drawn].sort());
  });

  it("redraws and masks the label with a sampler that cannot leave it out", async () => {
    const problem = fc.sample(problems(3), { numRuns: 1, seed: 1 })[0];
    const { draw, logProbability } = uniformSampler({ classes: 3 });
    const plain: ConditionalSampler = { classes: 3, given: () => ({ classes: 3, draw, logProbability }) };
    const all = await partitionOf(problem, plain, key, 1000).item();
    const exact = await exp(logitsOf(problem.hidden, problem.embeddings)).sum().item();
    expect(Math.abs(all / exact - 1)).toBeLessThan(0.2); // 1000 negatives, seeded: sd is below 0.05
  });

  it("masks what still hits the label after that", async () => {
    const problem = fc.sample(problems(3), { numRuns: 1, seed: 1 })[0];
    const weights = new Float64Array(3).fill(1e-12).with(problem.label, 1); // 16 draws in a row hit it
    const { draw, logProbability } = aliasSampler({ weights });
    const stubborn: ConditionalSampler = { classes: 3, given: () => ({ classes: 3, draw, logProbability }) };
    const { hidden, embeddings, label } = problem;
    const options = { inverseTemperature: tau, negatives: 10 };
    expect(await rfSoftmaxLoss(hidden, embeddings, ids(label), stubborn, key, options).item()).toBe(0);
  });

  it("is of any lengths, however large or small", async () => {
    const problem = fc.sample(problems(4), { numRuns: 1, seed: 2 })[0];
    const { hidden, embeddings, label } = problem;
    using sampler = samplerOf(problem);
    const one = await rfSoftmaxLoss(hidden, embeddings, ids(label), sampler, key).data();
    for (const factor of [1e-200, 1e200]) {
      using scaled = samplerOf({ ...problem, embeddings: embeddings.mul(factor) });
      const other = rfSoftmaxLoss(hidden.mul(factor), embeddings.mul(factor), ids(label), scaled, key);
      await expectClose(other, one as Float64Array, { tolerance: 1e-12 });
    }
  });

  it("is NaN for a row without a direction that a device has computed, and for no other", async () => {
    const embeddings = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    using sampler = new RfSoftmaxSampler(embeddings, key, { inverseTemperature: 1, frequencies: 2 });
    const hidden = tensor([
      [1, 2],
      [3, 4],
    ]).mul(tensor([[1], [0]]));
    const [first, second] = await rfSoftmaxLoss(hidden, embeddings, ids(0, 1), sampler, key, { negatives: 2 }).data();
    expect(first).toBeGreaterThan(0);
    expect(second).toBeNaN();
  });

  async function onBackend(backend: Backend, classes: number): Promise<Float32Array[]> {
    const at = randomKey(1, { backend });
    const point = { h: normal(at.at("hidden"), [3, 4]), c: normal(at.at("classes"), [classes, 4]) };
    const labels = tensor(Int32Array.of(0, classes - 1, 1), { backend });
    using sampler = new RfSoftmaxSampler(point.c, at, { inverseTemperature: tau, frequencies: 16 });
    const loss = (x: typeof point) => rfSoftmaxLoss(x.h, x.c, labels, sampler, at, { negatives: 4 });
    const { h, c } = grad((x: typeof point) => loss(x).sum())(point);
    return (await read([loss(point), h, c])) as unknown as Float32Array[];
  }

  it("is the same on cpu and wasm in f32", async () => {
    const [found, expected] = [await onBackend(key.backend, 6), await onBackend(cpu(), 6)];
    for (const [i, part] of found.entries()) await expectClose(part, expected[i], { tolerance: 2e-5 }); // f32, sums of cosines
  });

  it.skipIf(gpu === undefined)(`is the same on the GPU (${gpu === undefined ? noGpu : "there is one"})`, async () => {
    const single = Object.assign(cpu(), { dtypes: gpu!.dtypes });
    const [found, expected] = [await onBackend(gpu!, 2), await onBackend(single, 2)]; // one height: few shaders
    for (const [i, part] of found.entries()) await expectClose(part, expected[i], { tolerance: 2e-5 }); // f32, sums of cosines
  });

  it("names the argument that is wrong", () => {
    const embeddings = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    const hidden = tensor([[1, 2]]);
    using sampler = new RfSoftmaxSampler(embeddings, key, { inverseTemperature: 1, frequencies: 2 });
    const loss =
      (h: Tensor, c: Tensor, labels: Tensor<"i32">, options = {}) =>
      () =>
        rfSoftmaxLoss(h, c, labels, sampler, key, options);
    expect(loss(hidden, embeddings, ids(3))).toThrow("rfSoftmaxLoss: labels holds 3 at 0 but must be in [0, 3)");
    expect(loss(hidden, embeddings, ids(0, 1))).toThrow("rfSoftmaxLoss: labels has shape [2] but must be [1]");
    expect(loss(hidden, tensor([[1, 0]]), ids(0))).toThrow(
      "rfSoftmaxLoss: embeddings has shape [1, 2] but must be [3, 2]",
    );
    expect(loss(tensor([1, 2]), embeddings, ids(0))).toThrow(
      "rfSoftmaxLoss: hidden has shape [2] but must have 2 axes",
    );
    expect(loss(tensor(new Float64Array(2), { shape: [1, 2] }), embeddings, ids(0))).toThrow(
      "rfSoftmaxLoss: embeddings is f32 but must match hidden, f64; cast one of them",
    );
    expect(loss(tensor([[0, 0]]), embeddings, ids(0))).toThrow(
      "rfSoftmaxLoss: row 0 of hidden is zero but must have a direction",
    );
    expect(loss(tensor([[Number.NaN, 1]]), embeddings, ids(0))).toThrow(
      "rfSoftmaxLoss: row 0 of hidden is not finite but must have a direction",
    );
    expect(
      loss(
        hidden,
        tensor([
          [1, 0],
          [0, 0],
          [1, 1],
        ]),
        ids(1),
      ),
    ).toThrow("rfSoftmaxLoss: row 1 of embeddings is zero but must have a direction");
    expect(loss(hidden, embeddings, ids(0), { negatives: 0 })).toThrow(
      "rfSoftmaxLoss: negatives is 0 but must be a whole number ≥ 1",
    );
    expect(loss(hidden, embeddings, ids(0), { inverseTemperature: 0 })).toThrow(
      "rfSoftmaxLoss: inverseTemperature is 0 but must be a finite number > 0",
    );
    expect(loss(hidden, embeddings, ids(0), { reduction: "median" })).toThrow(
      'rfSoftmaxLoss: reduction is "median" but must be one of none, mean, sum',
    );
    const bare: ConditionalSampler = { classes: 3, given: (h) => sampler.given(h) };
    expect(() => rfSoftmaxLoss(hidden, embeddings, ids(0), bare, key)).toThrow(
      "rfSoftmaxLoss: inverseTemperature is undefined but must be a number; this sampler has none",
    );
  });
});

// cosines of ±1/√8 become logits of ±1e4
const cold = 1e4 * Math.sqrt(SIZE);
const drawn =
  (inverseTemperature: number): LossOf =>
  (x, { labels, key }) => {
    const conditional = { classes: SIZE, given: extreme.sampler, inverseTemperature };
    return rfSoftmaxLoss(x, extreme.identity(x), labels, conditional, key, { negatives: 5 });
  };
finiteAtExtremes(
  "rfSoftmaxLoss",
  { cold: { run: drawn(cold), isCold: true }, warm: drawn(20) },
  { cancels: true, isWeighted: true },
);
