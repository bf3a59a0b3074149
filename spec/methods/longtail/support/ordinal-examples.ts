import type { OrdinalModel } from "cotangent/methods/longtail";
import { floats, ids, sfc32 } from "cotangent/testing";
import type { Arbitrary } from "fast-check";

export interface OrdinalExamples {
  readonly inputs: Float64Array[];
  readonly labels: Int32Array;
}

/** Inputs, and labels among which every class comes so many times at least. */
export function ordinalExamples(n: number, p: number, classes: number, each = 2): Arbitrary<OrdinalExamples> {
  const labels = ids(n - each * classes, classes);
  return floats([n * p]).chain((x) =>
    labels.map((rest) => ({
      inputs: Array.from({ length: n }, (_, i) => x.slice(i * p, (i + 1) * p)),
      labels: Int32Array.from({ length: n }, (_, i) => (i < each * classes ? i % classes : rest[i - each * classes])),
    })),
  );
}

/** Models of three features in four classes whose boundaries are in order on [−3, 3]³. */
export const orderedModels: Arbitrary<OrdinalModel> = floats([12]).map((v) => ({
  classes: 4,
  features: 3,
  intercepts: Float64Array.of(-3 + v[0] / 3, v[1] / 3, 3 + v[2] / 3),
  slopes: Float64Array.from({ length: 9 }, (_, at) => v[9 + (at % 3)] / 4 + v[at] / 24), // differ by 1/4 · 3 inputs at most
}));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Classes of inputs by a model: probabilities as differences, as they are defined. */
export function probabilitiesOf(
  { classes, features, intercepts, slopes }: OrdinalModel,
  x: ArrayLike<number>,
): number[] {
  const below = Array.from(intercepts, (a, k) =>
    sigmoid(a + Array.from(x).reduce((sum, v, j) => sum + slopes[k * features + j] * v, 0)),
  );
  return Array.from({ length: classes }, (_, k) => (below[k] ?? 1) - (k > 0 ? below[k - 1] : 0));
}

/** Examples of uniform inputs and a model's classes. */
export function drawn(model: OrdinalModel, count: number, seed: number): OrdinalExamples {
  const random = sfc32(seed);
  const inputs = Array.from({ length: count }, () =>
    Float64Array.from({ length: model.features }, () => 2 * random() - 1),
  );
  const labels = Int32Array.from(inputs, (x) => {
    let rest = random();
    const k = probabilitiesOf(model, x).findIndex((p) => (rest -= p) < 0);
    return k < 0 ? model.classes - 1 : k;
  });
  return { inputs, labels };
}
