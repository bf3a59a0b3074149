import fc, { type Arbitrary } from "fast-check";
import type { Backend } from "../backends/backend.js";
import { propertyOf } from "./property.js";

/** What a test runner offers: vitest's and jest's `it`, node:test's `test`. */
export type Register = (name: string, body: () => Promise<void>, timeout?: number) => void;

/** Declares a law: `check` must hold for all values of the arbitraries. Its title says in how many runs it did. */
export type Law = <Ts extends [unknown, ...unknown[]]>(
  name: string,
  ...parts: [...arbitraries: { [I in keyof Ts]: Arbitrary<Ts[I]> }, check: (...values: Ts) => void | Promise<void>]
) => void;

export interface LawOptions {
  /** Random inputs for each law. Default 25. */
  readonly runs?: number;
  /** Where random inputs start; a failure prints the seed that repeats it. Default 42. */
  readonly seed?: number;
  /** Milliseconds that a law may take. Default 60 000. */
  readonly timeout?: number;
  /** Backends whose count of live buffers must be back where it was after each run. Default none. */
  readonly backends?: readonly Backend[];
}

/**
 * Makes `law` for a test runner: a law is a property over random inputs, and a failure shows the smallest input found
 * that breaks it.
 *
 * @param register - declares one test
 *
 * @example
 * import { lawsFor, floats } from "cotangent/testing";
 * import { tensor } from "cotangent";
 *
 * const law = lawsFor((name, body) => body().then(() => console.log(`${name}: holds`)));
 * law("a sum does not depend on order", floats([3]), async (x) => {
 *   const forward = await tensor(x).sum().item();
 *   const backward = await tensor(x.slice().reverse()).sum().item();
 *   if (Math.abs(forward - backward) > 1e-12) throw new Error("it does");
 * });
 */
export function lawsFor(
  register: Register,
  { runs = 25, seed = 42, timeout = 60_000, backends = [] }: LawOptions = {},
): Law {
  return (name, ...parts) => {
    const property = propertyOf(name, parts, backends);
    register(`${name} (${runs} runs)`, () => fc.assert(property, { numRuns: runs, seed }), timeout);
  };
}
