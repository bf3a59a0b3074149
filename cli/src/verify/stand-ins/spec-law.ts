import type { Backend } from "cotangent";
import type { Law } from "cotangent/testing";
import { chosen, gpu } from "./chosen.js";
import { host } from "./host.js";
import { lawsFor } from "./law.js";

export { gpu };

export const noGpu = "another backend is verified here";

/** A property over random inputs, each run of which must leave no buffer behind. */
export const law: Law = lawsFor(() => {}, { backends: [chosen] });

/** Runs a suite on the backend that is verified. */
export function onEveryBackend(name: string, suite: (backend: Backend) => void): void {
  host.suite(name, () => suite(chosen));
}
