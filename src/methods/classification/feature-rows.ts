/** An input: all of its features in order, or those that are not 0, as `readXmc` and `readSvmlight` give them. */
export type FeatureRow =
  | ArrayLike<number>
  | { readonly indices: ArrayLike<number>; readonly values: ArrayLike<number> };

/** The features of an input that are not left out: `values[i]` at `indices[i]`. */
export interface SparseRow {
  readonly indices: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Inputs and how many features they have. */
export interface SparseRows {
  readonly rows: readonly SparseRow[];
  readonly width: number;
}

/** Inputs of either kind as sparse ones. Dense ones have the same length: the width, if that is given. */
export function sparseRows(caller: string, inputs: readonly FeatureRow[], width?: number): SparseRows {
  let places: Int32Array | undefined;
  const rows = inputs.map((input, i): SparseRow => {
    if ("indices" in input) return input;
    places ??= Int32Array.from({ length: width ?? input.length }, (_, j) => j);
    if (input.length !== places.length) {
      throw new RangeError(`${caller}: inputs[${i}] has ${input.length} features but must have ${places.length}`);
    }
    return { indices: places, values: input };
  });
  rows.forEach((row, i) => {
    checkRow(caller, row, i, width);
  });
  return { rows, width: width ?? widthOf(rows) };
}

function checkRow(caller: string, { indices, values }: SparseRow, i: number, width: number | undefined): void {
  if (indices.length !== values.length) {
    throw new RangeError(
      `${caller}: values of inputs[${i}] has length ${values.length} but must have that of indices, ${indices.length}`,
    );
  }
  const end = width ?? Number.POSITIVE_INFINITY;
  for (let at = 0; at < values.length; at++) {
    const [index, value] = [indices[at], values[at]];
    if (!(Number.isInteger(index) && index >= 0 && index < end)) {
      throw new RangeError(`${caller}: inputs[${i}] has a feature ${index} but must have them in [0, ${end})`);
    }
    if (!Number.isFinite(value)) {
      throw new RangeError(`${caller}: inputs[${i}] has ${value} as feature ${index} but must be finite`);
    }
  }
}

/** One more than the largest index. */
function widthOf(rows: readonly SparseRow[]): number {
  let width = 0;
  for (const { indices } of rows) {
    for (let at = 0; at < indices.length; at++) width = Math.max(width, indices[at] + 1);
  }
  return width;
}

/** `row · dense[start …]`. */
export function dotRow({ indices, values }: SparseRow, dense: Float64Array, start: number): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] * dense[start + indices[at]];
  return sum;
}

/** Adds the row to `dense[start …]`. */
export function addRow({ indices, values }: SparseRow, dense: Float64Array, start = 0): void {
  for (let at = 0; at < values.length; at++) dense[start + indices[at]] += values[at];
}
