import { checkAbove, checkCount } from "../../autodiff/check.js";
import { concat, customVjp, exp, eye, slice, solve, type Tensor, transposeLast } from "../../autodiff/index.js";
import { sinkhornScaling } from "../transport/sinkhorn-scaling.js";
import { checkSquareUtilities } from "./check-utilities.js";
import { sinkhornLimit } from "./sinkhorn-limit.js";

export interface SinkhornRelaxationOptions {
  /** Rounds, each of rows and then columns, a whole number ≥ 1; the gradient flows through them. Default 50. */
  readonly iterations?: number;
  /**
   * Instead of rounds: their limit, with columns that sum to 1 within it, > 0. It is found on the host, by Newton's method,
   * and its gradient by the implicit function rule.
   */
  readonly tolerance?: number;
}

/**
 * The doubly stochastic matrix that is nearest to a score matrix in the sense of entropy: Sinkhorn's normalization in the
 * log domain.
 *
 *     x = argmax_{x1 = 1, xᵀ1 = 1, x ≥ 0} ⟨z, x⟩ − Σ x log x = exp(z_ij + f_i + g_j)
 *     implicit rule:   z̄ = x ∘ (x̄ + a1ᵀ + 1bᵀ)      [diag(x1) x; xᵀ diag(xᵀ1)] [a; b] = −[(x∘x̄)1; (x∘x̄)ᵀ1]
 *
 * Rounds suffice for z of a moderate range, and run on every backend. The number that is needed grows with z, so with a
 * falling temperature, and without bound where two matchings tie: give a tolerance then.
 *
 * Reach for it to relax matchings and permutations.
 *
 * @param z - `[..., n, n]`, finite
 * @param options - rounds, or tolerance
 * @returns `[..., n, n]`, ≥ 0. After rounds columns sum to 1 exactly, and rows as nearly as their number allows; with a
 * tolerance rows exactly, and columns within it or to rounding
 * @throws DTypeError if `z` is no f32 or f64
 * @throws ShapeError if the two last axes differ in size or there are fewer
 * @throws RangeError if `z` is on the host and not finite, `iterations` is no whole number ≥ 1 or `tolerance` not > 0
 * @throws TypeError if both `iterations` and `tolerance` are given
 * @source Sinkhorn, "A Relationship Between Arbitrary Positive Matrices and Doubly Stochastic Matrices", Annals of
 * Mathematical Statistics 1964; Mena et al., "Learning Latent Permutations with Gumbel-Sinkhorn Networks", ICLR 2018,
 * arXiv:1802.08665. The implicit rule is that of an entropic optimal transport plan; Newton's method is ours
 */
export function sinkhornRelaxation(z: Tensor, options: SinkhornRelaxationOptions = {}): Tensor {
  checkSquareUtilities("sinkhornRelaxation", "z", z);
  checkSinkhornOptions("sinkhornRelaxation", options);
  const { tolerance, iterations = 50 } = options;
  if (tolerance !== undefined) {
    return customVjp(
      (scores: Tensor) => sinkhornLimit(scores, tolerance),
      (grad, x) => [centred(grad, x)],
    )(z);
  }
  return exp(sinkhornScaling(z, iterations));
}

/** Throws unless the rounds are a count, or the tolerance is above 0. */
export function checkSinkhornOptions(caller: string, { iterations, tolerance }: SinkhornRelaxationOptions): void {
  checkCount(caller, { iterations: iterations ?? 1 }, 1);
  checkAbove(caller, { tolerance: tolerance ?? 1 }, 0);
  if (iterations !== undefined && tolerance !== undefined) {
    throw new TypeError(
      `${caller}: iterations is ${iterations} but must be left out where tolerance is given; that goes to the limit`,
    );
  }
}

/** The part of `x ∘ grad` whose rows and columns sum to 0, made of `x ∘ (grad + a1ᵀ + 1bᵀ)`. */
function centred(grad: Tensor, x: Tensor): Tensor {
  const n = x.shape[x.shape.length - 1];
  const rank = x.shape.length;
  const product = x.mul(grad);
  const rows = product.sum(-1, { keepDims: true }); // [..., n, 1]
  const columns = transposeLast(product.sum(-2, { keepDims: true }));
  const diagonal = (sums: Tensor) =>
    eye(n, x)
      .mul(sums)
      .add(1 / n);
  // a + c and b − c are as good as a and b: ±1/n settles c
  const off = x.sub(1 / n);
  const system = concat(
    [
      concat([diagonal(x.sum(-1, { keepDims: true })), off], rank - 1),
      concat([transposeLast(off), diagonal(transposeLast(x.sum(-2, { keepDims: true })))], rank - 1),
    ],
    rank - 2,
  );
  // Where x is 0 and 1 to rounding, a and b are undetermined beyond that; what they multiply is then as small.
  const ridge = eye(2 * n, x).mul(x.dtype === "f64" ? 1e-13 : 1e-6);
  const potentials = solve(system.add(ridge), concat([rows, columns], rank - 2).neg());
  const half = (from: number) => {
    const lead = x.shape.slice(0, -2);
    return slice(potentials, [...lead.map(() => 0), from], [...lead, from + n]);
  };
  return x.mul(grad.add(half(0)).add(transposeLast(half(n))));
}
