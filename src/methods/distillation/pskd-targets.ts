import { checkBetween, checkCount, checkRank, checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { any, expandDims, notEqual, stopGradient, type Tensor, where } from "../../autodiff/index.js";

export interface PskdSchedule {
  /** t, a whole number in [1, epochs]. */
  readonly epoch: number;
  /** How many epochs there will be, a whole number ≥ 1. */
  readonly epochs: number;
  /** α_T: what the past prediction counts in the last epoch, in [0, 1]. Default 0.8. */
  readonly finalWeight?: number;
}

/**
 * Targets softened by what the network itself said of each example an epoch ago, more so from epoch to epoch.
 *
 *     q_i = (1 − α_t) y_i + α_t P_i      α_t = α_T · epoch / epochs
 *
 * A row of zeros in `past` is an example that has not been seen: it keeps its target. Targets may be mixed or smoothed
 * before.
 *
 * Reach for it with a loss of your own on soft targets; `pskdLoss` is cross-entropy.
 *
 * @param targets - `[batch, classes]`, distributions: `oneHot(labels, classes, dtype)`, say
 * @param past - `[batch, classes]`, as `readPskdMemory` has it: distributions, or zeros
 * @returns `[batch, classes]`, distributions, constants
 * @throws ShapeError if `targets` has not two axes or fewer than two classes, or `past` another shape
 * @throws DTypeError if they are no floats, or differ in dtype
 * @throws RangeError if a row on the host is no distribution, nor, in `past`, zeros
 * @throws RangeError if `epochs` or `epoch` is no whole number ≥ 1, `epoch` is above `epochs`, or `finalWeight` is not in
 * [0, 1]
 * @source Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021, arXiv:2006.12000,
 * eq. 3 and 8
 */
export function pskdTargets(targets: Tensor, past: Tensor, schedule: PskdSchedule): Tensor {
  checkTargets("pskdTargets", targets, past, schedule);
  return softened(targets, past, schedule);
}

/** The same without checks. */
export function softened(targets: Tensor, past: Tensor, { epoch, epochs, finalWeight = 0.8 }: PskdSchedule): Tensor {
  const weight = (finalWeight * epoch) / epochs;
  const [hard, before] = [stopGradient(targets), stopGradient(past)];
  const isSeen = expandDims(any(notEqual(before, 0), 1), 1);
  return where(isSeen, hard.mul(1 - weight).add(before.mul(weight)), hard);
}

/** Throws unless the schedule and the rows are right. */
export function checkTargets(
  caller: string,
  targets: Tensor,
  past: Tensor,
  { epoch, epochs, finalWeight = 0.8 }: PskdSchedule,
): void {
  checkCount(caller, { epochs, epoch }, 1);
  if (epoch > epochs) throw new RangeError(`${caller}: epoch is ${epoch} but must be in [1, ${epochs}]`);
  checkBetween(caller, { finalWeight }, 0, 1);
  checkRank(caller, { targets }, 2);
  checkFloat(caller, { targets });
  if (targets.shape[1] < 2) {
    throw new ShapeError(`${caller}: targets has shape ${showShape(targets.shape)} but must have at least 2 classes`);
  }
  checkSameShape(caller, { targets, past });
  checkSameDType(caller, { targets, past });
  checkRows(caller, "targets", targets, "must be a distribution", false);
  checkRows(caller, "past", past, "must be a distribution, or zeros", true);
}

function checkRows(caller: string, name: string, rows: Tensor, right: string, mayBeZero: boolean): void {
  const values = hostValues(rows);
  if (values === undefined) return;
  const [batch, classes] = rows.shape;
  for (let i = 0; i < batch; i++) {
    const row = Array.from(values.slice(i * classes, (i + 1) * classes));
    if (mayBeZero && row.every((share) => share === 0)) continue;
    const total = row.reduce((sum, share) => sum + share, 0);
    if (row.every((share) => share >= 0) && Math.abs(total - 1) <= 1e-4) continue;
    throw new RangeError(`${caller}: row ${i} of ${name} is [${row.join(", ")}] but ${right}`);
  }
}
