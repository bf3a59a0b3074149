import fc, { type RunDetails } from "fast-check";
import type { Failure } from "./spec-host.js";

/** What fast-check found against a property; undefined where it holds. */
export function failureOf<Ts>(outcome: RunDetails<Ts>): Failure | undefined {
  const { failed, counterexample, counterexamplePath, errorInstance } = outcome;
  if (!failed) return undefined;
  return {
    message: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
    ...(counterexample === null
      ? {}
      : {
          counterexample: (counterexample as unknown as readonly unknown[])
            .map((value) => fc.stringify(value))
            .join(", "),
        }),
    ...(counterexamplePath === null ? {} : { path: counterexamplePath }),
  };
}
