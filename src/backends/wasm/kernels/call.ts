import type { CallInput, CallKernel } from "../../schedule/index.js";
import { type FunctionBuilder, type Local, type ModuleBuilder, op, type Value } from "../assembler/index.js";
import type { Compiled } from "./compiled.js";
import { bytesOf } from "./quad.js";
import type { TableLayout } from "./table.js";

/** Writes the code of one operation on whole contiguous inputs; undefined if there is none for such inputs. */
export type CallCompiler = (module: ModuleBuilder, layout: TableLayout, kernel: CallKernel) => Compiled | undefined;

/** Where an input begins. */
export function addressOf(layout: TableLayout, table: Local, { slot, offset, dtype }: CallInput): Value {
  return op("i32.add", layout.slot(table, slot!), offset * bytesOf[dtype]);
}

export { sizeOf } from "../../backend.js";

/** New i32 variables. */
export function integers(f: FunctionBuilder, count: number): Local[] {
  return Array.from({ length: count }, () => f.local("i32"));
}
