import type { Backend } from "../backends/backend.js";

export interface BackendEntry {
  readonly name: string;
  /** Makes the backend, or says why this machine has none. */
  readonly open: () => Backend | string;
}

/** What a test runner offers: a block of tests, and one that it lists as skipped. */
export interface Describe {
  (name: string, body: () => void): void;
  readonly skip: (name: string, body: () => void) => void;
}

/**
 * Makes `onEveryBackend`, which declares a suite once for each backend. One that the machine lacks shows as skipped, with
 * the reason, never as passed.
 */
export function backendsFor(
  describe: Describe,
  entries: readonly BackendEntry[],
): (name: string, suite: (backend: Backend) => void) => void {
  return (name, suite) => {
    for (const { name: backendName, open } of entries) {
      const backend = open();
      if (typeof backend === "string") describe.skip(`${name} on ${backendName} (${backend})`, () => {});
      else describe(`${name} on ${backendName}`, () => suite(backend));
    }
  };
}
