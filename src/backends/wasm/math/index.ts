import type { FunctionBuilder, Library, Local, ModuleBuilder, Value } from "../assembler/index.js";
import { erf } from "./erf.js";
import { exp, expm1 } from "./exp.js";
import { type Formula, Lanes, type Precision } from "./lanes.js";
import { lgamma } from "./lgamma.js";
import { log, log1p } from "./log.js";
import { sigmoid, softplus } from "./logistic.js";
import { polygamma } from "./polygamma.js";
import { pow } from "./pow.js";
import { remainder } from "./remainder.js";
import { sign } from "./sign.js";
import { tanh } from "./tanh.js";
import { cos, sin } from "./trigonometric.js";

/** A function's formula and the number of its operands. */
interface Entry {
  readonly formula: Formula;
  readonly operands: number;
}

const entries: Readonly<Record<string, Entry>> = {
  cos: { formula: cos, operands: 1 },
  erf: { formula: erf, operands: 1 },
  exp: { formula: exp, operands: 1 },
  expm1: { formula: expm1, operands: 1 },
  lgamma: { formula: lgamma, operands: 1 },
  log: { formula: log, operands: 1 },
  log1p: { formula: log1p, operands: 1 },
  pow: { formula: pow, operands: 2 },
  remainder: { formula: remainder, operands: 2 },
  sigmoid: { formula: sigmoid, operands: 1 },
  sign: { formula: sign, operands: 1 },
  sin: { formula: sin, operands: 1 },
  softplus: { formula: softplus, operands: 1 },
  tanh: { formula: tanh, operands: 1 },
  .../* @__PURE__ */ polygammas(),
};

/** Every order that the engine has. */
function polygammas(): Readonly<Record<string, Entry>> {
  const orders = Array.from({ length: 21 }, (_, order) => order);
  return Object.fromEntries(orders.map((n) => [`polygamma${n}`, { formula: polygamma(n), operands: 1 }]));
}

type Libraries = Readonly<Record<Precision, ReadonlyMap<string, Library>>>;

const libraries: Libraries = {
  f32: /* @__PURE__ */ librariesOf("f32"),
  f64: /* @__PURE__ */ librariesOf("f64"),
};

function librariesOf(precision: Precision): ReadonlyMap<string, Library> {
  return new Map(
    Object.entries(entries).map(([name, { formula, operands }]) => [name, libraryOf(formula, operands, precision)]),
  );
}

function libraryOf(formula: Formula, operands: number, precision: Precision): Library {
  return (module) =>
    module.function(new Array(operands).fill("v128"), "v128", (f, ...x) => {
      f.return(formula(new Lanes(module, f, precision), ...x));
    });
}

/** An elementwise operation as a function of vectors, by the engine's name for it; undefined if there is none here. */
export function mathFunction(name: string, precision: Precision): Library | undefined {
  return libraries[precision].get(name);
}

/**
 * The same computation written into the caller's own function.
 *
 * In a loop this is about twice as fast as a call, because the engine then loads the constants once, before the loop.
 */
export function mathInline(
  name: string,
  precision: Precision,
): ((module: ModuleBuilder, f: FunctionBuilder, ...x: readonly Local[]) => Value) | undefined {
  const entry = entries[name];
  return entry && ((module, f, ...x) => entry.formula(new Lanes(module, f, precision), ...x));
}
