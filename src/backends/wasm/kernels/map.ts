import type { MapKernel } from "../../schedule/index.js";
import { type Callable, i32, type ModuleBuilder, op, type Value } from "../assembler/index.js";
import { Chain, dtypeOf, walkFor } from "./chain.js";
import type { Compiled } from "./compiled.js";
import { bytesOf, offsetBy, quadSize, storePart, storeQuad } from "./quad.js";
import { kernelParameters, type TableLayout } from "./table.js";

/** Elements in a line of the cache, or a few. */
const lineSize = 64;

/** A fused chain, element by element: units are rows of its walk, or elements if it has but one row. */
export function compileMap(module: ModuleBuilder, layout: TableLayout, { expression, output }: MapKernel): Compiled {
  const walk = walkFor(expression);
  const { inner, rowShape } = walk;
  const rows = rowShape.reduce((count, length) => count * length, 1);
  const bytes = bytesOf[dtypeOf(expression)];
  const isFlat = rowShape.length === 0;
  const whole = inner - (inner % quadSize);
  const callable: Callable = module.function([...kernelParameters], undefined, (f, table, from, to) => {
    const chain = new Chain(module, f, table, layout, expression, walk);
    const out = f.let(layout.slot(table, output));
    const rowOut = f.local("i32");
    const column = f.local("i32");
    const columns = (end: Value) => {
      f.for(column, end, quadSize, () => {
        for (const write of storeQuad(chain.at(column), offsetBy(rowOut, column, bytes))) f.do(write);
      });
    };
    const rest = () => {
      f.set(column, whole);
      storePart(f, chain.at(column, inner - whole), f.let(offsetBy(rowOut, column, bytes)), inner - whole);
    };
    if (isFlat) {
      const row = f.let(0);
      chain.toRow(row);
      f.set(rowOut, out);
      f.set(column, from);
      columns(f.let(op("i32.and", to, -quadSize)));
      if (whole < inner) f.if(op("i32.gt_s", to, i32(whole)), rest);
      return;
    }
    const row = f.let(from);
    f.for(row, to, 1, () => {
      chain.toRow(row);
      f.set(rowOut, offsetBy(out, row, inner * bytes));
      if (whole > 0) {
        f.set(column, 0);
        columns(i32(whole));
      }
      if (whole < inner) rest();
    });
  });
  return {
    phases: [{ callable, units: isFlat ? inner : rows, unitSize: isFlat ? 1 : inner, grain: isFlat ? lineSize : 1 }],
  };
}
