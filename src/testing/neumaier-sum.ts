/**
 * Running sums, one a component, that keep the rounding error of every addition aside.
 *
 *     total ← sum + x      carry ← carry + (what the rounding of total lost)      value = sum + carry
 *
 * Reach for it when many terms of mixed size or sign must add up to a stated accuracy.
 *
 * @source Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974, method IV
 */
export class NeumaierSum {
  readonly #sum: Float64Array;
  readonly #carry: Float64Array;

  /** @param size - number of independent sums, a whole number ≥ 0 */
  constructor(size: number) {
    this.#sum = new Float64Array(size);
    this.#carry = new Float64Array(size);
  }

  /** Adds `x` to the sum at `index`. */
  add(index: number, x: number): void {
    const sum = this.#sum[index];
    const total = sum + x;
    // the smaller operand is the one whose low bits the rounding of total lost
    this.#carry[index] += Math.abs(sum) >= Math.abs(x) ? sum - total + x : x - total + sum;
    this.#sum[index] = total;
  }

  /** @returns the sum at `index` */
  value(index: number): number {
    return this.#sum[index] + this.#carry[index];
  }
}
