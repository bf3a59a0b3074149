import { cpu } from "cotangent";
import fc from "fast-check";
import { importOwn } from "../../../cli/src/verify/own-module.js";

/** What a module of one's own turned out to be: the laws that hold and those that do not, or why it cannot be used. */
export interface Verdict {
  readonly held: readonly string[];
  readonly broken: Readonly<Record<string, string>>;
  readonly error?: string;
}

/** Imports bundles, runs the laws of what they export on the CPU, and prints a verdict on each as JSON. */
async function main(bundles: readonly string[]): Promise<void> {
  const backend = cpu();
  const verdicts: Verdict[] = [];
  for (const bundle of bundles) {
    const held: string[] = [];
    const broken: Record<string, string> = {};
    try {
      for (const { subject } of await importOwn(bundle, "own.ts")) {
        for (const { name, arbitraries, check } of subject.laws(backend)) {
          const [first, ...others] = arbitraries;
          const property = fc.asyncProperty(first, ...others, check);
          const { failed, errorInstance } = await fc.check(property, { numRuns: 3, seed: 42, endOnFailure: true });
          if (failed) broken[name] = String((errorInstance as Error)?.message);
          else held.push(name);
        }
      }
      verdicts.push({ held, broken });
    } catch (problem) {
      verdicts.push({ held, broken, error: (problem as Error).message });
    }
  }
  process.stdout.write(JSON.stringify(verdicts));
}

await main(process.argv.slice(2));
