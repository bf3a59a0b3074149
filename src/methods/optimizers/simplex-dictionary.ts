/** What a variable may be. */
export type VariableRange = "nonnegative" | "free" | "zero";

/** Numbers of a scaled program (entries up to about 1) that are smaller than this are rounding. */
export const pivotTolerance = 1e-9;
const costTolerance = 1e-11;
export const tieTolerance = 1e-12;

/**
 * A linear program solved for some of its variables, in the others: at the vertex where the others are 0.
 *
 *     basic_i = constant_i − Σ_j entry_ij · nonbasic_j
 *
 * It holds no column for a basic variable, so a pivot costs rows · columns whatever the number of variables.
 */
export class SimplexDictionary {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns + 1]`; the constants are the last column. */
  readonly cells: Float64Array;
  /** The variable of each row. */
  readonly basic: Int32Array;
  /** The variable of each column. */
  readonly nonbasic: Int32Array;
  /** The range of each variable. */
  readonly ranges: VariableRange[];

  constructor(basic: Int32Array, nonbasic: Int32Array, ranges: VariableRange[]) {
    this.rows = basic.length;
    this.columns = nonbasic.length;
    this.cells = new Float64Array(this.rows * (this.columns + 1));
    this.basic = basic;
    this.nonbasic = nonbasic;
    this.ranges = ranges;
  }

  entry(row: number, column: number): number {
    return this.cells[row * (this.columns + 1) + column];
  }

  constant(row: number): number {
    return this.entry(row, this.columns);
  }

  set(row: number, column: number, value: number): void {
    this.cells[row * (this.columns + 1) + column] = value;
  }

  /** Swaps the basic variable of a row with the nonbasic one of a column; their entry must not be 0. */
  pivot(row: number, column: number): void {
    const { cells, columns, rows } = this;
    const width = columns + 1;
    const top = row * width;
    const inverse = 1 / cells[top + column];
    for (let j = 0; j < width; j++) cells[top + j] *= inverse;
    cells[top + column] = inverse;
    for (let i = 0; i < rows; i++) {
      const start = i * width;
      const factor = cells[start + column];
      if (i === row || factor === 0) continue;
      cells[start + column] = 0;
      for (let j = 0; j < width; j++) cells[start + j] -= factor * cells[top + j];
    }
    const leaving = this.basic[row];
    this.basic[row] = this.nonbasic[column];
    this.nonbasic[column] = leaving;
  }

  /** The column that may enter with the largest entry in a row, by magnitude; −1 if all are rounding. */
  largestIn(row: number, allowed: (range: VariableRange) => boolean): number {
    let [best, size] = [-1, pivotTolerance];
    for (let j = 0; j < this.columns; j++) {
      const magnitude = Math.abs(this.entry(row, j));
      if (magnitude > size && allowed(this.ranges[this.nonbasic[j]])) [best, size] = [j, magnitude];
    }
    return best;
  }

  /**
   * Makes a variable as small as the rows allow, by pivots that keep every constant ≥ 0.
   *
   * The column with the steepest cost enters. Pivots that do not move can go in a circle: after `rows + columns` of them
   * in a row the lowest variable enters and the lowest leaves (Bland's rule), which cannot, until one moves again.
   *
   * @returns `"unbounded"` if it has no least value
   */
  minimize(variable: number): "least" | "unbounded" {
    let row = this.basic.indexOf(variable);
    let stalled = 0;
    while (row >= 0) {
      const careful = stalled > this.rows + this.columns;
      const column = this.#entering(row, careful);
      if (column < 0) return "least";
      const leaving = this.#leaving(column, variable, careful);
      if (leaving < 0) return "unbounded";
      stalled = this.constant(leaving) > tieTolerance * this.entry(leaving, column) ? 0 : stalled + 1;
      this.pivot(leaving, column);
      row = this.basic.indexOf(variable);
    }
    return "least";
  }

  #entering(row: number, careful: boolean): number {
    let [best, steepest] = [-1, costTolerance];
    for (let j = 0; j < this.columns; j++) {
      const slope = this.entry(row, j);
      if (this.ranges[this.nonbasic[j]] !== "nonnegative") continue;
      if (careful) {
        if (slope > costTolerance && (best < 0 || this.nonbasic[j] < this.nonbasic[best])) best = j;
      } else if (slope > steepest) [best, steepest] = [j, slope];
    }
    return best;
  }

  /** The row that first comes to 0 as the column grows; the minimized variable goes first, then the largest entry. */
  #leaving(column: number, minimized: number, careful: boolean): number {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.rows; i++) {
      const entry = this.entry(i, column);
      if (entry <= pivotTolerance || this.ranges[this.basic[i]] !== "nonnegative") continue;
      const ratio = Math.max(0, this.constant(i)) / entry; // rounding may leave a constant just below 0
      const slack = tieTolerance * (1 + least);
      if (best < 0 || ratio < least - slack) [best, least] = [i, ratio];
      else if (ratio <= least + slack && this.#goesBefore(i, best, column, minimized, careful)) {
        [best, least] = [i, Math.min(least, ratio)];
      }
    }
    return best;
  }

  #goesBefore(row: number, other: number, column: number, minimized: number, careful: boolean): boolean {
    if (this.basic[other] === minimized) return false;
    if (this.basic[row] === minimized) return true;
    return careful ? this.basic[row] < this.basic[other] : this.entry(row, column) > this.entry(other, column);
  }
}
