import { type Tensor, tensor } from "cotangent";
import { floats, type RangeOptions } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** Scores, or log-probabilities, of B positives and of k noise samples each. */
export interface ContrastValues {
  readonly rows: number;
  readonly k: number;
  readonly positive: Float64Array;
  readonly noise: Float64Array;
}

/** Scores of up to 3 positives with up to 3 noise samples each. */
export function contrasts(range: RangeOptions = {}): Arbitrary<ContrastValues> {
  return fc.record({ rows: fc.integer({ min: 1, max: 3 }), k: fc.integer({ min: 1, max: 3 }) }).chain(({ rows, k }) =>
    fc.record({
      rows: fc.constant(rows),
      k: fc.constant(k),
      positive: floats([rows], range),
      noise: floats([rows, k], range),
    }),
  );
}

/** Such scores, with a log-probability for each. */
export function contrastsWithNoise(range?: RangeOptions): Arbitrary<{ scores: ContrastValues; log: ContrastValues }> {
  return contrasts(range).chain((scores) => {
    const { rows, k } = scores;
    const negative = { min: -5, max: -0.01 };
    return fc.record({
      scores: fc.constant(scores),
      log: fc.record({
        rows: fc.constant(rows),
        k: fc.constant(k),
        positive: floats([rows], negative),
        noise: floats([rows, k], negative),
      }),
    });
  });
}

/** The two tensors of a contrast. */
export function tensorsOf({ rows, k, positive, noise }: ContrastValues): { positive: Tensor; noise: Tensor } {
  return { positive: tensor(positive), noise: tensor(noise, { shape: [rows, k] }) };
}

/** Classes and noise samples few enough to enumerate every draw. */
export const smallProblems: Arbitrary<{ classes: number; k: number }> = fc.constantFrom(
  { classes: 2, k: 3 },
  { classes: 3, k: 2 },
  { classes: 5, k: 1 },
);

/** The distribution of the first classes, given that one of them comes. */
export function shareOf(probabilities: Float64Array, classes: number): Float64Array {
  const first = probabilities.slice(0, classes);
  const total = first.reduce((sum, probability) => sum + probability, 0);
  return first.map((probability) => probability / total);
}
