import type { Law, LawOptions, Register } from "cotangent/testing";
import fc from "fast-check";
import { propertyOf } from "../../../../src/testing/property.js";
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
      const { numRuns, failed, counterexample, counterexamplePath, errorInstance } = outcome;
      if (!failed) return { runs: numRuns, seed };
      return {
        ...{ runs: numRuns, seed },
        failure: {
          message: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
          ...(counterexample === null ? {} : { counterexample: counterexample.map((v) => fc.stringify(v)).join(", ") }),
          ...(counterexamplePath === null ? {} : { path: counterexamplePath }),
        },
      };
    });
  };
}
