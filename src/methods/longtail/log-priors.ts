import { checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { checkRank, checkShape, log, maximum, ShapeError, stopGradient, type Tensor } from "../../autodiff/index.js";

/** Priors below it count as this much: a class that was never seen would get an infinite logit. */
export const smallestPrior = 1e-12;

/** `log max(π, 1e-12)`, a constant. */
export function logPriors(priors: Tensor): Tensor {
  return log(flooredPriors(priors));
}

/** `max(π, 1e-12)`, a constant. */
export function flooredPriors(priors: Tensor): Tensor {
  return maximum(stopGradient(priors), smallestPrior);
}

/** Throws unless priors are `[C]`, in the dtype of the logits, and (on the host) probabilities that sum to 1. */
export function checkPriors(caller: string, priors: Tensor, logits?: Tensor): void {
  checkRank(caller, { priors }, 1);
  if (priors.size === 0) throw new ShapeError(`${caller}: priors has shape [0] but must have a class`);
  if (logits !== undefined) {
    checkShape(caller, "priors", priors, [logits.shape[1]]);
    checkSameDType(caller, { logits, priors });
  }
  const values = hostValues(priors);
  if (values === undefined) return;
  let total = 0;
  values.forEach((prior, c) => {
    if (!(prior >= 0 && prior <= 1))
      throw new RangeError(`${caller}: priors is ${prior} at [${c}] but must be in [0, 1]`);
    total += prior;
  });
  if (!(Math.abs(total - 1) <= 1e-4)) {
    throw new RangeError(`${caller}: priors has sum ${total} but must sum to 1 within 1e-4; classPriors makes them`);
  }
}

/** How strongly priors are to count. */
export interface StrengthOptions {
  /** Strength τ, a finite number ≥ 0; 0 leaves the logits alone. Default 1. */
  readonly strength?: number;
  /** Let τ be negative, which favours the frequent classes. Default false. */
  readonly allowNegative?: boolean;
}

/** Throws unless τ is a finite number, and not negative unless that is allowed. */
export function checkStrength(caller: string, { strength = 1, allowNegative = false }: StrengthOptions): void {
  if (!Number.isFinite(strength)) {
    throw new RangeError(`${caller}: strength is ${strength} but must be a finite number`);
  }
  if (strength < 0 && !allowNegative) {
    throw new RangeError(
      `${caller}: strength is ${strength} but must be a finite number ≥ 0; set allowNegative if it is meant`,
    );
  }
}
