import { checkAtLeast } from "../../autodiff/check.js";
import { cast, coalesce, dense, leavesOf, rebuild, rowSparse, rowsOf, type Tensor } from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";
import { addSparse } from "../../autodiff/row-sparse.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";

export interface WeightDecayOptions {
  /** Decay λ, a finite number ≥ 0. */
  readonly rate: number;
  /** What the rate is multiplied by, as the updates were. Default 1. */
  readonly learningRate?: number | Schedule;
  /** Row-sparse updates: decay only the rows that are updated. Default false: all rows, so a step touches the table. */
  readonly lazy?: boolean;
}

/** The steps done before, `[]`. */
export type StepCount = { readonly step: Tensor };

/**
 * Decoupled weight decay, to be chained after an optimizer.
 *
 *     update ← update − learningRate · rate · parameter
 *
 * @throws RangeError if `rate` is negative or not finite
 * @throws RangeError if `learningRate` is neither finite nor a schedule
 * @source Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101, eq. 1
 */
export function decayWeights({ rate, learningRate = 1, lazy = false }: WeightDecayOptions): Optimizer<StepCount> {
  checkAtLeast("decayWeights", { rate }, 0);
  checkRates("decayWeights", { learningRate });
  // a tree may hold both f32 and f64
  const factorOf = (step: Tensor, { dtype }: Tensor) => rateAt(learningRate, cast(step, dtype)).mul(rate);
  const decayed = (update: Tensor, param: Tensor, factor: Tensor): Tensor => {
    const sparse = lazy ? rowSparse(update) : undefined;
    if (sparse === undefined) return addSparse(param.mul(factor).neg(), update);
    const distinct = coalesce(sparse);
    return dense({ ...distinct, rows: distinct.rows.sub(rowsOf(param, distinct).mul(factor)) });
  };
  return {
    init(params) {
      const [first] = leavesOf<Tensor>(params);
      if (first === undefined) throw new TypeError("decayWeights: params holds no tensor but must hold at least one");
      return { step: zeros([], first) };
    },
    update(updates, { step }, params) {
      const held = leavesOf<Tensor>(params);
      const next = leavesOf<Tensor>(updates).map((update, i) => decayed(update, held[i], factorOf(step, update)));
      return { updates: rebuild(updates, next), state: { step: step.add(1) } };
    },
  };
}
