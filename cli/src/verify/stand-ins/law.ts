import type { Law, LawOptions, Register } from "cotangent/testing";
import fc from "fast-check";
import { propertyOf } from "../../../../src/testing/property.js";
import { failureOf } from "../failure-of.js";
import type { RunOptions } from "../spec-host.js";
import { host } from "./host.js";

/** Declares laws whose number of runs, seed and first input are chosen when they run. */
export function lawsFor(
  _register: Register,
  { runs: usualRuns = 25, seed: usualSeed = 42, backends = [] }: LawOptions = {},
): Law {
  return (name, ...parts) => {
    const property = propertyOf(name, parts, backends);
    host.declare("law", name, async ({ runs = usualRuns, seed = usualSeed, path, shrink = true }: RunOptions) => {
      const from = path === undefined ? {} : { path };
      const outcome = await fc.check(property, { numRuns: runs, seed, endOnFailure: !shrink, ...from });
      const failure = failureOf(outcome);
      return { runs: outcome.numRuns, seed, ...(failure === undefined ? {} : { failure }) };
    });
  };
}
