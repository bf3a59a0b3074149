/** The trapezoidal rule on the line, which converges exponentially for smooth functions that vanish at both ends. */
export function integrate(f: (x: number) => number, scale = 1): number {
  let sum = 0;
  for (const x of nodes) sum += f(x * scale);
  return sum * spacing * scale;
}

/** Where the trapezoidal rule looks. */
export const nodes: Float64Array = Float64Array.from({ length: 1281 }, (_, i) => (i - 640) / 16);
export const spacing: number = 1 / 16;

export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Density of the standard logistic law. */
export const logisticDensity = (x: number): number => logistic(x) * logistic(-x);

/** Density of the standard Gumbel law. */
export const gumbelDensity = (x: number): number => Math.exp(-x - Math.exp(-x));

/** Nodes and weights on [low, high], exact for cubics. */
export function gaussLegendre(low: number, high: number): { at: number; weight: number }[] {
  const [middle, half] = [(low + high) / 2, (high - low) / 2];
  return [-1, 1].map((sign) => ({ at: middle + (sign * half) / Math.sqrt(3), weight: half }));
}

/** Nodes and weights for the density s·e^−s on (0, ∞), exact for cubics. */
export const gaussLaguerre: readonly { at: number; weight: number }[] = [
  { at: 3 - Math.sqrt(3), weight: (1 + 1 / Math.sqrt(3)) / 2 },
  { at: 3 + Math.sqrt(3), weight: (1 - 1 / Math.sqrt(3)) / 2 },
];
