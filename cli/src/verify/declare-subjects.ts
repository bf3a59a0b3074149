import type { Backend } from "cotangent";
import type { Law } from "cotangent/testing";
import { importOwn } from "./own-module.js";
import { host } from "./stand-ins/host.js";
import { lawsFor } from "./stand-ins/law.js";

/**
 * Declares the laws of the subjects that a module of one's own exports.
 *
 * @returns what none of the laws covers, subject by subject
 * @throws FileError if the module cannot be used
 */
export async function declareSubjects(
  bundle: string,
  path: string,
  backend: Backend,
  reference: Backend,
): Promise<string[]> {
  const subjects = await importOwn(bundle, path);
  for (const { subject } of subjects) {
    host.suite(subject.name, () => {
      for (const { name, arbitraries, check, mostRuns } of subject.laws(backend, reference)) {
        const law = lawsFor(() => {}, { runs: Math.min(25, mostRuns ?? 25), backends: [backend] });
        (law as (...parts: readonly unknown[]) => ReturnType<Law>)(name, ...arbitraries, check);
      }
    });
  }
  return subjects.flatMap(({ subject }) => subject.unproven.map((gap) => `${subject.name}: ${gap}`));
}
