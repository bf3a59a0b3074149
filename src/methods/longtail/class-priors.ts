import { checkAtLeast } from "../../autodiff/check.js";
import { smallestPrior } from "./log-priors.js";

export interface ClassPriorsOptions {
  /** Counts below this are raised to it: 1 treats a class that never occurs as if it had come once. Finite, ≥ 0. Default 0. */
  readonly least?: number;
  /** Called once if a class has a prior below 1e-12, which is raised to it. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

/**
 * How frequent each class is, from counts, never below 1e-12.
 *
 *     π_c = max(n_c / Σ n, 1e-12)      n_c = max(count_c, least)
 *
 * Reach for it before anything of this family: `tensor(classPriors(counts), { dtype: "f32" })`. The counts' scale does
 * not matter, so frequencies serve as well.
 *
 * @param counts - `[C]`, how often each class occurs, finite and ≥ 0, at least one above 0
 * @returns `[C]` priors in [1e-12, 1], whose sum is 1 but for the floor
 * @throws RangeError if a count or `least` is negative or not finite, or no count is above 0
 * @source Menon et al., "Long-tail Learning via Logit Adjustment", ICLR 2021, arXiv:2007.07314, section 3 (priors from
 * training frequencies); the floor is that of the authors' program
 */
export function classPriors(counts: ArrayLike<number>, options: ClassPriorsOptions = {}): Float64Array {
  return priorsOf("classPriors", counts, options);
}

/** `classPriors`, in the name of who was called. */
export function priorsOf(
  caller: string,
  counts: ArrayLike<number>,
  { least = 0, onWarning }: ClassPriorsOptions = {},
): Float64Array {
  checkAtLeast(caller, { least }, 0);
  let most = 0;
  for (let c = 0; c < counts.length; c++) {
    checkAtLeast(caller, { [`counts[${c}]`]: counts[c] }, 0);
    most = Math.max(most, counts[c]);
  }
  if (most === 0) throw new RangeError(`${caller}: counts has no count above 0 but must have one`);
  most = Math.max(most, least);
  const shares = Float64Array.from(counts, (count) => Math.max(count, least) / most); // their sum cannot overflow
  const total = shares.reduce((sum, share) => sum + share, 0);
  const rare = shares.findIndex((share) => share / total < smallestPrior);
  if (rare >= 0) {
    onWarning?.(
      `${caller}: counts[${rare}] is ${counts[rare]}, a prior of ${shares[rare] / total}; it was raised to ${smallestPrior}`,
    );
  }
  return shares.map((share) => Math.max(share / total, smallestPrior));
}
