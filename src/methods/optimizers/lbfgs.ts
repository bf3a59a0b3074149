import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import {
  abs,
  evaluate,
  leavesOf,
  maximum,
  rebuild,
  sum,
  type Tensor,
  type Tree,
  valueAndGrad,
} from "../../autodiff/index.js";

export interface LbfgsOptions {
  /** Steps whose change of gradient is remembered, a whole number ≥ 1. Default 10. */
  readonly memory?: number;
  /** Steps at most, a whole number ≥ 0. Default 100. */
  readonly maxIterations?: number;
  /** It stops once no element of the gradient is larger than this number ≥ 0. Default 1e-6. */
  readonly gradientTolerance?: number;
}

export interface LbfgsResult<P> {
  /** Where it stopped; the caller's to dispose of. */
  readonly params: P;
  readonly loss: number;
  /** The largest element of the gradient there, in magnitude. */
  readonly gradient: number;
  readonly iterations: number;
  /** How often loss and gradient were computed. */
  readonly evaluations: number;
  /** What ended it: a small gradient, the bound on steps, or a line along which rounding hides any descent. */
  readonly stopped: "gradient" | "iterations" | "line search";
}

/** A point that has been evaluated; all tensors are held. */
interface Point {
  readonly x: readonly Tensor[];
  readonly gradient: readonly Tensor[];
  readonly loss: number;
  readonly largest: number;
}

/** A step and the change of gradient over it. */
interface Pair {
  readonly s: readonly Tensor[];
  readonly y: readonly Tensor[];
}

type Oracle = (x: readonly Tensor[]) => Promise<Point>;

/** Slope and loss decide whether a step is long enough and short enough (Wolfe's conditions). */
const [sufficientDecrease, curvature] = [1e-4, 0.9];
const longestSearch = 40;

/**
 * L-BFGS: minimizes a smooth function with an approximate Hessian that its last few gradients make.
 *
 *     x ← x − a·H·∇f      H: the BFGS estimate of the inverse Hessian from the last `memory` pairs s = Δx, y = Δ∇f
 *     f(x + a·d) ≤ f(x) + 10⁻⁴·a·⟨∇f, d⟩   and   ⟨∇f(x + a·d), d⟩ ≥ 0.9·⟨∇f, d⟩      how a is chosen, by bisection
 *
 * Reach for it when the loss is deterministic and smooth and all data is used in each step: fitting a linear model to the
 * optimum. It has no use for the noisy gradients of minibatches. It reads two numbers a trial, so it runs on any backend;
 * in f32 it ends with `"line search"` where rounding hides any further descent.
 *
 * @param loss - a scalar function of the parameters
 * @param params - a tree of f32 or f64 tensors, left as it is
 * @returns the best point found, and how it ended
 * @throws RangeError if `memory` or `maxIterations` is no whole number, or `memory` is 0
 * @throws RangeError if `gradientTolerance` is negative or not finite
 * @throws RangeError if the loss is not finite at `params`
 * @source Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", Mathematical Programming
 * 1989, Algorithm 2.1; Lewis and Overton, "Nonsmooth Optimization via Quasi-Newton Methods", Mathematical Programming
 * 2013, Algorithm 2.6 (the line search)
 *
 * @example
 * import { tensor } from "cotangent";
 * import { lbfgs } from "cotangent/methods/optimizers";
 *
 * const { params, stopped } = await lbfgs((x) => x.sub(3).mul(x.sub(3)).sum(), tensor([0, 1]));
 * console.log(stopped, await params.data()); // gradient, [3, 3]
 */
export async function lbfgs<P extends Tree>(
  loss: (params: P) => Tensor,
  params: P,
  options: LbfgsOptions = {},
): Promise<LbfgsResult<P>> {
  const { memory = 10, maxIterations = 100, gradientTolerance = 1e-6 } = options;
  checkCount("lbfgs", { memory }, 1);
  checkCount("lbfgs", { maxIterations }, 0);
  checkAtLeast("lbfgs", { gradientTolerance }, 0);

  let evaluations = 0;
  const oracle: Oracle = async (x) => {
    evaluations += 1;
    const { value, grad } = valueAndGrad(loss)(rebuild(params, x));
    const held = evaluate({ x, gradient: leavesOf(grad), value, largest: largestOf(leavesOf(grad)) });
    const [at, largest] = [await held.value.item(), await held.largest.item()];
    dispose([held.value, held.largest]);
    return { x: held.x, gradient: held.gradient, loss: at, largest };
  };

  let point = await oracle(leavesOf(params));
  if (!Number.isFinite(point.loss)) {
    dispose(point.x, point.gradient);
    throw new RangeError(`lbfgs: loss is ${point.loss} at params but must be finite`);
  }
  const pairs: Pair[] = [];
  let iterations = 0;
  let stopped: LbfgsResult<P>["stopped"] = "iterations";
  while (iterations < maxIterations) {
    if (point.largest <= gradientTolerance) {
      stopped = "gradient";
      break;
    }
    const next = await step(oracle, point, pairs);
    if (next === undefined) {
      stopped = "line search";
      break;
    }
    pairs.push(evaluate({ s: minus(next.x, point.x), y: minus(next.gradient, point.gradient) }));
    for (const { s, y } of pairs.splice(0, pairs.length - memory)) dispose(s, y);
    dispose(point.x, point.gradient);
    point = next;
    iterations += 1;
  }
  if (point.largest <= gradientTolerance) stopped = "gradient";
  for (const { s, y } of pairs) dispose(s, y);
  dispose(point.gradient);
  const { loss: reached, largest } = point;
  return { params: rebuild(params, point.x), loss: reached, gradient: largest, iterations, evaluations, stopped };
}

/** A point further down that meets Wolfe's conditions; undefined if there is none to be found. */
async function step(oracle: Oracle, from: Point, pairs: readonly Pair[]): Promise<Point | undefined> {
  const direction = evaluate(descent(from.gradient, pairs));
  const slope = await inner(from.gradient, direction).item();
  // Without curvature to go by, the first step is no longer than 1 in any element.
  let length = pairs.length === 0 ? Math.min(1, 1 / from.largest) : 1;
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let found: Point | undefined;
  for (let trial = 0; found === undefined && slope < 0 && trial < longestSearch; trial++) {
    const point = await oracle(from.x.map((x, i) => x.add(direction[i].mul(length))));
    const isLow = point.loss <= from.loss + sufficientDecrease * length * slope;
    if (isLow && (await inner(point.gradient, direction).item()) >= curvature * slope) found = point;
    else {
      if (isLow) low = length;
      else high = length; // a loss of NaN too
      length = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
      dispose(point.x, point.gradient);
    }
  }
  dispose(direction);
  return found;
}

/** `−H·∇f` by the two loops over the pairs, newest first, then oldest first. */
function descent(gradient: readonly Tensor[], pairs: readonly Pair[]): readonly Tensor[] {
  let q = gradient;
  const weights: Tensor[] = [];
  for (const { s, y } of pairs.toReversed()) {
    const weight = inner(s, q).div(inner(s, y));
    weights.unshift(weight);
    q = minus(q, scaled(y, weight));
  }
  const newest = pairs[pairs.length - 1];
  if (newest !== undefined) q = scaled(q, inner(newest.s, newest.y).div(inner(newest.y, newest.y)));
  pairs.forEach(({ s, y }, i) => {
    const correction = weights[i].sub(inner(y, q).div(inner(s, y)));
    q = q.map((part, j) => part.add(s[j].mul(correction)));
  });
  return q.map((part) => part.neg());
}

function inner(a: readonly Tensor[], b: readonly Tensor[]): Tensor {
  return a.map((part, i) => sum(part.mul(b[i]))).reduce((total, part) => total.add(part));
}

function minus(a: readonly Tensor[], b: readonly Tensor[]): readonly Tensor[] {
  return a.map((part, i) => part.sub(b[i]));
}

function scaled(a: readonly Tensor[], by: Tensor): readonly Tensor[] {
  return a.map((part) => part.mul(by));
}

function largestOf(tensors: readonly Tensor[]): Tensor {
  return tensors.map((part) => abs(part).max()).reduce((most, part) => maximum(most, part));
}

function dispose(...lists: readonly (readonly Tensor[])[]): void {
  for (const list of lists) for (const tensor of list) tensor.dispose();
}
