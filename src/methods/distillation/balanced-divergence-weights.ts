import { checkAbove, checkAtLeast, checkOneOf, checkSameShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { full, greater, sigmoid, stopGradient, type Tensor, where } from "../../autodiff/index.js";

export interface BalancedDivergenceWeightsOptions {
  /** ν: how much more the stressed divergence counts, a finite number ≥ 1; 1 weighs both alike. Default 2. */
  readonly balance?: number;
  /** `"hard"` switches between the two weights, `"soft"` glides by a sigmoid of the gap of entropies. Default `"hard"`. */
  readonly gate?: "hard" | "soft";
  /** κ: how steep the soft gate is, a finite number > 0. Default 1. */
  readonly slope?: number;
  /** Stress the other divergence. Default false. */
  readonly flip?: boolean;
}

/** What each divergence counts; constants. */
export interface DivergenceWeights {
  /** δ, of KL(teacher ‖ student). */
  readonly forward: Tensor;
  /** ρ, of KL(student ‖ teacher). */
  readonly reverse: Tensor;
}

/**
 * Weights of the forward and the reverse divergence of each example, by which network is the surer.
 *
 *     hard   (δ, ρ) = (ν, 1) where H_t > H_s, the student is the surer: cover;  else (1, ν): seek
 *     soft   δ = 1 + (ν − 1) σ(κ (H_t − H_s))      ρ = 1 + ν − δ
 *
 * Exchanging the entropies exchanges the weights, except at a tie of the hard gate. `flip` exchanges δ and ρ.
 *
 * Reach for it to weigh two losses of your own; `balancedDivergenceLoss` does it for you.
 *
 * @param teacherEntropy - any shape, Shannon entropies of the teacher's softened predictions
 * @param studentEntropy - the same shape
 * @returns weights in [1, ν] of that shape, without gradient
 * @throws ShapeError if the shapes differ
 * @throws DTypeError if the entropies are no floats, or differ in dtype
 * @throws RangeError if `balance` is not a finite number ≥ 1, or `slope` not a finite number > 0
 * @throws TypeError if `gate` is neither of the two
 * @source Amara et al., "BD-KD: Balancing the Divergences for Online Knowledge Distillation", 2022, arXiv:2212.12965; the
 * two levels and the direction are our reading of "covering" and "seeking", not the paper's text, hence `flip`
 */
export function balancedDivergenceWeights(
  teacherEntropy: Tensor,
  studentEntropy: Tensor,
  options: BalancedDivergenceWeightsOptions = {},
): DivergenceWeights {
  const caller = "balancedDivergenceWeights";
  checkBalance(caller, options);
  checkFloat(caller, { teacherEntropy });
  checkSameShape(caller, { teacherEntropy, studentEntropy });
  checkSameDType(caller, { teacherEntropy, studentEntropy });

  const { balance = 2, gate = "hard", slope = 1, flip = false } = options;
  const [ofTeacher, ofStudent] = [stopGradient(teacherEntropy), stopGradient(studentEntropy)];
  const high = full(ofTeacher.shape, balance, ofTeacher);
  const cover =
    gate === "hard"
      ? where(greater(ofTeacher, ofStudent), high, 1)
      : sigmoid(ofTeacher.sub(ofStudent).mul(slope))
          .mul(balance - 1)
          .add(1);
  const seek = cover.neg().add(1 + balance);
  return flip ? { forward: seek, reverse: cover } : { forward: cover, reverse: seek };
}

/** Throws unless the options are right. */
export function checkBalance(
  caller: string,
  { balance = 2, gate = "hard", slope = 1 }: BalancedDivergenceWeightsOptions,
): void {
  checkAtLeast(caller, { balance }, 1);
  checkOneOf(caller, "gate", gate, ["hard", "soft"]);
  checkAbove(caller, { slope }, 0);
}
