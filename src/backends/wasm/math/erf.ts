import type { Local, Value } from "../assembler/index.js";
import { expInside } from "./exp.js";
import type { Lanes, Pair } from "./lanes.js";

/** `erf(x) / x − 1` in z = x² for |x| ≤ 1, to 2⁻²⁹ and 2⁻⁵⁶. */
export const near: Pair<readonly number[]> = {
  f32: [0.12837917, -0.37612626, 0.11283579, -0.026853347, 0.005187162, -0.0007997853, 7.806907e-5],
  f64: [
    0.1283791670955126, -0.37612638903184165, 0.11283791670977773, -0.026866170650034424, 0.005223977680701075,
    -0.0008548330734975479, 0.00012055493164383703, -1.4930286371200065e-5, 1.6554003450201714e-6,
    -1.7616736091779244e-7, 2.6306803857831693e-8, -8.050013499564493e-9, 2.4498069115519368e-9,
    -3.6575692456604243e-10,
  ],
};

/** From here on erf is 1 in single precision. */
export const end = 3.8325;

/** Between 1 and `end`, chosen so that erf(middle) is a number of single precision to 2⁻³⁰. */
export const middle = 2.3626;

/** `erf(middle + t)` for 1 ≤ middle + t ≤ end, to 2⁻²⁸. */
export const far: readonly number[] = [
  0.9991659, 0.0042488896, -0.010038462, 0.014394974, -0.01365826, 0.008588931, -0.0031233751, 6.401891e-5,
  0.0006345125, -0.00034681227, 4.7755468e-5, 3.7607544e-5, -2.0023685e-5, 1.1062749e-6, 1.6237208e-6, -3.584886e-7,
];

/** `(1 + 2x)·exp(x²)·(1 − erf x)` in q = (x − 4) / (x + 4) for 1 ≤ x ≤ 6, to 2⁻⁵³. */
const scaledComplement = [
  1.2329951186255526, -0.13962111684055953, 0.015379652102579099, 0.06809705425370872, -0.10103906603199321,
  0.09373283509625015, -0.06633036583244344, 0.0371675115601113, -0.01619774367294987, 0.0050320283649227075,
  -0.0007574669219099729, -0.00019910769385961087, 0.00014837616466669305, -3.151394152355154e-5,
  -2.0832763151201385e-5,
];

/**
 * `erf x = 2/√π · ∫₀ˣ e^−t² dt`, within 1.32 ulps.
 *
 *     |x| ≤ 1:  x + x·P(x²)
 *     |x| > 1:  Q(|x| − 2.36) in single precision, 1 − e^−x²·C((|x| − 4) / (|x| + 4)) / (1 + 2|x|) in double precision
 *
 * P, Q and C are minimax polynomials. In double precision the error of e^−x² needs no care: it is a seventh of the result
 * at most. In single precision a polynomial costs less than the exponential would.
 *
 * @source Cody, "Rational Chebyshev Approximations for the Error Function", Mathematics of Computation 23, 1969, for the
 * split at 1; Schonfelder, "Chebyshev Expansions for the Error and Related Functions", Mathematics of Computation 32,
 * 1978, for q
 */
export function erf(v: Lanes, x: Local): Value {
  const magnitude = v.let(v.abs(x));
  const z = v.let(v.mul(x, x));
  const inner = v.add(magnitude, v.mul(magnitude, v.polynomial(z, near[v.precision])));
  const outer = v.precision === "f32" ? outerSingle(v, magnitude) : outerDouble(v, magnitude);
  return v.signed(v.choose(v.less(magnitude, 1), inner, outer), x);
}

function outerSingle(v: Lanes, magnitude: Local): Value {
  const t = v.let(v.sub(magnitude, middle));
  return v.choose(v.lessEqual(end, magnitude), 1, v.longPolynomial(t, far));
}

function outerDouble(v: Lanes, magnitude: Local): Value {
  const x = v.let(v.lesser(magnitude, 6));
  const q = v.let(v.div(v.sub(x, 4), v.add(x, 4)));
  const complement = v.div(v.polynomial(q, scaledComplement), v.add(v.add(x, x), 1));
  return v.sub(1, v.mul(complement, expInside(v, v.neg(v.mul(x, x)))));
}
