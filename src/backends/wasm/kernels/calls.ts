import type { CallKernel } from "../../schedule/index.js";
import type { ModuleBuilder } from "../assembler/index.js";
import type { CallCompiler } from "./call.js";
import type { Compiled } from "./compiled.js";
import { compileCumsum } from "./cumsum.js";
import { compileFirstOccurrence } from "./first-occurrence.js";
import { compileGather } from "./gather.js";
import { compileFold, compileUnfold } from "./patches.js";
import { compileConcat, compilePad } from "./placement.js";
import { compilePosition } from "./position.js";
import { compileThreefry } from "./random-bits.js";
import { compileArgsort, compileTopK } from "./ranking.js";
import { compileReplaceRows, compileScatterAdd } from "./scatter.js";
import { compileCsrMatmul, compileSegmentIds } from "./sparse.js";
import type { TableLayout } from "./table.js";

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

/** The code of an operation that works on whole inputs; undefined if it has none and runs on the host. */
export function compileCall(module: ModuleBuilder, layout: TableLayout, kernel: CallKernel): Compiled | undefined {
  return compilers[kernel.op]?.(module, layout, kernel);
}
