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
  let at = from | 0;
  for (let j = 0; j < total.length; j = (j + 1) | 0, at = (at + 1) | 0) total[j] += scale * dense[at];
}
