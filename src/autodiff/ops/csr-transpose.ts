import { hostValues } from "../evaluate.js";
import { leaf } from "../graph.js";
import type { Tensor } from "../tensor.js";

/** The columns of a sparse matrix that hold anything, as rows of another, in the order in which they first appear. */
export interface CsrTranspose {
  /** `[u]`: which columns, each once, then −1 as filling. */
  readonly ids: Tensor<"i32">;
  /** `[u + 1]`. */
  readonly offsets: Tensor<"i32">;
  /** `[n]`: the row of each entry. */
  readonly columns: Tensor<"i32">;
  /** `[n]`: which entry of the matrix it is. */
  readonly order: Tensor<"i32">;
}

/** Numbers of columns are rounded up to a multiple of this, so that batches give programs of few structures. */
const granularity = 256;

/** Transposes a sparse matrix on the host, if its structure is there; undefined if a device has it. */
export function transposeCsr(offsets: Tensor<"i32">, columns: Tensor<"i32">): CsrTranspose | undefined {
  const starts = hostValues(offsets);
  const entries = hostValues(columns);
  if (starts === undefined || entries === undefined) return undefined;
  const placeOf = new Map<number, number>();
  const places = new Int32Array(entries.length);
  entries.forEach((column, i) => {
    const known = placeOf.get(column);
    places[i] = known ?? placeOf.size;
    if (known === undefined) placeOf.set(column, placeOf.size);
  });
  const padded = Math.ceil(placeOf.size / granularity) * granularity;
  const ids = new Int32Array(padded).fill(-1);
  for (const [column, place] of placeOf) ids[place] = column;

  const ends = new Int32Array(padded + 1);
  for (const place of places) ends[place + 1]++;
  for (let i = 0; i < padded; i++) ends[i + 1] += ends[i];
  const next = ends.slice();
  const rows = new Int32Array(entries.length);
  const order = new Int32Array(entries.length);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let entry = starts[row]; entry < starts[row + 1]; entry++) {
      const to = next[places[entry]]++;
      rows[to] = row;
      order[to] = entry;
    }
  }
  const onBackend = (values: Int32Array) => leaf(offsets.backend, values, [values.length], "i32");
  return { ids: onBackend(ids), offsets: onBackend(ends), columns: onBackend(rows), order: onBackend(order) };
}
