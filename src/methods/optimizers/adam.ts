import { checkAbove, checkAtLeast, checkBetween } from "../../autodiff/check.js";
import { expm1, sqrt, type Tensor } from "../../autodiff/index.js";
import { chain } from "./chain.js";
import { type ElementwiseState, elementwise } from "./elementwise-rule.js";
import type { Optimizer } from "./optimizer.js";
import { checkRates, rateAt, type Schedule } from "./schedules.js";
import { decayWeights } from "./weight-decay.js";

export interface AdamOptions {
  /** A finite number, or a schedule. */
  readonly learningRate: number | Schedule;
  /** How much of the mean stays, in [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** How much of the mean square stays, in [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** Added to the root, > 0. Default 1e-8. */
  readonly epsilon?: number;
  /**
   * Row-sparse gradients: treat only the rows that have one. Dense Adam moves every row at every step, as its moments
   * decay; lazy Adam lets the moments of other rows stand still, which is another algorithm, though often as good, and
   * costs only the rows touched. Default false: exact.
   */
  readonly lazy?: boolean;
}

/**
 * Adam: running means of gradients and of their squares, both corrected for starting at 0.
 *
 *     mean       ← beta1 · mean + (1 − beta1) · g
 *     meanSquare ← beta2 · meanSquare + (1 − beta2) · g²
 *     update     = −learningRate · (mean / (1 − beta1ᵗ)) / (√(meanSquare / (1 − beta2ᵗ)) + epsilon)
 *
 * with t = 1 at the first step. `lazy` counts t in all steps, not in those of the row.
 *
 * @throws RangeError if `learningRate` is neither finite nor a schedule
 * @throws RangeError if `beta1` or `beta2` is outside [0, 1) or `epsilon` is not above 0
 * @source Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, arXiv:1412.6980, algorithm 1
 */
export function adam(options: AdamOptions): Optimizer<ElementwiseState> {
  return momentsOf("adam", options);
}

/** `caller` is the public function that errors name. */
function momentsOf(
  caller: string,
  { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, lazy = false }: AdamOptions,
): Optimizer<ElementwiseState> {
  checkRates(caller, { learningRate });
  checkBetween(caller, { beta1, beta2 }, 0, 1, { openAbove: true });
  checkAbove(caller, { epsilon }, 0);
  return elementwise({
    memory: ["mean", "meanSquare"],
    restsAtZero: false,
    lazy,
    step: (g, memory, step) => {
      const mean = memory.mean.mul(beta1).add(g.mul(1 - beta1));
      const meanSquare = memory.meanSquare.mul(beta2).add(g.mul(g).mul(1 - beta2));
      const corrected = mean.div(startCorrection(beta1, step));
      const root = sqrt(meanSquare.div(startCorrection(beta2, step))).add(epsilon);
      return { update: corrected.div(root).mul(rateAt(learningRate, step).neg()), memory: { mean, meanSquare } };
    },
  });
}

/** `1 − betaᵗ`, without the cancellation that costs f32 three digits where beta is near 1. */
function startCorrection(beta: number, step: Tensor): Tensor {
  return expm1(step.add(1).mul(Math.log(beta))).neg();
}

export interface AdamwOptions extends AdamOptions {
  /** The share of itself that a parameter loses at each step is `learningRate · weightDecay`. ≥ 0. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * Adam with weight decay decoupled from the gradient.
 *
 *     update = adam's − learningRate · weightDecay · parameter
 *
 * @throws RangeError if `weightDecay` is negative, and as `adam` does
 * @source Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, arXiv:1711.05101, algorithm 2
 */
export function adamw({ weightDecay = 0.01, ...options }: AdamwOptions): Optimizer {
  checkAtLeast("adamw", { weightDecay }, 0);
  const { learningRate, lazy = false } = options;
  return chain(momentsOf("adamw", options), decayWeights({ rate: weightDecay, learningRate, lazy })) as Optimizer;
}
