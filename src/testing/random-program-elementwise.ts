import * as ops from "../autodiff/index.js";
import { full } from "../autodiff/ops/create.js";
import type { ProgramBuilder } from "./random-program-builder.js";
import { constant, type Draw, productOf, scaled, sumOf } from "./random-program-claims.js";
import { positive, smoothUnary } from "./random-program-functions.js";
import { boundOf } from "./random-program-line.js";
import { joined, operand, partnerShape } from "./random-program-operands.js";

/** Functions with jumps or kinks, which need an argument that no backend rounds; steps of 1/8 become steps of 1. */
const stepUnary: Draw = (b) => {
  const { abs, sign, floor, ceil, round, truncate, relu } = ops;
  const [name, f] = b.named({ abs, sign, floor, ceil, round, truncate, relu });
  const kinked = name === "abs" || name === "relu";
  const x = b.any({ dtype: b.dtype, exact: !kinked || b.chance(0.7) });
  const fact = b.fact(x);
  const bound =
    name === "ceil" || name === "floor" || name === "round" ? Math.ceil(boundOf(fact)) : Math.max(1, boundOf(fact));
  const low = kinked ? 0 : -bound;
  const { grid, error } = fact;
  return b.emit(`${name}($0)`, [x], ([t]) => f(t), {
    low,
    high: bound,
    grid: kinked ? grid : 0,
    error,
    smooth: fact.smooth && grid !== undefined,
  });
};

/** Two lines that broadcast against each other, in either order. */
function pair(b: ProgramBuilder, exact: boolean): readonly [number, number] {
  const x = b.any({ dtype: b.dtype, exact });
  const y = b.chance(0.1) ? x : operand(b, partnerShape(b, b.fact(x).shape), { dtype: b.dtype, exact });
  return b.chance(0.5) ? [x, y] : [y, x];
}

const arithmetic: Draw = (b) => {
  const { add, sub, mul } = ops;
  const [name, f] = b.named({ add, sub, mul });
  const [x, y] = pair(b, b.chance(0.3));
  const [left, right] = [b.fact(x), b.fact(y)];
  const negated = { ...right, low: -right.high, high: -right.low };
  const claim = name === "mul" ? productOf(left, right) : sumOf(left, name === "add" ? right : negated);
  return b.emit(`${name}($0, $1)`, [x, y], ([s, t]) => f(s, t), claim);
};

/** Arithmetic with a plain number, among them those that change nothing. */
const withConstant: Draw = (b) => {
  const value = b.pick([0, 1, -1, 2, 0.5, -0.25]);
  const x = b.any({ dtype: b.dtype });
  const fact = b.fact(x);
  const other = constant(value, 2);
  switch (b.int(0, 4)) {
    case 0:
      return b.emit(`add($0, ${value})`, [x], ([t]) => t.add(value), sumOf(fact, other));
    case 1:
      return b.emit(
        `sub(${value}, $0)`,
        [x],
        ([t]) => ops.sub(value, t),
        sumOf({ ...fact, low: -fact.high, high: -fact.low }, other),
      );
    case 2:
      return b.emit(`mul($0, ${value})`, [x], ([t]) => t.mul(value), scaled(fact, value, 2));
    case 3:
      return b.emit("neg($0)", [x], ([t]) => t.neg(), scaled(fact, -1, 0));
    default:
      return value === 0
        ? undefined
        : b.emit(`div($0, ${value})`, [x], ([t]) => t.div(value), scaled(fact, 1 / value, 1));
  }
};

const quotient: Draw = (b) => {
  const [x, other] = pair(b, false);
  const y = positive(b, other);
  if (y === undefined) return undefined;
  const [left, right] = [b.fact(x), b.fact(y)];
  const bound = boundOf(left) / right.low;
  const error = left.error / right.low + (bound * right.error) / right.low + bound;
  return b.emit("div($0, $1)", [x, y], ([s, t]) => s.div(t), { low: -bound, high: bound, error });
};

const power: Draw = (b) => {
  const [other, y] = pair(b, false);
  const x = positive(b, other);
  if (x === undefined) return undefined;
  const [base, exponent] = [b.fact(x), b.fact(y)];
  const value = b.pick([2, 3, 0.5, -1]);
  const fixed = b.chance(0.4);
  const reach = fixed ? Math.abs(value) : boundOf(exponent);
  const bound = Math.max(base.high, 1 / base.low) ** reach * 1.01;
  const turns = Math.max(Math.abs(Math.log(base.low)), Math.abs(Math.log(base.high)));
  const error = bound * ((reach * base.error) / base.low + (fixed ? 0 : turns * exponent.error) + 16);
  const claim = { low: 0, high: bound, error };
  if (fixed) return b.emit(`pow($0, ${value})`, [x], ([t]) => ops.pow(t, value), claim);
  return b.emit("pow($0, $1)", [x, y], ([s, t]) => ops.pow(s, t), claim);
};

/** The larger, the smaller, the remainder, limits: kinks again. */
const choosing: Draw = (b) => {
  const name = b.pick(["maximum", "minimum", "remainder", "clamp"] as const);
  const [x, y] = pair(b, name === "remainder" || b.chance(0.7));
  const [left, right] = [b.fact(x), b.fact(y)];
  const isSmooth = left.smooth && right.smooth && left.grid !== undefined && right.grid !== undefined;
  if (name === "remainder") {
    const claim = { low: -0.375, high: 0.375, grid: Math.max(left.grid!, 3), smooth: left.smooth };
    return b.emit("remainder($0, 0.375)", [x], ([t]) => ops.remainder(t, 0.375), claim);
  }
  if (name === "clamp") {
    const claim = {
      low: -0.5,
      high: 0.75,
      grid: left.grid === undefined ? undefined : Math.max(left.grid, 2),
      error: left.error,
    };
    return b.emit("clamp($0, -0.5, 0.75)", [x], ([t]) => ops.clamp(t, -0.5, 0.75), {
      ...claim,
      smooth: left.smooth && left.grid !== undefined,
    });
  }
  const f = name === "maximum" ? ops.maximum : ops.minimum;
  return b.emit(`${name}($0, $1)`, [x, y], ([s, t]) => f(s, t), { ...joined([left, right]), smooth: isSmooth });
};

const stopped: Draw = (b) => {
  const x = b.any({ dtype: b.dtype });
  return b.emit("stopGradient($0)", [x], ([t]) => ops.stopGradient(t), { ...joined([b.fact(x)]), smooth: true });
};

const filled: Draw = (b) => {
  const shape = b.shape();
  const value = b.pick([0, 0, 1, -0.5]);
  const { dtype } = b;
  return b.emit(`full([${shape}], ${value})`, [], (_, backend) => full(shape, value, { backend, dtype }), {
    low: value,
    high: value,
    grid: 1,
  });
};

export const elementwise: readonly Draw[] = [
  smoothUnary,
  smoothUnary,
  smoothUnary,
  stepUnary,
  arithmetic,
  arithmetic,
  arithmetic,
  withConstant,
  quotient,
  power,
  choosing,
  stopped,
  filled,
];
