import type { CallKernel } from "../../schedule/index.js";
import type { CallCompiler } from "./call.js";
import { compileCumsum } from "./cumsum.js";
import type { Abilities, Compiled } from "./dispatch.js";
import { compileFirstOccurrence } from "./first-occurrence.js";
import { compileFold, compileUnfold } from "./patches.js";
import { compileConcat, compilePad } from "./placement.js";
import { compilePosition } from "./position.js";
import { compileThreefry } from "./random-bits.js";
import { compileArgsort, compileTopK } from "./ranking.js";
import { compileGather, compileReplaceRows } from "./rows.js";
import { compileScatterAdd } from "./scatter.js";
import { compileCsrMatmul, compileSegmentIds } from "./sparse.js";

const compilers: Readonly<Record<string, CallCompiler>> = {
  argmax: compilePosition,
  argmin: compilePosition,
  argsort: compileArgsort,
  concat: compileConcat,
  csrMatmul: compileCsrMatmul,
  cumsum: compileCumsum,
  firstOccurrence: compileFirstOccurrence,
  fold: compileFold,
  gather: compileGather,
  pad: compilePad,
  replaceRows: compileReplaceRows,
  scatterAdd: compileScatterAdd,
  segmentIds: compileSegmentIds,
  threefry: compileThreefry,
  topK: compileTopK,
  unfold: compileUnfold,
};

/** The shaders of an operation that works on whole inputs; undefined if it has none and runs on the host. */
export function compileCall(kernel: CallKernel, label: string, abilities: Abilities): Compiled | undefined {
  return compilers[kernel.op]?.(kernel, label, abilities);
}
