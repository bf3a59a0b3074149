import { checkAbove, checkCount, checkRank, checkShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { equal, expandDims, gather, type Key, type Tensor } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { checkDirections, unitRows } from "../unit-rows.js";
import { candidateSoftmaxLoss } from "./candidate-softmax.js";
import { independentCandidates } from "./candidates.js";
import { logQCorrection } from "./log-q-correction.js";
import type { ConditionalSampler } from "./sampler.js";

export interface RfSoftmaxLossOptions {
  /** τ, > 0. Default: that of the sampler, if it has one. */
  readonly inverseTemperature?: number;
  /** Negatives of each row m, a whole number ≥ 1. Default 100. */
  readonly negatives?: number;
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/** Draws for a negative at most, with a sampler that cannot leave the label out; a hit that remains is masked. */
const rounds = 16;

/**
 * Sampled softmax over cosines, with negatives that each row draws by its own input: RF-softmax with `RfSoftmaxSampler`.
 *
 *     o_j = τ · cos(h, c_j)      o'_i = o_{s_i} − log(m·q_{s_i})      L' = −o_t + log(exp(o_t) + Σ_{i≤m} exp(o'_i))
 *
 * `E[Σ exp(o'_i)]` is the sum over all classes but t, whatever q is; the gradient is biased by as much as
 * `exp(o_j) / q_j` varies (`gradientBiasBounds`), and not at all where q is the softmax of the negatives. Gradients flow
 * through the normalization, into the rows of labels and negatives only, and not into q.
 *
 * Reach for it to learn normalized embeddings of very many classes. Then let the sampler follow:
 * `sampler.update(embeddings, rowSparse(gradient)!.ids)`.
 *
 * @param hidden - `[B, d]`, of any lengths above 0; NaN for rows of 0 on a device
 * @param embeddings - `[C, d]`, likewise
 * @param labels - `[B]`, each in [0, C); on a device they are not checked
 * @param sampler - draws classes given the hidden vectors
 * @param key - a key of its own for each step
 * @returns `[B]` loss for each row in nats, or `[]` if reduced
 * @throws ShapeError if `hidden`, `embeddings` and `labels` do not fit
 * @throws DTypeError if `hidden` and `embeddings` differ in dtype
 * @throws RangeError if `inverseTemperature` is not above 0, or `negatives` no whole number ≥ 1
 * @throws RangeError if a label on the host is no class, or `sampler` has another number of classes
 * @throws RangeError if a row of `hidden`, or the row of a label, is zero or not finite, as far as they are on the host
 * @throws TypeError if `inverseTemperature` is missing and the sampler has none, or `reduction` is not one of those listed
 * @claim The source trains with less bias than uniform or quadratic negatives give. What this loss adds to the sampler's
 * own claim is proved: E[Z'] = Z with the floor at work, and no bias of the gradient where q is the softmax of the others.
 * @question The softmax is my bottleneck; I learn embeddings
 * @source Rawat et al., "Sampled Softmax with Random Fourier Features", NeurIPS 2019, arXiv:1907.10747, eq. 5 to 7
 *
 * @example
 * import { evaluate, normal, randomKey, rowSparse, type Tensor, tensor, valueAndGrad } from "cotangent";
 * import { applyUpdates } from "cotangent/methods/optimizers";
 * import { RfSoftmaxSampler, rfSoftmaxLoss } from "cotangent/methods/sampling";
 *
 * const key = randomKey(0);
 * const [hidden, labels] = [normal(key.at("hidden"), [4, 8]), tensor(Int32Array.of(7, 42, 7, 999))];
 * let table = evaluate(normal(key.at("table"), [1000, 8]));
 * using sampler = new RfSoftmaxSampler(table, key.at("map"), { inverseTemperature: 10, frequencies: 64 });
 * for (let step = 0; step < 3; step++) {
 *   const loss = (t: Tensor) => rfSoftmaxLoss(hidden, t, labels, sampler, key.at(step), { reduction: "mean" });
 *   const { value, grad } = valueAndGrad(loss)(table);
 *   const next = { table: applyUpdates(table, grad.mul(-0.5)), ids: rowSparse(grad)!.ids, value };
 *   const { ids, ...held } = evaluate(next, { donate: table });
 *   table = held.table;
 *   sampler.update(table, ids); // it draws from what the table is now
 *   console.log(await held.value.item());
 * }
 */
export function rfSoftmaxLoss(
  hidden: Tensor,
  embeddings: Tensor,
  labels: Tensor<"i32">,
  sampler: ConditionalSampler & { readonly inverseTemperature?: number },
  key: Key,
  options: RfSoftmaxLossOptions = {},
): Tensor {
  const caller = "rfSoftmaxLoss";
  const { inverseTemperature = sampler.inverseTemperature, negatives = 100, reduction = "none" } = options;
  if (inverseTemperature === undefined) {
    throw new TypeError(`${caller}: inverseTemperature is undefined but must be a number; this sampler has none`);
  }
  checkAbove(caller, { inverseTemperature }, 0);
  checkCount(caller, { negatives }, 1);
  checkReduction(caller, reduction);
  checkFloat(caller, { hidden });
  checkRank(caller, { hidden, embeddings }, 2);
  checkSameDType(caller, { hidden, embeddings });
  const [batch, width] = hidden.shape;
  checkShape(caller, "embeddings", embeddings, [sampler.classes, width]);
  checkShape(caller, "labels", labels, [batch]);
  checkClassIds(caller, { labels }, sampler.classes);
  checkDirections(caller, "hidden", hidden);
  checkDirections(caller, "embeddings", embeddings, hostValues(labels) ?? []);

  const design = independentCandidates(sampler.given(hidden), rounds);
  const { ids, logExpectedCount } = design.candidates(key, [batch, negatives], hidden, labels);
  const direction = unitRows(hidden).mul(inverseTemperature);
  const target = direction.mul(unitRows(gather(embeddings, labels))).sum(1);
  const scores = unitRows(gather(embeddings, ids)).matmul(expandDims(direction, 2)).reshape([batch, negatives]);
  const isHit = equal(expandDims(labels, 1), ids);
  const corrected = logQCorrection(scores, logExpectedCount, { isHit });
  return reduceLosses(candidateSoftmaxLoss(target, corrected), reduction);
}
