import type { Claim, ProgramBuilder } from "./random-program-builder.js";
import { boundOf, type Fact } from "./random-program-line.js";

/** Draws one operation, with whatever it needs; undefined if it came to nothing. */
export type Draw = (b: ProgramBuilder) => number | undefined;

/** A plain number as an operand. */
export function constant(value: number, grid: number): Fact {
  return { shape: [], dtype: "f64", low: value, high: value, grid, error: 0, smooth: true };
}

/** What holds of a tensor times a number that takes `bits` bits behind the point. */
export function scaled({ low, high, grid, error }: Fact, factor: number, bits: number): Claim {
  const ends = [low * factor, high * factor];
  return {
    low: Math.min(...ends),
    high: Math.max(...ends),
    grid: grid === undefined ? undefined : grid + bits,
    error: error * Math.abs(factor),
  };
}

/** What holds of a sum. */
export function sumOf(x: Fact, y: Fact): Claim {
  const [low, high] = [x.low + y.low, x.high + y.high];
  return { low, high, grid: grids(x, y, Math.max), error: x.error + y.error + Math.max(Math.abs(low), Math.abs(high)) };
}

function grids(x: Fact, y: Fact, combine: (a: number, b: number) => number): number | undefined {
  return x.grid === undefined || y.grid === undefined ? undefined : combine(x.grid, y.grid);
}

/** What holds of an elementwise product. */
export function productOf(x: Fact, y: Fact): Claim {
  const ends = [x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high];
  const bound = boundOf(x) * boundOf(y);
  const error = x.error * boundOf(y) + y.error * boundOf(x) + bound;
  return { low: Math.min(...ends), high: Math.max(...ends), grid: grids(x, y, (a, b) => a + b), error };
}
