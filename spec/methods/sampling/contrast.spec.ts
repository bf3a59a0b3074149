import { type Tensor, tensor } from "cotangent";
import { type Contrast, infoNce, nceLoss, negativeSamplingLoss, rankingNceLoss } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";

const scores = { positive: tensor([0, 0]), noise: tensor([[0], [0]]) };
const losses: Readonly<Record<string, (scores: Contrast) => Tensor>> = {
  nceLoss: (s) => nceLoss(s, scores),
  negativeSamplingLoss,
  rankingNceLoss: (s) => rankingNceLoss(s, scores),
  infoNce,
};
const corrected = { nceLoss, rankingNceLoss };

describe.each(Object.entries(losses))("scores of %s", (name, loss) => {
  it.each<[string, Contrast, string]>([
    [
      "no noise sample",
      { positive: tensor([0, 0]), noise: tensor([[], []]) },
      "scores.noise has shape [2, 0] but must be [2, k] with k ≥ 1",
    ],
    [
      "noise of other rows",
      { positive: tensor([0, 0]), noise: tensor([[0]]) },
      "scores.noise has shape [1, 1] but must be [2, k] with k ≥ 1",
    ],
    [
      "noise without rows",
      { positive: tensor([0, 0]), noise: tensor([0, 0]) },
      "scores.noise has shape [2] but must be [2, k] with k ≥ 1",
    ],
    [
      "a matrix of positives",
      { positive: tensor([[0]]), noise: tensor([[0]]) },
      "scores.positive has shape [1, 1] but must have 1 axis",
    ],
    [
      "two dtypes",
      { positive: tensor([0]), noise: tensor(new Float64Array(1), { shape: [1, 1] }) },
      "scores.noise is f64 but must match scores.positive, f32; cast one of them",
    ],
    [
      "whole numbers",
      { positive: tensor(Int32Array.of(0)) as Tensor<"i32"> as unknown as Tensor, noise: tensor([[0]]) },
      "scores.positive is i32 but must be f32 or f64; cast it",
    ],
    [
      "NaN at a positive",
      { positive: tensor([0, Number.NaN]), noise: tensor([[0], [0]]) },
      "scores.positive is NaN but must be a number",
    ],
    [
      "NaN in the noise",
      { positive: tensor([0, 0]), noise: tensor([[0], [Number.NaN]]) },
      "scores.noise is NaN but must be a number",
    ],
  ])("with %s are rejected", (_, wrong, message) => {
    expect(() => loss(wrong)).toThrow(`${name}: ${message}`);
  });
});

describe.each(Object.entries(corrected))("log-probabilities of %s", (name, loss) => {
  it.each<[string, Contrast, string]>([
    [
      "another batch",
      { positive: tensor([0]), noise: tensor([0]) },
      "logProbability.positive has shape [1] but must be [2]",
    ],
    [
      "another k",
      { positive: tensor([0, 0]), noise: tensor([0, 0]) },
      "logProbability.noise has shape [2] but must be [2, 1], or [1] if the rows share their samples",
    ],
    [
      "two dtypes",
      { positive: tensor([0, 0]), noise: tensor(new Float64Array(1)) },
      "logProbability.noise is f64 but must match scores.positive, f32; cast one of them",
    ],
    [
      "a positive that noise never gives",
      { positive: tensor([0, Number.NEGATIVE_INFINITY]), noise: tensor([0]) },
      "logProbability.positive is -Infinity at 1 but must be finite; noise must be able to give every class that occurs",
    ],
    [
      "NaN in the noise",
      { positive: tensor([0, 0]), noise: tensor([Number.NaN]) },
      "logProbability.noise is NaN at 0 but must be finite; noise must be able to give every class that occurs",
    ],
  ])("of %s are rejected", (_, wrong, message) => {
    expect(() => loss(scores, wrong)).toThrow(`${name}: ${message}`);
  });
});
