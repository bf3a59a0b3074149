import type { Tensor } from "../autodiff/index.js";
import * as ops from "../autodiff/index.js";
import type { ProgramBuilder } from "./random-program-builder.js";
import { constant, type Draw, scaled, sumOf } from "./random-program-claims.js";

/** What a function that is approximated adds to the error, in roundings of its largest value. */
const approximated = 4;

interface Smooth {
  readonly name: string;
  readonly f: (x: Tensor) => Tensor;
  /** The same on numbers, monotone over the range, or the whole range of values. */
  readonly range: ((x: number) => number) | readonly [number, number];
  /** The steepest slope over [low, high]. */
  readonly slope: (low: number, high: number) => number;
  /** Whether it needs arguments above 0. */
  readonly positive?: boolean;
  /** What its approximation adds to the error, in roundings of its largest value. Default 4. */
  readonly roundings?: number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const smooth: readonly Smooth[] = [
  { name: "exp", f: ops.exp, range: Math.exp, slope: (_, high) => Math.exp(high) },
  { name: "expm1", f: ops.expm1, range: Math.expm1, slope: (_, high) => Math.exp(high) },
  { name: "sin", f: ops.sin, range: [-1, 1], slope: () => 1 },
  { name: "cos", f: ops.cos, range: [-1, 1], slope: () => 1 },
  { name: "tanh", f: ops.tanh, range: Math.tanh, slope: () => 1 },
  { name: "sigmoid", f: ops.sigmoid, range: sigmoid, slope: () => 0.25 },
  { name: "softplus", f: ops.softplus, range: (x) => Math.log1p(Math.exp(x)), slope: () => 1 },
  { name: "logSigmoid", f: ops.logSigmoid, range: (x) => -Math.log1p(Math.exp(-x)), slope: () => 1 },
  { name: "erf", f: ops.erf, range: [-1, 1], slope: () => 1.2 },
  { name: "log", f: ops.log, range: Math.log, slope: (low) => 1 / low, positive: true },
  { name: "log1p", f: ops.log1p, range: Math.log1p, slope: () => 1, positive: true },
  { name: "sqrt", f: ops.sqrt, range: Math.sqrt, slope: (low) => 0.5 / Math.sqrt(low), positive: true },
  {
    name: "lgamma",
    f: ops.lgamma,
    range: [-0.2, 2.4],
    slope: (low) => 1 / low + 1,
    positive: true,
    roundings: 32, // the difference of two values near 40, on the cpu
  },
  { name: "digamma", f: ops.digamma, range: [-11, 1], slope: (low) => low ** -2 + 2, positive: true },
  {
    name: "polygamma(1)",
    f: (x) => ops.polygamma(1, x),
    range: [0, 103],
    slope: (low) => 2 * low ** -3 + 3,
    positive: true,
  },
];

/** The ends of a range, widened by what rounding may do to them. */
function around(low: number, high: number): readonly [number, number] {
  const slack = 1e-3 * Math.max(Math.abs(low), Math.abs(high));
  return [low - slack, high + slack];
}

/** A line with elements of at least 0.1 made from any. */
export function positive(b: ProgramBuilder, x: number): number | undefined {
  if (b.fact(x).low >= 0.1) return x;
  if (b.chance(0.5)) {
    const quarter = b.emit("mul($0, 0.25)", [x], ([t]) => t.mul(0.25), scaled(b.fact(x), 0.25, 2));
    return (
      quarter && b.emit("add($0, 0.75)", [quarter], ([t]) => t.add(0.75), sumOf(b.fact(quarter), constant(0.75, 2)))
    );
  }
  return drawn(b, smooth.find(({ name }) => name === "sigmoid")!, x);
}

function drawn(
  b: ProgramBuilder,
  { name, f, range, slope, roundings = approximated }: Smooth,
  x: number,
): number | undefined {
  const { low, high, error } = b.fact(x);
  const [least, most] = typeof range === "function" ? around(range(low), range(high)) : range;
  const bound = Math.max(-least, most);
  const text = name.endsWith(")") ? name.replace(")", ", $0)") : `${name}($0)`;
  return b.emit(text, [x], ([t]) => f(t), {
    low: least,
    high: most,
    error: error * slope(low, high) + roundings * bound,
  });
}

export const smoothUnary: Draw = (b) => {
  const operation = b.pick(smooth);
  const x = b.any({ dtype: b.dtype });
  const argument = operation.positive === true ? positive(b, x) : x;
  return argument === undefined ? undefined : drawn(b, operation, argument);
};
