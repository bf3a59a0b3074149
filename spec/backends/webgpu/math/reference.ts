import { polygamma } from "../../../../src/backends/reference/special.js";
import { reference as shared, ulpsOffSingle } from "../../wasm/math/reference.js";

/** The operations of one operand as the reference backend has them. */
export const reference: Readonly<Record<string, (x: number) => number>> = {
  ...shared,
  ...Object.fromEntries([0, 1, 2, 3, 8, 20].map((n) => [`polygamma${n}`, (x: number) => polygamma(n, x)])),
};

/** How far a result is from a nearly exact one in ulps of that; 0 may stand for what is below the ordinary numbers. */
export function ulpsOff(y: number, nearlyExact: number): number {
  const isSmall = Math.abs(nearlyExact) < 2 ** -126;
  if (isSmall && (y === 0 || Math.abs(y - nearlyExact) < 2 ** -147)) return 0.5;
  return ulpsOffSingle(y, nearlyExact);
}

/**
 * The same for what is a sum with terms of both signs below 0, where it has zeros: the error is small beside the largest
 * term there.
 */
export function ulpsOffSum(op: string, x: number, y: number, nearlyExact: number): number {
  const off = ulpsOff(y, nearlyExact);
  if (x > 0 || !Number.isFinite(y) || !Number.isFinite(nearlyExact)) return off;
  const size = Math.max(Math.abs(nearlyExact), largestTerm(op, x));
  return Math.abs(y - nearlyExact) / 2 ** (Math.floor(Math.log2(size)) - 23);
}

function largestTerm(op: string, x: number): number {
  if (op === "lgamma") return Math.max(4, Math.abs(x) * Math.log(1 - x)); // the logarithms of the factors
  const order = Number(op.slice("polygamma".length));
  let term = 1 / Math.abs(x - Math.round(x));
  for (let i = 1; i <= order; i++) term *= i / Math.abs(x - Math.round(x));
  return Math.max(term, order === 0 ? Math.log(1 - x) : 0);
}
