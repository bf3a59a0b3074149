import type { TypedArray } from "../backend.js";
import type { CallKernel } from "../schedule/index.js";
import { concat, fold, pad, unfold } from "./layout.js";
import { argsort, cumsum, position, topK } from "./ordering.js";
import { csrMatmul, firstOccurrence, gather, replaceRows, scatterAdd, segmentIds } from "./rows.js";
import { threefry } from "./threefry.js";

/** Computes one operation on whole contiguous inputs. */
export type Call = (kernel: CallKernel, inputs: readonly TypedArray[], out: TypedArray) => void;

const calls: Readonly<Record<string, Call>> = {
  argmax: position,
  argmin: position,
  argsort,
  concat,
  csrMatmul,
  cumsum,
  firstOccurrence,
  fold,
  gather,
  host: ({ host, attributes }, inputs, out) => host!(inputs, out, attributes),
  pad,
  replaceRows,
  scatterAdd,
  segmentIds,
  threefry,
  topK,
  unfold,
};

export function callOf(op: string): Call {
  return calls[op];
}
