import type { Backend } from "cotangent";
import type { Subject } from "cotangent/testing";
import fc from "fast-check";

export interface FailureOptions {
  /** Default: the backend itself. */
  readonly reference?: Backend;
  /** Random inputs for each law. Default 4, or 100 with COTANGENT_LONG. */
  readonly runs?: number;
  /** Laws to run. Default: all. */
  readonly only?: readonly string[];
}

/** Whether everything runs at its full size. */
export const isLong: boolean = process.env.COTANGENT_LONG !== undefined;

/** Milliseconds that all laws of a subject may take. */
export const patience: number = isLong ? 1_200_000 : 60_000;

/** Runs laws of a subject: those that failed, with what they say. */
export async function failuresOf(
  subject: Subject,
  backend: Backend,
  { reference = backend, runs = isLong ? 100 : 4, only }: FailureOptions = {},
): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  for (const { name, arbitraries, check, mostRuns = runs } of subject.laws(backend, reference)) {
    if (only !== undefined && !only.includes(name)) continue;
    const [first, ...others] = arbitraries;
    const property = fc.asyncProperty(first, ...others, check);
    const { failed, errorInstance } = await fc.check(property, {
      ...{ numRuns: Math.min(runs, mostRuns), seed: 42, endOnFailure: true },
    });
    if (failed) failures[name] = errorInstance instanceof Error ? errorInstance.message : "too few samples";
  }
  return failures;
}
