import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import { tailWidth } from "./adaptive-softmax.js";

/** What the two kinds of clusters cost for a batch, in any unit: what `optimalCutoffs` minimizes the sum of. */
export interface ClusterCost {
  /** Cost of the head. `columns` are its classes and tails, or all classes of a full softmax. */
  head(columns: number): number;
  /** Cost of a tail with so many classes, which so large a share of the labels is in; `position` counts from 1. */
  tail(classes: number, mass: number, position: number): number;
}

/** How long a matrix product takes; `fitComputationTime` finds it for a machine. */
export interface ComputationTime {
  /** Time c that a product takes whatever its size, ≥ 0. */
  readonly overhead: number;
  /** Time λ for each entry of the product, ≥ 0. */
  readonly perEntry: number;
  /** Entries k_0·B_0 below which a product gets no faster, ≥ 0. */
  readonly threshold: number;
}

export interface ComputationTimeModelOptions extends ComputationTime {
  /** Rows B of a batch, a whole number ≥ 1. */
  readonly batch: number;
}

/** The time model, and what it says about clusters. */
export interface ComputationTimeModel extends ClusterCost {
  /** Time g(k, B) of a product of `[B, d]` and `[d, k]`; the rows may be a fraction, an average. */
  time(columns: number, rows: number): number;
}

/**
 * The paper's model of the time that a matrix product takes: constant while it is small, then linear.
 *
 *     g(k, B) = max(c + λ k_0 B_0, c + λ k B)      T = g(J + k_head, B) + Σ_i g(k_i, p_i B)
 *
 * Reach for it to choose the cutoffs of an `adaptiveSoftmax` for a machine. A tail with `p_i B k_i < k_0 B_0` pays for more
 * than it computes.
 *
 * @throws RangeError if `overhead`, `perEntry` or `threshold` is negative or not finite, or `batch` is no whole number ≥ 1
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, sections 3 and 4.1, eq. 3
 */
export function computationTimeModel({
  overhead,
  perEntry,
  threshold,
  batch,
}: ComputationTimeModelOptions): ComputationTimeModel {
  checkAtLeast("computationTimeModel", { overhead, perEntry, threshold }, 0);
  checkCount("computationTimeModel", { batch }, 1);
  const time = (columns: number, rows: number) => overhead + perEntry * Math.max(threshold, columns * rows);
  return {
    time,
    head: (columns) => time(columns, batch),
    tail: (classes, mass) => time(classes, mass * batch),
  };
}

export interface OperationCountModelOptions {
  /** Width d of the hidden vectors, a whole number ≥ 1. */
  readonly features: number;
  /** As in `adaptiveSoftmax`. Default 4. */
  readonly divValue?: number;
}

/**
 * Multiply-adds for each example of a batch.
 *
 *     head  d (J + k_head)      tail i  p_i (d d_i + d_i k_i),  d_i = max(⌊d / divValue^i⌋, 1)
 *
 * Reach for it to say how much work an adaptive softmax saves. Do not choose cutoffs by it: it takes small products for
 * free, so its optimum has a tiny head, such as cutoffs 18 and 610 of 10⁴ classes by Zipf's law.
 *
 * @throws RangeError if `features` is no whole number ≥ 1, or `divValue` is below 1
 * @source Grave et al., "Efficient Softmax Approximation for GPUs", ICML 2017, arXiv:1609.04309, section 4
 */
export function operationCountModel({ features, divValue = 4 }: OperationCountModelOptions): ClusterCost {
  checkCount("operationCountModel", { features }, 1);
  checkAtLeast("operationCountModel", { divValue }, 1);
  return {
    head: (columns) => features * columns,
    tail(classes, mass, position) {
      const width = Math.max(1, tailWidth(features, divValue, position));
      return mass * width * (features + classes);
    },
  };
}
