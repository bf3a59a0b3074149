import type { MapKernel } from "../../schedule/index.js";
import { Chain, dtypeOf } from "./chain.js";
import type { Compiled } from "./dispatch.js";
import { Shader } from "./shader.js";
import { storable, storedType } from "./types.js";

/** Invocations of a workgroup: the largest that every device has. */
const crew = 256;

/** A chain of elementwise operations, four elements an invocation; blocks have room for those beyond the last. */
export function compileMap({ expression, output, inPlace }: MapKernel, label: string): Compiled {
  const shader = new Shader({ label, size: crew });
  const dtype = dtypeOf(expression);
  const out = shader.write({ slot: output }, storedType(dtype, 4));
  const dispatch = shader.perUnit(Math.ceil(expression.size / 4), (unit) => {
    const chain = new Chain(shader, expression, 4, {
      inPlace: inPlace === undefined ? undefined : { slot: inPlace, name: out },
    });
    const value = chain.at(shader.let(`${unit} * 4u`));
    shader.do(`${out}[${unit}] = ${storable(dtype, 4, value)};`);
  });
  return { dispatches: [dispatch] };
}
