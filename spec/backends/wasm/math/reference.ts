import { erf, lgamma } from "../../../../src/backends/reference/special.js";

/** The operations in double precision as the reference backend has them. */
export const reference: Readonly<Record<string, (x: number) => number>> = {
  cos: Math.cos,
  erf,
  exp: Math.exp,
  expm1: Math.expm1,
  lgamma,
  log: Math.log,
  log1p: Math.log1p,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  sign: Math.sign,
  sin: Math.sin,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  tanh: Math.tanh,
};

const parts = new DataView(new ArrayBuffer(4));

/** How far a single is from a double that is nearly exact, in units of the last place of that in single precision. */
export function ulpsOffSingle(y: number, nearlyExact: number): number {
  const rounded = Math.fround(nearlyExact);
  if (Object.is(y, rounded)) return 0.5; // at most
  if (!Number.isFinite(y) || !Number.isFinite(rounded) || (y === 0 && rounded === 0)) return Infinity;
  parts.setFloat32(0, Math.abs(rounded));
  const stored = Math.max(parts.getInt32(0) >> 23, 1);
  return Math.abs(y - nearlyExact) / 2 ** (stored - 127 - 23);
}
