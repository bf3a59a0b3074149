// Turns laws red that no mutant of their own subject has: breaks what the subject needs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { root } from "./files.mjs";
import { instrument } from "./instrument.mjs";
import { sampleOf, titleOf } from "./run-file.mjs";
import { hashOf, keepRed } from "./store.mjs";

/** Files to break for one spec, and mutants to try in one of them. */
const filesAtMost = 8;
const triesAtMost = 30;

/**
 * @param {readonly {title: string, file: string}[]} laws - with the file whose specs declare them
 * @param {{folder: string, specs: object, worker: object, warn: (problem: string) => void}} run
 * @returns {Promise<{title: string, file: string}[]>} those that stayed green
 */
export async function turnRed(laws, run) {
  const bySpec = new Map();
  for (const law of laws) {
    const spec = law.title.split(" › ")[0];
    bySpec.set(spec, [...(bySpec.get(spec) ?? []), law]);
  }
  const left = [];
  for (const [spec, of] of bySpec) {
    let green = of;
    for (const file of run.specs.neededBy(of[0].file).slice(0, filesAtMost)) {
      if (green.length > 0) green = await breakFor(spec, green, file, run);
    }
    console.log(`${spec}: ${of.length - green.length} of ${of.length} turned red`);
    left.push(...green);
  }
  return left;
}

/** Breaks one file until the laws were red, or enough was tried. */
async function breakFor(spec, laws, file, { folder, specs, worker, warn }) {
  const { text, sites, mutants } = instrument(readFileSync(join(root, file), "utf8"));
  if (mutants.length === 0) return laws;
  const outfile = join(folder, "..", "bundles", `law-${hashOf(spec + file)}.mjs`);
  await bundle(file, text, [spec], outfile);
  const only = laws.map(({ title }) => title.slice(`${spec} › `.length));
  const { tests, crashed } = await worker.run({ bundle: outfile, sites, only }, () => 600_000);
  if (tests === undefined) {
    warn(`${spec}, with ${file} ready to be broken: ${crashed ?? "took too long"}`);
    return laws;
  }
  const green = new Map(laws.map((law) => [law.title, law]));
  const names = tests.map((test) => titleOf({ ...test, spec }));
  const reached = tests.map((test) => new Set(test.sites));
  let tries = 0;
  for (const { id, site, pick } of sampleOf(mutants)) {
    const first = names.flatMap((title, i) => (green.has(title) && reached[i].has(site) ? [i] : []));
    if (first.length === 0) continue;
    if (green.size === 0 || tries++ >= triesAtMost) break;
    const job = { bundle: outfile, sites, site, pick, first, rest: [] };
    const { red } = await worker.run(job, (i) => Math.max(5000, 4 * (tests[i]?.ms ?? 0)));
    for (const i of red) {
      if (!green.delete(names[i])) continue;
      keepRed(folder, { title: names[i], spec, hash: hashOf(specs.textOf(spec)), file, mutant: id });
    }
  }
  return [...green.values()];
}
