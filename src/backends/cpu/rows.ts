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
    if (ids[i] >= 0 && ids[i] < count) out.set(rows.subarray(from, from + width), to);
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
    const end = ((i + 1) * width) | 0;
    for (let from = (i * width) | 0, to = (ids[i] * width) | 0; from < end; from = (from + 1) | 0, to = (to + 1) | 0) {
      out[to] += rows[from];
    }
  }
};

export const replaceRows: Call = ({ inputs: [base], inPlace }, [start, ids, rows], out) => {
  const width = widthOf(base.shape);
  const [count] = base.shape;
  if (inPlace === undefined) out.set(start);
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] < 0 || ids[i] >= count) continue;
    out.set(rows.subarray(i * width, (i + 1) * width), ids[i] * width);
  }
};
