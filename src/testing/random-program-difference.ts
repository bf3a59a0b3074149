import type { TypedArray } from "../autodiff/index.js";
import { isWithin } from "./within.js";

/** Throws at the first element further than `allowance` from what it must be; infinities and NaN must be the same. */
export function checkNear(name: string, actual: TypedArray, expected: TypedArray, allowance: number): void {
  if (actual.constructor !== expected.constructor || actual.length !== expected.length) {
    throw new Error(`${name} is ${kindOf(actual)} but must be ${kindOf(expected)}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (
      Object.is(actual[i], expected[i]) ||
      actual[i] === expected[i] ||
      isWithin(Math.abs(actual[i] - expected[i]), allowance)
    )
      continue;
    const allowed = allowance === 0 ? "exactly" : `to within ${allowance}`;
    throw new Error(`${name} has ${actual[i]} at ${i} but must have ${expected[i]}, ${allowed}`);
  }
}

/** Throws at the first element that is not what it must be; zeros are equal, and so are NaN. */
export function checkEqual(name: string, actual: TypedArray, expected: TypedArray): void {
  checkNear(name, actual, expected, 0);
}

function kindOf(values: TypedArray): string {
  return `${values.constructor.name} of ${values.length}`;
}
