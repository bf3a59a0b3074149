import type { TypedArray } from "../../src/backends/backend.js";
import { isWithin as withinBound } from "../../src/testing/within.js";

/** How many times the error may be that single precision, or steps off by a unit in the last place, make on the CPU. */
const allowance = 8;
/** What a result may be off besides, relative to the largest of its tensor: a few units in the last place. */
const slack = 16 * 2 ** -24;
/** And absolutely: what is smaller a device may take for 0. */
const tiny = 2 ** -126;

/** What the CPU makes of a program. */
export interface Expected {
  /** In double precision. */
  readonly wide: ArrayLike<number>;
  /** In double precision with every step a little off, in some ways. */
  readonly shaken: readonly ArrayLike<number>[];
  readonly single: TypedArray;
}

/** Throws unless a device's values are those of the CPU: whole numbers exactly, floats up to rounding. */
export function checkAgreement(what: string, values: TypedArray, { wide, shaken, single }: Expected): void {
  const isFloat = single instanceof Float32Array;
  const error = (of: ArrayLike<number>) => largest(Float64Array.from(wide, (value, i) => of[i] - value));
  const bound = isFloat
    ? allowance * (error(single) + Math.max(...shaken.map(error))) + slack * largest(wide) + tiny
    : 0;
  for (let i = 0; i < single.length; i++) {
    // Where double precision goes further, single precision on the CPU is the yardstick; where rounding decides whether
    // a value is finite, either will do.
    const either = shaken.map((of) => of[i]).filter((value) => Number.isFinite(value) !== Number.isFinite(wide[i]));
    const targets = isFloat ? [wide[i], single[i], ...either] : [single[i]];
    if (targets.some((target) => isWithin(values[i], target, bound))) continue;
    throw new Error(
      `${what}: element ${i} is ${values[i]} on the device but ${wide[i]} on the CPU (${single[i]} in single precision; bound ${bound})`,
    );
  }
}

function isWithin(value: number, target: number, bound: number): boolean {
  return (
    Object.is(value, target) ||
    withinBound(Math.abs(value - target), bound) ||
    (Number.isNaN(value) && Number.isNaN(target))
  );
}

/** The largest of the finite values. */
function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most;
}
