import fc, { type Arbitrary, type IAsyncPropertyWithHooks } from "fast-check";
import type { Backend } from "../backends/backend.js";

/**
 * A law as a property of fast-check: `check`, the last of the parts, must hold for all values of the arbitraries before
 * it, and leave no more buffers on the backends than there were.
 */
export function propertyOf(
  name: string,
  parts: readonly unknown[],
  backends: readonly Backend[],
): IAsyncPropertyWithHooks<unknown[]> {
  const check = parts[parts.length - 1] as (...values: unknown[]) => void | Promise<void>;
  const arbitraries = parts.slice(0, -1) as [Arbitrary<unknown>, ...Arbitrary<unknown>[]];
  return fc.asyncProperty(...arbitraries, async (...values) => {
    const before = backends.map((backend) => backend.memory().buffers);
    await check(...values);
    backends.forEach((backend, i) => {
      const leaked = backend.memory().buffers - before[i];
      if (leaked > 0) throw new Error(`${name}: ${leaked} buffers on ${backend.name} outlive the run; dispose of them`);
    });
  });
}
