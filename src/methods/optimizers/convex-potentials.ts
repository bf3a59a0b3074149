import { checkAbove } from "../../autodiff/check.js";
import {
  abs,
  clamp,
  equal,
  exp,
  greater,
  lessEqual,
  log,
  log1p,
  max,
  maximum,
  pow,
  relu,
  sign,
  sqrt,
  square,
  stopGradient,
  type Tensor,
  tanh,
  where,
} from "../../autodiff/index.js";

/** A convex function K of a tensor, what `lionK` makes a direction of a momentum with. For a constraint it must be even. */
export interface ConvexPotential {
  /** The least part of a tensor that has a direction of its own; only where it is no more than a row can rows be treated alone. */
  readonly unit: "element" | "row" | "tensor";
  /** K(u), `[]`. */
  value(u: Tensor): Tensor;
  /** ∇K(u), of the shape of u; a subgradient where there are several. */
  gradient(u: Tensor): Tensor;
  /** K*(v) = sup ⟨u, v⟩ − K(u), `[]`; ∞ outside its domain, whose border counts as inside up to rounding. */
  conjugate(v: Tensor): Tensor;
}

/**
 * The sum of magnitudes. Its gradient is the sign, 0 at 0: Lion's.
 *
 *     K(u) = Σ |u|      K*(v) = 0 where every |v| ≤ 1
 *
 * As `lionK`'s potential it keeps every element of a parameter within ±1/λ.
 *
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function l1Potential(): ConvexPotential {
  return {
    unit: "element",
    value: (u) => abs(u).sum(),
    gradient: sign,
    conjugate: (v) => inUnitBox(v, v.sum().mul(0)),
  };
}

/**
 * The p-norm of a whole tensor.
 *
 *     K(u) = ‖u‖_p      ∇K = |u|^(p−1)·sign(u) / ‖u‖_p^(p−1), 0 at 0      K*(v) = 0 where ‖v‖_q ≤ 1, 1/p + 1/q = 1
 *
 * @param p - a finite number > 1
 * @throws RangeError if `p` is not above 1
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function lpPotential(p: number): ConvexPotential {
  checkAbove("lpPotential", { p }, 1);
  return normOf("tensor", p);
}

/**
 * The Euclidean norm of a whole tensor: `lpPotential(2)`. As `lionK`'s potential it keeps a parameter's norm within 1/λ.
 *
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function l2Potential(): ConvexPotential {
  return normOf("tensor", 2);
}

/**
 * The sum of the Euclidean norms of rows, the groups along the last axis. As `lionK`'s potential it keeps each row's norm
 * within 1/λ: for tables of embeddings.
 *
 *     K(u) = Σ_g ‖u_g‖      ∇K_g = u_g / ‖u_g‖, 0 at 0      K*(v) = 0 where every ‖v_g‖ ≤ 1
 *
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function groupL2Potential(): ConvexPotential {
  return normOf("row", 2);
}

/**
 * Half the squared norm, whose gradient is the identity: `lionK` becomes momentum with decay, and the constraint a ridge.
 *
 *     K(u) = ‖u‖²/2      K*(v) = ‖v‖²/2
 *
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function halfSquarePotential(): ConvexPotential {
  const half = (u: Tensor) => square(u).sum().mul(0.5);
  return { unit: "element", value: half, gradient: (u) => u, conjugate: half };
}

/**
 * Magnitudes beyond a dead zone: an element with a small momentum stands still, and parameters become sparse.
 *
 *     K(u) = Σ max(|u| − e, 0)      ∇K = sign(u) where |u| > e, else 0      K*(v) = e·‖v‖₁ where every |v| ≤ 1
 *
 * @param e - half the width of the zone, a finite number > 0
 * @throws RangeError if `e` is not above 0
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function deadZonePotential(e: number): ConvexPotential {
  checkAbove("deadZonePotential", { e }, 0);
  return {
    unit: "element",
    value: (u) => relu(abs(u).sub(e)).sum(),
    gradient: (u) => where(greater(abs(u), e), sign(u), u.mul(0)), // NaN stays
    conjugate: (v) => inUnitBox(v, abs(v).sum().mul(e)),
  };
}

/**
 * Huber's function: a sign with a ramp in the middle.
 *
 *     K(u) = Σ u²/2e for |u| ≤ e, |u| − e/2 beyond      ∇K = clip(u/e, −1, 1)      K*(v) = (e/2)·‖v‖² where every |v| ≤ 1
 *
 * @param e - half the width of the ramp, a finite number > 0
 * @throws RangeError if `e` is not above 0
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, table 2
 */
export function huberPotential(e: number): ConvexPotential {
  checkAbove("huberPotential", { e }, 0);
  return {
    unit: "element",
    value: (u) => {
      const size = abs(u);
      return where(lessEqual(size, e), square(u).mul(0.5 / e), size.sub(e / 2)).sum();
    },
    gradient: (u) => clamp(u.div(e), -1, 1),
    conjugate: (v) =>
      inUnitBox(
        v,
        square(v)
          .sum()
          .mul(e / 2),
      ),
  };
}

/**
 * A smooth sign, whose conjugate is an entropy.
 *
 *     K(u) = e·Σ log(2·cosh(u/e))      ∇K = tanh(u/e)
 *     K*(v) = e·Σ [(1+v)/2·log((1+v)/2) + (1−v)/2·log((1−v)/2)] where every |v| ≤ 1
 *
 * @param e - how wide it changes sign, a finite number > 0
 * @throws RangeError if `e` is not above 0
 * @source the method's card; the pair of conjugates is that of the binary entropy (Boyd and Vandenberghe, "Convex
 * Optimization", 2004, §3.3.1)
 */
export function entropySoftPotential(e: number): ConvexPotential {
  checkAbove("entropySoftPotential", { e }, 0);
  const xLogX = (x: Tensor) => where(greater(x, 0), x.mul(log(where(greater(x, 0), x, 1))), 0);
  return {
    unit: "element",
    // not log cosh, which overflows
    value: (u) =>
      abs(u)
        .add(log1p(exp(abs(u).mul(-2 / e))).mul(e))
        .sum(),
    gradient: (u) => tanh(u.div(e)),
    conjugate: (v) => {
      const entropy = xLogX(v.add(1).mul(0.5)).add(xLogX(v.neg().add(1).mul(0.5)));
      return inUnitBox(v, entropy.sum().mul(e));
    },
  };
}

/** The sum of the p-norms of rows, or the p-norm of all. */
function normOf(unit: "row" | "tensor", p: number): ConvexPotential {
  const q = p / (p - 1);
  const grouped = (u: Tensor) => u.reshape(unit === "row" ? [-1, u.shape[u.shape.length - 1] ?? 1] : [1, -1]);
  return {
    unit,
    value: (u) => norms(grouped(u), p).sum(),
    gradient: (u) => {
      const groups = grouped(u);
      const scale = largest(groups); // else |u|^p overflows or vanishes
      const ratios = abs(groups).div(scale);
      const length = pow(pow(ratios, p).sum(1, { keepDims: true }), 1 / p);
      const isZero = equal(length, 0);
      const powers = p === 2 ? ratios : pow(ratios, p - 1);
      const direction = powers.mul(sign(groups)).div(pow(where(isZero, 1, length), p - 1));
      return where(isZero, 0, direction).reshape(u.shape);
    },
    conjugate: (v) => within(max(norms(grouped(v), q)), v.sum().mul(0)),
  };
}

/** `[groups]`. */
function norms(groups: Tensor, p: number): Tensor {
  const scale = largest(groups);
  const ratios = abs(groups).div(scale);
  const length =
    p === 2 ? sqrt(square(ratios).sum(1, { keepDims: true })) : pow(pow(ratios, p).sum(1, { keepDims: true }), 1 / p);
  return length.mul(scale).reshape([groups.shape[0]]);
}

/** The largest magnitude of each group, a constant; 1 for a group of zeros. */
function largest(groups: Tensor): Tensor {
  const most = stopGradient(max(abs(groups), 1, { keepDims: true }));
  return where(equal(most, 0), 1, most);
}

function inUnitBox(v: Tensor, value: Tensor): Tensor {
  return within(max(maximum(v, v.neg())), value);
}

/** The value where a norm is at most 1, up to the rounding of what lies on the border; else ∞. */
function within(norm: Tensor, value: Tensor): Tensor {
  return where(lessEqual(norm, 1 + (norm.dtype === "f64" ? 2 ** -46 : 2 ** -17)), value, Number.POSITIVE_INFINITY);
}
