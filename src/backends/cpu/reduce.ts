import type { TypedArray } from "../backend.js";
import type { ReduceKernel } from "../schedule/index.js";
import type { Chain } from "./expression.js";
import type { Run } from "./loops.js";

const integerLimits = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1], bool: [0, 1] } as const;

function startOf(op: ReduceKernel["op"], out: TypedArray): number {
  if (op === "sum") return 0;
  const side = op === "max" ? 0 : 1;
  if (out instanceof Int32Array) return integerLimits.i32[side];
  if (out instanceof Uint32Array) return integerLimits.u32[side];
  if (out instanceof Uint8Array) return integerLimits.bool[side];
  return op === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Reduces what the chain computes; totals are kept in f64 and rounded once. */
export function reduce({ op, outer, length, inner }: ReduceKernel, chain: Chain, out: TypedArray): void {
  const totals = new Float64Array(outer * inner).fill(startOf(op, out));
  chain.forEachChunk((start, count) => {
    const run = chain.compute(start, count);
    for (let done = 0; done < count; ) {
      const position = start + done;
      const column = position % inner;
      const row = Math.floor(position / inner); // of outer × length rows
      const into = Math.floor(row / length);
      if (inner === 1) {
        const end = Math.min(count, done + length - (row % length));
        totals[into] = combine(op, totals[into], run, done, end);
        done = end;
      } else {
        const end = Math.min(count, done + inner - column);
        accumulate(op, totals, into * inner + column, run, done, end);
        done = end;
      }
    }
  });
  out.set(totals);
}

function combine(
  op: ReduceKernel["op"],
  sofar: number,
  { array, offset, stride }: Run,
  from: number,
  to: number,
): number {
  let total = op === "sum" ? 0 : sofar; // a run is summed on its own: long sums lose less
  let at = (offset + from * stride) | 0;
  if (op === "sum") for (let i = from | 0; i < to; i = (i + 1) | 0, at = (at + stride) | 0) total += array[at];
  else if (op === "max") for (let i = from; i < to; i++, at += stride) total = Math.max(total, array[at]);
  else for (let i = from; i < to; i++, at += stride) total = Math.min(total, array[at]);
  return op === "sum" ? sofar + total : total;
}

function accumulate(
  op: ReduceKernel["op"],
  totals: Float64Array,
  into: number,
  { array, offset, stride }: Run,
  from: number,
  to: number,
): void {
  let at = (offset + from * stride) | 0;
  let place = into | 0;
  const end = (into + to - from) | 0;
  if (op === "sum") for (; place < end; place = (place + 1) | 0, at = (at + stride) | 0) totals[place] += array[at];
  else if (op === "max") for (; place < end; place++, at += stride) totals[place] = Math.max(totals[place], array[at]);
  else for (; place < end; place++, at += stride) totals[place] = Math.min(totals[place], array[at]);
}
