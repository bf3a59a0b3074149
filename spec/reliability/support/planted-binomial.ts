/** P(X ≤ k) for X ~ Binomial(n, p), from its terms' logarithms. */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k >= n) return 1;
  let log = n * Math.log1p(-p);
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(log);
    log += Math.log(((n - i) / (i + 1)) * (p / (1 - p)));
  }
  return Math.min(1, sum);
}

/** P(X ≥ k). */
export const binomialAtLeast = (k: number, n: number, p: number): number =>
  k === 0 ? 1 : 1 - binomialAtMost(k - 1, n, p);

/** The chance that a count of k in n does not contradict at the given level: exact, one-sided (Clopper and Pearson). */
export function upperBound(k: number, n: number, level: number): number {
  let [low, high] = [k / n, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(k, n, middle) > level) low = middle;
    else high = middle;
  }
  return high;
}
