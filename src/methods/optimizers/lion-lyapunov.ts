import { checkAbove, checkAtLeast, checkSameShape } from "../../autodiff/check.js";
import { grad, type Tensor } from "../../autodiff/index.js";
import type { ConvexPotential } from "./convex-potentials.js";

export interface LionLyapunovOptions {
  /** f, a differentiable scalar function of the parameter. */
  readonly loss: (x: Tensor) => Tensor;
  /** K, differentiable, as its conjugate must be at λx. */
  readonly potential: ConvexPotential;
  /** α > 0: how strongly the gradient drives the momentum. Default 1. */
  readonly gradientGain?: number;
  /** γ > 0: how fast the momentum fades. Default 1. */
  readonly momentumDecay?: number;
  /** λ > 0. */
  readonly weightDecay: number;
  /** ε ≥ 0, with ε·γ ≤ 1: how far the direction looks ahead of the momentum. Default 0. */
  readonly lookahead?: number;
}

export interface LionLyapunov {
  /** H(x, m), `[]`; ∞ where λx is outside the domain of K*. */
  readonly value: Tensor;
  /** −dH/dt along the flow, `[]`, ≥ 0. */
  readonly dissipation: Tensor;
  /** Where the flow goes from here: dx/dt and dm/dt. */
  readonly flow: { readonly x: Tensor; readonly m: Tensor };
}

/**
 * The function that Lion-K's continuous-time limit decreases, and how fast.
 *
 *     m' = −α∇f(x) − γm      x' = ∇K(m̃) − λx      m̃ = m − ε(α∇f(x) + γm)
 *     H  = αf(x) + (γ/λ)·K*(λx) + (1−εγ)/(1+ελ) · (K*(λx) + K(m) − λ⟨m, x⟩)
 *     −H' = (λ+γ)/(1+ελ)·⟨∇K(m̃) − λx, m̃ − ∇K*(λx)⟩ + (1−εγ)/(ε(1+ελ))·⟨m̃ − m, ∇K(m̃) − ∇K(m)⟩
 *
 * Here m follows minus the mean gradient. Both products are ≥ 0 as K is convex, so H never rises; its stationary points
 * minimize `αf(x) + (γ/λ)·K*(λx)`. With ε = 0 the last term is 0, its limit.
 *
 * Reach for it to see how far a run is from the constrained optimum, or to try a potential of your own.
 *
 * @param x - the parameter, any shape, λx inside the domain of K*
 * @param m - the momentum, of the shape of `x`
 * @throws ShapeError if `x` and `m` differ in shape
 * @throws RangeError if `gradientGain`, `momentumDecay` or `weightDecay` is not above 0 or `lookahead` negative
 * @throws RangeError if `lookahead · momentumDecay` exceeds 1
 * @source Chen, Liu, Liang and Liu, "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts", ICLR 2024,
 * arXiv:2310.05898, theorem 3.1
 */
export function lionLyapunov(x: Tensor, m: Tensor, options: LionLyapunovOptions): LionLyapunov {
  const { loss, potential, gradientGain = 1, momentumDecay = 1, weightDecay, lookahead = 0 } = options;
  checkSameShape("lionLyapunov", { x, m });
  checkAbove("lionLyapunov", { gradientGain, momentumDecay, weightDecay }, 0);
  checkAtLeast("lionLyapunov", { lookahead }, 0);
  if (lookahead * momentumDecay > 1) {
    throw new RangeError(
      `lionLyapunov: lookahead · momentumDecay is ${lookahead * momentumDecay} but must be at most 1; the energy may rise beyond`,
    );
  }
  const inner = (a: Tensor, b: Tensor) => a.mul(b).sum();
  const towards = grad(loss)(x).mul(gradientGain).add(m.mul(momentumDecay)).neg();
  const ahead = m.add(towards.mul(lookahead));
  const scaled = x.mul(weightDecay);
  const flow = { x: potential.gradient(ahead).sub(scaled), m: towards };
  const conjugate = potential.conjugate(scaled);
  const stretch = 1 + lookahead * weightDecay;
  const rest = 1 - lookahead * momentumDecay;
  const value = loss(x)
    .mul(gradientGain)
    .add(conjugate.mul(momentumDecay / weightDecay))
    .add(
      conjugate
        .add(potential.value(m))
        .sub(inner(m, scaled))
        .mul(rest / stretch),
    );
  const first = inner(flow.x, ahead.sub(grad(potential.conjugate)(scaled))).mul(
    (weightDecay + momentumDecay) / stretch,
  );
  const change = potential.gradient(ahead).sub(potential.gradient(m));
  return { value, dissipation: first.add(inner(towards, change).mul(rest / stretch)), flow }; // m̃ − m is ε·towards
}
