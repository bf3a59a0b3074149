import type { Arbitrary } from "fast-check";
import type { Backend } from "../../backends/backend.js";

/** One law of a subject on one backend: `check` must hold for all values of the arbitraries. */
export interface SubjectLaw {
  readonly name: string;
  readonly arbitraries: readonly [Arbitrary<unknown>, ...Arbitrary<unknown>[]];
  readonly check: (...values: readonly unknown[]) => Promise<void>;
  /** More random inputs than this prove nothing more. Default: as many as one likes. */
  readonly mostRuns?: number;
}

/** A loss, a sampler or an estimator, with what it is said to be: whatever can be checked of that is a law. */
export interface Subject {
  readonly kind: "loss" | "sampler" | "estimator";
  readonly name: string;
  /** What no law covers, because the declaration does not say it. */
  readonly unproven: readonly string[];
  /**
   * The laws that apply on a backend.
   *
   * @param reference - what the backend must agree with, in f64. Default: the backend itself
   * @throws BackendError if the reference has no f64
   */
  laws(backend: Backend, reference?: Backend): readonly SubjectLaw[];
}

/** Whether a value is what `lossSubject`, `samplerSubject` or `estimatorSubject` makes. */
export function isSubject(value: unknown): value is Subject {
  const { kind, name, unproven, laws } = (value ?? {}) as Partial<Subject>;
  return (
    (kind === "loss" || kind === "sampler" || kind === "estimator") &&
    typeof name === "string" &&
    Array.isArray(unproven) &&
    typeof laws === "function"
  );
}

/** A law over one arbitrary. */
export function lawOver<T>(
  name: string,
  arbitrary: Arbitrary<T>,
  check: (value: T) => Promise<void>,
  mostRuns?: number,
): SubjectLaw {
  return {
    ...{ name, arbitraries: [arbitrary], check: check as (...values: readonly unknown[]) => Promise<void> },
    ...(mostRuns === undefined ? {} : { mostRuns }),
  };
}
