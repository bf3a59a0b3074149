import { type Backend, concat, hvp, type Key, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  aliasSampler,
  type Contrast,
  expectedNceObjective,
  inBatchInfoNce,
  infoNce,
  nceLoss,
  negativeSamplingLoss,
  rankingNceLoss,
  sampledNceLoss,
  unigramPower,
} from "cotangent/methods/sampling";
import { describe, it } from "vitest";
import { expectSameDraws } from "./support/agree.js";

const values = (count: number) => Float32Array.from({ length: count }, (_, i) => 2 * Math.sin(5 * i + 1));
const on = (backend: Backend, ...shape: number[]) =>
  tensor(values(shape.reduce((a, b) => a * b, 1)), { shape, backend });
const row = (backend: Backend, ...list: number[]) => tensor(Float32Array.from(list), { backend });
const flat = (parts: readonly Tensor[]) => concat(parts.map((part) => part.reshape([part.size])));

describe("noise-contrastive losses in f32", () => {
  it("are the same on every backend, given scores: value, gradient and curvature", async () => {
    type Inputs = { positive: Tensor; noise: Tensor; c: Tensor };
    type Loss = (scores: Contrast, q: Contrast, c: Tensor) => Tensor;
    const computed = (loss: Loss, isCurved: boolean) => (backend: Backend) => {
      const q = { positive: row(backend, -1, -2, -0.5), noise: row(backend, -1, -3) };
      const total = ({ c, ...scores }: Inputs) => loss(scores, q, c).sum();
      const at = { positive: on(backend, 3), noise: on(backend, 3, 2), c: on(backend, 3) };
      const { value, grad } = valueAndGrad(total)(at);
      return flat([value, ...Object.values(grad), ...(isCurved ? Object.values(hvp(total, at, at)) : [])]);
    };
    const losses: readonly Loss[] = [
      (scores, q, c) => nceLoss(scores, q, { logNormalizer: c }),
      (scores) => negativeSamplingLoss(scores),
      (scores) => negativeSamplingLoss(scores, { average: true }),
      (scores, q) => rankingNceLoss(scores, q),
      (scores) => infoNce(scores),
      ({ noise }) => inBatchInfoNce(noise.matmul(noise.transpose())),
    ];
    const objectives = (["nce", "negativeSampling", "averageNegativeSampling"] as const).map(
      (objective): Loss =>
        ({ positive }) => {
          const { backend } = positive;
          const [p, n] = [row(backend, 0.5, 0.25, 0.25), row(backend, 0.125, 0.375, 0.5)];
          return expectedNceObjective(positive, p, n, { negatives: 3, objective });
        },
    );
    const curved = [...losses, ...objectives].map((loss) => computed(loss, true));
    await expectSameDraws([computed(losses[0], false), ...curved]);
  });

  it("are the same on every backend from the same key, over a table of classes", async () => {
    const sampler = aliasSampler({ probabilities: unigramPower([90, 40, 12, 5, 3, 1]) });
    const objectives = ["nce", "negativeSampling", "averageNegativeSampling", "ranking"] as const;
    const cases = objectives.flatMap((objective) =>
      [true, false].map((shared) => (backend: Backend, key: Key) => {
        const labels = tensor(Int32Array.of(0, 5, 2), { backend });
        const at = { h: on(backend, 3, 4), w: on(backend, 6, 4), b: on(backend, 6) };
        const total = ({ h, w, b }: typeof at) =>
          sampledNceLoss(h, { weights: w, bias: b }, labels, sampler, key, {
            negatives: 4,
            objective,
            shared,
            reduction: "mean",
          });
        const { value, grad } = valueAndGrad(total)(at);
        return flat([value, ...Object.values(grad)]);
      }),
    );
    await expectSameDraws(cases, { onGpu: 0 }); // losses are compared there above, samplers in spec/backends/webgpu
  });
});
