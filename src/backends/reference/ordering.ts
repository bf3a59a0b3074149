import type { HostKernel, TypedArray } from "../backend.js";

/** An axis as runs: `outer` × `length` × `inner`. */
function runsAlong(shape: readonly number[], axis: number): readonly [number, number, number] {
  const size = (sizes: readonly number[]) => sizes.reduce((product, length) => product * length, 1);
  return [size(shape.slice(0, axis)), shape[axis], size(shape.slice(axis + 1))];
}

export const position: HostKernel = ([values], out, { axis, largest }, { inputs: [shape] }) => {
  const [outer, length, inner] = runsAlong(shape, axis as number);
  const beats = largest ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const start = i * length * inner + j;
      let best = 0;
      for (let k = 1; k < length; k++) {
        const [value, sofar] = [values[start + k * inner], values[start + best * inner]];
        if (beats(value, sofar) || (Number.isNaN(value) && !Number.isNaN(sofar))) best = k;
      }
      out[i * inner + j] = best;
    }
  }
};

/** Ascending, NaN last; equal elements keep their order. */
function compare(values: TypedArray, start: number): (a: number, b: number) => number {
  return (a, b) => {
    const [x, y] = [values[start + a], values[start + b]];
    if (x < y) return -1;
    if (x > y) return 1;
    return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
  };
}

/** Descending, NaN first; equal elements keep their order. */
function compareDescending(values: TypedArray, start: number): (a: number, b: number) => number {
  return (a, b) => {
    const [x, y] = [values[start + a], values[start + b]];
    if (x > y) return -1;
    if (x < y) return 1;
    return Number(Number.isNaN(y)) - Number(Number.isNaN(x)) || a - b;
  };
}

export const argsort: HostKernel = ([values], out, attributes, { inputs: [shape] }) => {
  const length = shape[shape.length - 1];
  const order = new Int32Array(length);
  for (let start = 0; start < values.length; start += length) {
    for (let i = 0; i < length; i++) order[i] = i;
    order.sort(attributes.descending ? compareDescending(values, start) : compare(values, start));
    out.set(order, start);
  }
};

/** The positions of the k largest of each row, largest first, the earlier of equals first; NaN counts as largest. */
export const topK: HostKernel = ([values], out, attributes, { inputs: [shape] }) => {
  const length = shape[shape.length - 1];
  const k = attributes.k as number;
  const best = new Int32Array(k);
  for (let start = 0, to = 0; to < out.length; start += length, to += k) {
    const before = compareDescending(values, start);
    let held = 0;
    for (let i = 0; i < length; i++) {
      // Most elements are no larger than the least held, which comes earlier: no need to ask about NaN.
      if (held === k && (k === 0 || values[start + i] <= values[start + best[k - 1]])) continue;
      if (held === k && before(i, best[k - 1]) > 0) continue;
      let place = held < k ? held++ : k - 1;
      for (; place > 0 && before(i, best[place - 1]) < 0; place--) best[place] = best[place - 1];
      best[place] = i;
    }
    out.set(best, to);
  }
};

export const cumsum: HostKernel = ([values], out, attributes, { inputs: [shape] }) => {
  const length = shape[shape.length - 1];
  for (let start = 0; start < values.length; start += length) {
    let total = 0;
    for (let i = 0; i < length; i++) {
      const at = start + (attributes.reverse ? length - 1 - i : i);
      if (attributes.exclusive) out[at] = total;
      total += values[at];
      if (!attributes.exclusive) out[at] = total;
    }
  }
};
