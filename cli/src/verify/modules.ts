import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.js";
import type { Unit } from "./record.js";

/** What the bundle of the specs lists. */
export interface SpecEntry {
  readonly module: string;
  readonly file: string;
  /** The titles of its suites: what its laws are about. */
  readonly subjects: readonly string[];
}

/** The folder of what `verify` runs: beside the command. */
export const library: URL = new URL("./verify/", import.meta.url);

/** All parts of the library that have laws. */
export async function readSpecs(): Promise<SpecEntry[]> {
  return JSON.parse(await readFile(new URL("specs.json", library), "utf8"));
}

/** Letters and digits alone: `sampledSoftmaxLoss`, `sampled-softmax-loss` and `Sampled softmax loss` are one. */
function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9/]/g, "");
}

/**
 * The parts that the patterns name: by a part of their path, or of what their laws are about.
 *
 * @throws UsageError if a pattern names none
 */
export function selectSpecs(specs: readonly SpecEntry[], patterns: readonly string[]): Unit[] {
  const matches = ({ module, subjects }: SpecEntry, pattern: string) =>
    [module, ...subjects].some((text) => plain(text).includes(plain(pattern)));
  for (const pattern of patterns) {
    if (specs.some((entry) => matches(entry, pattern))) continue;
    throw new UsageError(
      `verify: ${JSON.stringify(pattern)} is no part of the library, but must be a method, operation, family or a file of your own; cotangent methods lists what there is`,
    );
  }
  return specs
    .filter((entry) => patterns.length === 0 || patterns.some((pattern) => matches(entry, pattern)))
    .map(({ module, file }) => ({ module, file: new URL(file, library).href, kind: "spec" }));
}
