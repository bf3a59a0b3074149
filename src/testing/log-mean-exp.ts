/**
 * Logarithm of the average of exponentials: how capitals that are kept as logarithms are averaged.
 *
 *     log( (1/n) Σ exp(x_i) ) = max x + log( (1/n) Σ exp(x_i − max x) )
 *
 * @param logs - at least one number; ±Infinity is allowed
 * @returns the logarithm of the mean
 */
export function logMeanExp(logs: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < logs.length; i++) largest = Math.max(largest, logs[i]);
  if (!Number.isFinite(largest)) return largest; // Infinity − Infinity would be NaN
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += Math.exp(logs[i] - largest);
  return largest + Math.log(sum / logs.length);
}
