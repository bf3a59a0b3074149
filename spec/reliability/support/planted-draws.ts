/** Draws in [0, 1] whose mean can be moved. */
export interface Shape {
  readonly name: string;
  readonly mean: number;
  /** Variance of a draw, with the mean moved by so much. */
  readonly variance: (shift: number) => number;
  readonly draw: (uniform: () => number, shift: number) => number;
}

const coin = (chance: number): Shape => ({
  name: `a coin of ${chance}`,
  mean: chance,
  variance: (shift) => (chance + shift) * (1 - chance - shift),
  draw: (uniform, shift) => (uniform() < chance + shift ? 1 : 0),
});

/** Fair and unfair, smooth and lumpy, symmetric and skewed. */
export const shapes: readonly Shape[] = [
  coin(0.5),
  coin(0.1),
  {
    name: "uniform noise",
    mean: 0.5,
    variance: () => 1 / 48,
    draw: (uniform, shift) => 0.25 + 0.5 * uniform() + shift,
  },
  {
    name: "rare jumps",
    mean: 0.225,
    variance: () => 0.25 * 0.05 * 0.95,
    draw: (uniform, shift) => 0.2 + shift + (uniform() < 0.05 ? 0.5 : 0),
  },
];

/** What the draws that it takes to find a bias are counted in: noise has to be averaged out, and a stake is limited. */
export const drawsOfBias = ({ variance }: Shape, bias: number, alpha: number): number =>
  ((Math.max(variance(0), variance(bias)) + Math.abs(bias) / 2) * Math.log(1 / alpha)) / bias ** 2;

/** Mean 0, variance 1, no fourth moment: a Student t with 3 degrees of freedom over √3. */
export function heavyTailed(uniform: () => number): number {
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const [a, b, c, d] = [normal(), normal(), normal(), normal()];
  return a / Math.sqrt(b * b + c * c + d * d);
}

/** Distributions over classes, from even to steep. */
export const laws: Readonly<Record<string, Float64Array>> = {
  "an even law of 2": Float64Array.of(0.5, 0.5),
  "a skewed law of 3": Float64Array.of(0.9, 0.07, 0.03),
  "an even law of 64": new Float64Array(64).fill(1 / 64),
  "Zipf's law of 10": zipf(10),
  "Zipf's law of 1000": zipf(1000),
};

function zipf(classes: number): Float64Array {
  const weights = Float64Array.from({ length: classes }, (_, j) => 1 / (j + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** A fast source of independent draws: the first class whose cumulative chance exceeds a uniform number. */
export function drawerOf(probabilities: Float64Array): (uniform: () => number) => number {
  const cumulative = new Float64Array(probabilities.length);
  let sum = 0;
  probabilities.forEach((probability, j) => {
    sum += probability;
    cumulative[j] = sum;
  });
  return (uniform) => {
    const at = uniform() * sum;
    let [low, high] = [0, cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] > at) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** The law with the chances of every second class moved up, of the others down, relatively by so much; it adds up to 1. */
export function tilted(probabilities: Float64Array, by: number): Float64Array {
  const moved = probabilities.map((probability, j) => probability * (j % 2 === 0 ? 1 + by : 1 - by));
  const total = moved.reduce((sum, weight) => sum + weight, 0);
  return moved.map((weight) => weight / total);
}

/** KL(p‖q), in nats. */
export const divergence = (p: Float64Array, q: Float64Array): number =>
  p.reduce((sum, chance, j) => (chance > 0 ? sum + chance * Math.log(chance / q[j]) : sum), 0);
