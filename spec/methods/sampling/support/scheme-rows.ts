import { categorical, concat, full, type Key, log, slice, type Tensor, tensor } from "cotangent";
import {
  aliasSampler,
  type CandidateSampler,
  type SampledLossOptions,
  type Sampler,
  sampledLoss,
  withinBatchNegatives,
} from "cotangent/methods/sampling";
import { ids } from "./one-row.js";

/** The loss of one row whose scores are the table. */
export function schemeLoss(
  scores: Tensor,
  label: number,
  sampler: Sampler | CandidateSampler,
  key: Key,
  options: SampledLossOptions,
): Tensor {
  const weights = scores.reshape([scores.size, 1]);
  return sampledLoss(full([1, 1], 1, scores), { weights }, ids(label), sampler, key, options).sum();
}

/** The same with the labels of m other rows, drawn from π, as negatives; the loss of the first row. */
export function withinBatchLoss(
  scores: Tensor,
  label: number,
  priors: Float64Array,
  key: Key,
  options: SampledLossOptions & { readonly negatives: number },
): Tensor {
  const { negatives } = options;
  const others = categorical(key.at("others"), log(tensor(priors)), [negatives]);
  const labels = concat([ids(label), others]);
  const sampler = withinBatchNegatives(labels, aliasSampler({ probabilities: priors }));
  const table = { weights: scores.reshape([scores.size, 1]) };
  const hidden = full([negatives + 1, 1], 1, scores);
  const losses = sampledLoss(hidden, table, labels, sampler, key.at("draw"), { ...options, shared: false });
  return slice(losses, [0], [1]).sum();
}
