import {
  compile,
  DTypeError,
  grad,
  hvp,
  jvp,
  leavesOf,
  read,
  rebuild,
  type Tensor,
  type Tree,
} from "../autodiff/index.js";
import { fromValues } from "../autodiff/ops/create.js";
import { type Point, slopeByDifferences } from "./central-differences.js";
import { sfc32 } from "./sfc32.js";
import { isWithin } from "./within.js";

export interface CheckGradientOptions {
  /** 1 checks the gradient, 2 the Hessian too. Default 1. */
  readonly order?: 1 | 2;
  /** Directions are drawn from this seed, a whole number ≥ 0. Default 0. */
  readonly seed?: number;
}

export interface GradientReport {
  /** Largest difference from the central differences, over what the error model allows (at most 1 to pass). */
  readonly worst: number;
  /** Smallest allowance over slope that a direction was judged with: how fine the check was. */
  readonly resolution: number;
}

/** The function and its slope along a direction, at any point. */
interface Probe {
  readonly value: (at: Point) => Promise<number>;
  readonly slope: number;
  /** Σ |gᵢ·vᵢ|: what the slope is made of before anything cancels. */
  readonly scale: number;
}

/**
 * Proves a gradient: compares it with central differences along random directions, in f64, with an error model that says
 * how far apart the two may be; and forward mode with reverse mode. With `order: 2` the same for the Hessian, which must
 * be symmetric as well.
 *
 *     R(h) = (4·D(h/2) − D(h)) / 3      D(h) = (f(x + h·v) − f(x − h·v)) / 2h
 *
 * The step h that makes truncation plus rounding least is chosen, and the slope ⟨∇f, v⟩ must lie within five times that
 * sum. A direction whose allowance exceeds 10⁻⁶ of its slope decides nothing and is drawn again; five in a row fail.
 * Choose points away from kinks: no difference converges there.
 *
 * @param f - returns a scalar
 * @param x - a tree of f64 tensors
 * @throws Error with slope, difference and allowance if they disagree
 * @throws DTypeError if `x` holds anything but f64
 *
 * @example
 * import { tensor } from "cotangent";
 * import { checkGradient } from "cotangent/testing";
 *
 * const x = tensor(new Float64Array([0.3, -1.2]));
 * await checkGradient((t) => t.mul(t).sum(), x, { order: 2 });
 */
export async function checkGradient<T extends Tree>(
  f: (x: T) => Tensor,
  x: T,
  { order = 1, seed = 0 }: CheckGradientOptions = {},
): Promise<GradientReport> {
  const leaves = leavesOf(x);
  for (const { dtype } of leaves) {
    if (dtype !== "f64") throw new DTypeError(`checkGradient: x is ${dtype} but must be f64; differences need it`);
  }
  const uniform = sfc32(seed);
  const at = (point: Point) =>
    rebuild(
      x,
      point.map((values, i) => fromValues(values, { backend: leaves[i].backend, shape: leaves[i].shape }) as Tensor),
    );
  const origin = await Promise.all(leaves.map((leaf) => leaf.data() as unknown as Promise<Float64Array>));
  const report = { worst: 0, resolution: Number.POSITIVE_INFINITY };

  const valueAt = await replayed((y: T) => [f(y)], x);
  const first = async (direction: Point): Promise<Probe> => {
    const { gradient, forward } = await read({
      gradient: leavesOf(grad(f)(x)),
      forward: jvp(f, x, at(direction)).tangent,
    });
    const { slope, scale } = dot(gradient as Point, direction);
    const length = direction.reduce((total, values) => total + values.reduce((sofar, v) => sofar + Math.abs(v), 0), 0);
    // The second term is for gradients of 0 that one mode finds exactly and the other but for rounding.
    agree("checkGradient: forward and reverse mode", forward[0], slope, 1e-11 * scale + 2 ** -50 * length);
    return { value: async (point) => (await valueAt(at(point)))[0][0], slope, scale };
  };
  await judge("checkGradient: the gradient", origin, first, uniform, report);
  if (order === 1) return report;

  const gradientAt = await replayed((y: T) => leavesOf(grad(f)(y)), x);
  const second = async (direction: Point): Promise<Probe> => {
    const other = randomDirection(origin, uniform, "gaussian");
    const { forward, backward } = await read({
      forward: leavesOf(hvp(f, x, at(direction))),
      backward: leavesOf(hvp(f, x, at(other))),
    });
    const { slope, scale } = dot(forward as Point, other);
    const mirrored = dot(backward as Point, direction);
    agree("checkGradient: ⟨a, H·b⟩ and ⟨b, H·a⟩", slope, mirrored.slope, 1e-10 * (scale + mirrored.scale));
    const value = async (point: Point) => dot(await gradientAt(at(point)), other).slope;
    return { value, slope, scale };
  };
  await judge("checkGradient: the Hessian", origin, second, uniform, report);
  return report;
}

/**
 * The values of tensors that are functions of a tree. Differences want them at dozens of points, so their graph is built
 * once. Where that does not give the values at `x` that a graph built for `x` gives, as `f` looks at values while it builds
 * it, the graph is built for each point.
 */
async function replayed<T extends Tree>(f: (tree: T) => readonly Tensor[], x: T): Promise<(at: T) => Promise<Point>> {
  const anew = async (at: T) => (await read(f(at))) as Point;
  const replay = compile(f);
  const again = async (at: T) => {
    const tensors = replay(at);
    try {
      return (await Promise.all(tensors.map((tensor) => tensor.data()))) as unknown as Point;
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  };
  const wanted = await anew(x);
  const found = await again(x).catch(() => undefined);
  return found?.every((values, i) => values.every((value, j) => Object.is(value, wanted[i][j]))) ? again : anew;
}

function dot(a: Point, b: Point): { readonly slope: number; readonly scale: number } {
  let slope = 0;
  let scale = 0;
  a.forEach((values, i) => {
    values.forEach((value, j) => {
      slope += value * b[i][j];
      scale += Math.abs(value * b[i][j]);
    });
  });
  return { slope, scale };
}

function agree(what: string, a: number, b: number, allowance: number): void {
  if (!isWithin(Math.abs(a - b), allowance))
    throw new Error(`${what} differ: ${a} and ${b}, by more than ${allowance}`);
}

function randomDirection(like: Point, uniform: () => number, kind: "signs" | "gaussian"): Point {
  const size = like.reduce((total, values) => total + values.length, 0);
  const draw =
    kind === "signs"
      ? () => (uniform() < 0.5 ? -1 : 1) / Math.sqrt(size)
      : () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return like.map((values) => values.map(draw));
}

async function judge(
  what: string,
  origin: Point,
  probe: (direction: Point) => Promise<Probe>,
  uniform: () => number,
  report: { worst: number; resolution: number },
): Promise<void> {
  if (origin.every((values) => values.length === 0)) return;
  for (const kind of ["signs", "gaussian"] as const) {
    for (let draw = 1; ; draw++) {
      const direction = randomDirection(origin, uniform, kind);
      const { value, slope, scale } = await probe(direction);
      const { difference, allowance } = await slopeByDifferences(value, origin, direction);
      const distance = Math.abs(slope - difference);
      if (!isWithin(distance, 5 * allowance)) {
        throw new Error(
          `${what} is wrong along a ${kind} direction: slope ${slope}, central differences ${difference}, apart by ${distance}, allowed ${5 * allowance}`,
        );
      }
      report.worst = Math.max(report.worst, distance / (5 * allowance));
      if (scale === 0 || allowance <= 1e-6 * Math.abs(slope)) {
        if (scale > 0) report.resolution = Math.min(report.resolution, allowance / Math.abs(slope));
        break;
      }
      if (draw === 5) {
        throw new Error(
          `${what} cannot be judged: five directions had slopes (the last ${slope}) too small for differences good to ${allowance}; move x away from a kink or a flat place`,
        );
      }
    }
  }
}
