import type { HostKernel, TypedArray } from "../backend.js";

export const firstOccurrence: HostKernel = ([ids], out) => {
  const first = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) {
    const known = first.get(ids[i]);
    if (known === undefined) first.set(ids[i], i);
    out[i] = known ?? i;
  }
};

export const segmentIds: HostKernel = ([offsets], out) => {
  out.fill(-1);
  for (let segment = 0; segment + 1 < offsets.length; segment++) {
    for (let i = Math.max(0, offsets[segment]); i < Math.min(out.length, offsets[segment + 1]); i++) out[i] = segment;
  }
};

export const csrMatmul: HostKernel = (
  [offsets, columns, values, dense],
  out,
  _,
  { inputs: [, , , [count, width]] },
) => {
  const total = new Float64Array(width);
  const isInside = (column: number) => column >= 0 && column < count;
  for (let row = 0; row + 1 < offsets.length; row++) {
    const end = offsets[row + 1];
    let i = offsets[row];
    total.fill(columns.subarray(i, end).every(isInside) ? 0 : Number.NaN);
    if (Number.isNaN(total[0])) i = end;
    for (; i + 4 <= end; i += 4) addFour(total, dense, width, columns, values, i);
    for (; i < end; i++) addScaled(total, dense, columns[i] * width, values[i]);
    for (let j = 0, to = (row * width) | 0; j < width; j = (j + 1) | 0, to = (to + 1) | 0) out[to] = total[j];
  }
};

function addScaled(total: Float64Array, dense: TypedArray, from: number, scale: number): void {
  let at = from | 0;
  for (let j = 0; j < total.length; j = (j + 1) | 0, at = (at + 1) | 0) total[j] += scale * dense[at];
}

/** Adds four rows in one pass, in their order: the total is read and written once. */
function addFour(
  total: Float64Array,
  dense: TypedArray,
  width: number,
  columns: TypedArray,
  values: TypedArray,
  first: number,
): void {
  const a = values[first];
  const b = values[first + 1];
  const c = values[first + 2];
  const d = values[first + 3];
  let atA = (columns[first] * width) | 0;
  let atB = (columns[first + 1] * width) | 0;
  let atC = (columns[first + 2] * width) | 0;
  let atD = (columns[first + 3] * width) | 0;
  for (let j = 0; j < total.length; j = (j + 1) | 0) {
    total[j] = total[j] + a * dense[atA] + b * dense[atB] + c * dense[atC] + d * dense[atD];
    atA = (atA + 1) | 0;
    atB = (atB + 1) | 0;
    atC = (atC + 1) | 0;
    atD = (atD + 1) | 0;
  }
}
