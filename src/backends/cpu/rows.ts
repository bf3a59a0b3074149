import type { TypedArray } from "../backend.js";
import type { Call } from "./calls.js";

/** Elements of one row: all axes but the first. */
function widthOf(shape: readonly number[]): number {
  return shape.slice(1).reduce((size, length) => size * length, 1);
}

export const gather: Call = ({ inputs: [table] }, [rows, ids], out) => {
  const width = widthOf(table.shape);
  const [count] = table.shape;
  if (width === 1) {
    for (let i = 0; i < ids.length; i++) out[i] = ids[i] >= 0 && ids[i] < count ? rows[ids[i]] : Number.NaN;
    return;
  }
  for (let i = 0; i < ids.length; i++) {
    const from = ids[i] * width;
    const to = i * width;
    if (ids[i] >= 0 && ids[i] < count) for (let j = 0; j < width; j++) out[to + j] = rows[from + j];
    else out.fill(Number.NaN, to, to + width);
  }
};

export const scatterAdd: Call = ({ inputs: [base], inPlace }, [start, ids, rows], out) => {
  const width = widthOf(base.shape);
  const [count] = base.shape;
  if (inPlace === undefined) {
    if (base.slot === undefined) out.fill(start[0]);
    else out.set(start);
  }
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= count) continue;
    const to = ids[i] * width;
    const from = i * width;
    for (let j = 0; j < width; j++) out[to + j] += rows[from + j];
  }
};

export const replaceRows: Call = ({ inputs: [base], inPlace }, [start, ids, rows], out) => {
  const width = widthOf(base.shape);
  const [count] = base.shape;
  if (inPlace === undefined) out.set(start);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= count) continue;
    const to = ids[i] * width;
    const from = i * width;
    for (let j = 0; j < width; j++) out[to + j] = rows[from + j];
  }
};

export const firstOccurrence: Call = (_, [ids], out) => {
  const first = new Map<number, number>();
  for (let i = 0; i < ids.length; i++) {
    const known = first.get(ids[i]);
    if (known === undefined) first.set(ids[i], i);
    out[i] = known ?? i;
  }
};

export const segmentIds: Call = (_, [offsets], out) => {
  out.fill(-1);
  for (let segment = 0; segment + 1 < offsets.length; segment++) {
    for (let i = Math.max(0, offsets[segment]); i < Math.min(out.length, offsets[segment + 1]); i++) out[i] = segment;
  }
};

export const csrMatmul: Call = ({ inputs: [, , , table] }, [offsets, columns, values, dense], out) => {
  const width = widthOf(table.shape);
  const [count] = table.shape;
  const total = new Float64Array(width);
  for (let row = 0; row + 1 < offsets.length; row++) {
    total.fill(0);
    for (let i = offsets[row]; i < offsets[row + 1]; i++) {
      if (columns[i] < 0 || columns[i] >= count) total.fill(Number.NaN);
      else addScaled(total, dense, columns[i] * width, values[i]);
    }
    for (let j = 0; j < width; j++) out[row * width + j] = total[j];
  }
};

function addScaled(total: Float64Array, dense: TypedArray, from: number, scale: number): void {
  for (let j = 0; j < total.length; j++) total[j] += scale * dense[from + j];
}
