import type { TypedArray } from "../backend.js";
import type { CallKernel } from "../schedule/index.js";
import { concat, pad } from "./layout.js";
import { gather, replaceRows, scatterAdd } from "./rows.js";

/** Computes one operation on whole contiguous inputs. */
export type Call = (kernel: CallKernel, inputs: readonly TypedArray[], out: TypedArray) => void;

const calls: Readonly<Record<string, Call>> = { concat, gather, pad, replaceRows, scatterAdd };

/** An operation's reference kernel, which this backend is the home of. */
const reference: Call = ({ host, inputs, shape, attributes }, arrays, out) =>
  host!(arrays, out, attributes, { inputs: inputs.map((input) => input.shape), output: shape });

export function callOf(op: string): Call {
  return calls[op] ?? reference;
}
