/** What a classifier is told of an input: ψ(x), a fixed number of features with known bounds. */
export interface InputFeatures {
  /** How many there are, k. */
  readonly features: number;
  /** `[k]` no feature is ever lower. */
  readonly low: Float64Array;
  /** `[k]` no feature is ever higher. */
  readonly high: Float64Array;
  /** `[k]`, ψ(x). */
  of(input: ArrayLike<number>): Float64Array;
}

/** What a classifier is told of an input and a class: Φ(x, y), a fixed number of features with known bounds. */
export interface ClassFeatures {
  /** r ≥ 2. */
  readonly classes: number;
  /** How many there are for each class, m. */
  readonly features: number;
  /** `[m]` no feature is ever lower. */
  readonly low: Float64Array;
  /** `[m]` no feature is ever higher. */
  readonly high: Float64Array;
  /** `[classes, m]` row-major, Φ(x, y) in row y. */
  of(input: ArrayLike<number>): Float64Array;
}

/** Φ at each different one of the inputs: equal values count once. */
export function configurationsOf(features: ClassFeatures, inputs: readonly ArrayLike<number>[]): Float64Array[] {
  const seen = new Map<string, Float64Array>();
  for (const input of inputs) {
    const values = features.of(input);
    seen.set(values.join(), values);
  }
  return [...seen.values()];
}
