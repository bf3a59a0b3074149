import { checkOneOf } from "../../autodiff/check.js";
import type { Tree } from "../../autodiff/index.js";
import { applyUpdates, type Optimizer } from "../optimizers/optimizer.js";
import { projectInfBall } from "./project-inf-ball.js";
import { projectL2Ball } from "./project-l2-ball.js";
import { checkRadius, checkSameForm } from "./same-form.js";

/** How far parameters may go from where they were. */
export interface ParameterBall {
  /** δ ≥ 0. Default `Infinity`: no limit. */
  readonly radius?: number;
  /** Whether δ bounds each element (`projectInfBall`) or the Euclidean distance (`projectL2Ball`). Default `"inf"`. */
  readonly norm?: "inf" | "l2";
  /** With norm `"l2"`, one ball for all tensors together or one for each. Default `"all"`. */
  readonly scope?: "all" | "tensor";
}

/** Parameters and the optimizer's state. */
export interface StepState<P, State> {
  readonly params: P;
  readonly state: State;
}

/**
 * One step of an optimizer, then back into the ball around given parameters.
 *
 *     θ ← Π(θ + update)
 *
 * The projection comes last and does not touch the optimizer's moments. Reach for it to write a training loop of your own;
 * `constrainedFineTune` is one. It is pure, and lazy like all operations.
 *
 * @param optimizer - any; its state is that of `params`
 * @param gradients - a tree of the form of `params`
 * @param center - a tree of the form of `params`: θ₀, around which the ball is
 * @throws TypeError if `center` has other tensors than `params`, or `norm` or `scope` is not one of those listed
 * @throws ShapeError or DTypeError if tensors at the same place differ
 * @throws RangeError if `radius` is negative or NaN
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3 (projected optimization)
 */
export function constrainedStep<P extends Tree, State extends Tree>(
  optimizer: Optimizer<State>,
  gradients: P,
  { params, state }: StepState<P, State>,
  center: P,
  ball: ParameterBall = {},
): StepState<P, State> {
  checkBall("constrainedStep", ball);
  checkSameForm("constrainedStep", "center", center, "params", params);
  const { updates, state: next } = optimizer.update(gradients, state, params);
  return { params: projectOnto(applyUpdates(params, updates), center, ball), state: next };
}

/** The closest parameters within the ball. */
export function projectOnto<P extends Tree>(params: P, center: P, ball: ParameterBall): P {
  const { radius = Number.POSITIVE_INFINITY, norm = "inf", scope = "all" } = ball;
  return norm === "inf" ? projectInfBall(params, center, radius) : projectL2Ball(params, center, radius, { scope });
}

/** Throws unless the ball's options are right. */
export function checkBall(caller: string, { radius = 0, norm = "inf", scope = "all" }: ParameterBall): void {
  checkRadius(caller, radius);
  checkOneOf(caller, "norm", norm, ["inf", "l2"]);
  checkOneOf(caller, "scope", scope, ["all", "tensor"]);
}
