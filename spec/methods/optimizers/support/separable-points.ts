import { numbers } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

export interface LabelledPoints {
  readonly inputs: number[][];
  readonly labels: number[];
  /** The largest norm. */
  readonly radius: number;
  /** That of the best line through the origin, or a hair less. */
  readonly margin: number;
}

/** Points of the plane on both sides of a line through the origin, none nearer to it than 0.05. */
export const separablePoints: Arbitrary<LabelledPoints> = fc
  .tuple(
    numbers({ min: 0, max: 2 * Math.PI }),
    fc.array(fc.tuple(numbers({ min: 0.05, max: 2 }), numbers({ min: -2, max: 2 }), fc.boolean()), {
      minLength: 2,
      maxLength: 12,
    }),
  )
  .map(([angle, list]) => {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const labels = list.map(([, , side]) => (side ? 1 : -1));
    const inputs = list.map(([away, along], i) => [labels[i] * away * c - along * s, labels[i] * away * s + along * c]);
    const marginAt = (turn: number) =>
      Math.min(...inputs.map(([x, y], i) => labels[i] * (x * Math.cos(turn) + y * Math.sin(turn))));
    let [best, width] = [angle, Math.PI / 2];
    for (; width > 1e-6; width /= 4) {
      const turns = Array.from({ length: 33 }, (_, i) => best + (width * (i - 16)) / 16);
      best = turns.reduce((a, b) => (marginAt(b) > marginAt(a) ? b : a));
    }
    return { inputs, labels, radius: Math.max(...inputs.map((p) => Math.hypot(...p))), margin: marginAt(best) };
  });

/** One point of class 1 and n − 1 of class −1, on which batch perceptrons need a number of steps that grows with n. */
export function lowerBoundPoints(n: number): { readonly inputs: number[][]; readonly labels: number[] } {
  return {
    inputs: Array.from({ length: n }, (_, i) => [i === 0 ? 0.5 : -0.5, -1]),
    labels: Array.from({ length: n }, (_, i) => (i === 0 ? 1 : -1)),
  };
}

/** The signed distances `b_i·θ`. */
export const marginsOf = (
  { inputs, labels }: { inputs: number[][]; labels: number[] },
  weights: ArrayLike<number>,
): number[] => inputs.map((point, i) => labels[i] * point.reduce((sum, x, j) => sum + x * weights[j], 0));

export const smallest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
