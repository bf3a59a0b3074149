import { erf } from "./erf.js";
import { exp, expm1 } from "./exp.js";
import { lgamma } from "./lgamma.js";
import { log, log1p } from "./log.js";
import { sigmoid, softplus } from "./logistic.js";
import { polygamma } from "./polygamma.js";
import { pow } from "./pow.js";
import { remainder } from "./remainder.js";
import { define, type Lanes, type Source } from "./source.js";
import { tanh } from "./tanh.js";
import { cos, sin } from "./trigonometric.js";

export type { Lanes };

/** A WGSL function with those that it calls. */
export interface MathFunction {
  /** What a kernel calls, with one or two operands. */
  readonly name: string;
  /** The text of each by its name; what is called stands before what calls it. */
  readonly definitions: ReadonlyMap<string, string>;
}

const sources: ReadonlyMap<string, Source> = /* @__PURE__ */ new Map(
  [cos, erf, exp, expm1, lgamma, log, log1p, pow, remainder, sigmoid, sin, softplus, tanh].map((source) => [
    source.name,
    source,
  ]),
);

function sourceOf(op: string): Source | undefined {
  const order = /^polygamma(\d+)$/.exec(op)?.[1];
  return order === undefined ? sources.get(op) : polygamma(Number(order));
}

/** The WGSL of an elementwise operation by the engine's name for it; undefined if there is none here. */
export function mathFunction(op: string, lanes: Lanes): MathFunction | undefined {
  const source = sourceOf(op);
  if (source === undefined) return undefined;
  const definitions = new Map<string, string>();
  define(source, lanes, definitions);
  return { name: `${source.name}_${lanes}`, definitions };
}
