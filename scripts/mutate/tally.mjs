// What the stored results come to: scores of files and folders, survivors, and laws that were never red.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, sourceFiles } from "./files.mjs";
import { instrument } from "./instrument.mjs";
import { isAbout } from "./reasons.mjs";
import { titleOf } from "./run-file.mjs";
import { isValid, keyOfTier, openResults, redElsewhere } from "./store.mjs";

const none = { made: 0, run: 0, killed: 0, timedOut: 0, survived: 0, uncovered: 0, explained: 0 };

/** Share of the mutants that something noticed; of none, 1. */
export const scoreOf = ({ run, killed, timedOut }) => (run === 0 ? 1 : (killed + timedOut) / run);

/** The same among those that anyone could notice: survivors with a reason are left out. */
export const scoreOfVisible = (count) => scoreOf({ ...count, run: count.run - count.explained });

/** Counts added up. */
export const sumOf = (counts) =>
  counts.reduce(
    (total, one) => Object.fromEntries(Object.keys(none).map((name) => [name, total[name] + one[name]])),
    none,
  );

/**
 * @param {string} folder - where results are
 * @param {object} specs - as `readSpecs` gives them
 * @param {readonly string[]} patterns - as `sourceFiles` takes them
 * @param {readonly object[]} reasons - as `readReasons` gives them
 */
export function tally(folder, specs, patterns, reasons) {
  const files = [];
  const survivors = [];
  const laws = new Map();
  const red = new Set();
  for (const file of sourceFiles(patterns)) {
    const source = readFileSync(join(root, file), "utf8");
    const { mutants } = instrument(source);
    if (mutants.length === 0) continue;
    const { results, baselines } = openResults(folder, file, source);
    const tiers = specs.tiersOf(file);
    const count = { ...none };
    for (const mutant of mutants) {
      const record = results.get(mutant.id);
      const isKnown = isValid(record, tiers, specs.textOf);
      if (isKnown) for (const title of record.by ?? []) red.add(title);
      if (isKnown && record.result === "no gradient") continue; // nothing to detach
      count.made++;
      if (!isKnown) continue;
      count.run++;
      if (record.result === "killed") count.killed++;
      if (record.result === "timed out") count.timedOut++;
      if (record.result === "survived") count.survived++;
      if (record.result === "not covered") count.uncovered++;
      if (record.result !== "killed" && record.result !== "timed out") {
        const reason = reasons.find((one) => isAbout(one, { file, ...mutant }))?.reason;
        if (reason !== undefined) count.explained++;
        survivors.push({ file, ...mutant, result: record.result, reason });
      }
    }
    if (count.run > 0) files.push({ file, ...count });
    for (const { tests } of tiers.flatMap((tier) => baselines.get(keyOfTier(tier, specs.textOf)) ?? [])) {
      for (const test of tests) if (test.kind === "law" && specs.isOwn(test.spec, file)) laws.set(titleOf(test), file);
    }
  }
  for (const title of redElsewhere(folder, specs)) red.add(title);
  const neverRed = [...laws].filter(([title]) => !red.has(title)).map(([title, file]) => ({ title, file }));
  const mutated = new Set(files.map(({ file }) => file));
  return {
    files,
    survivors,
    /** `neverRed` with the file whose specs declare them. */
    laws: { all: laws.size, neverRed },
    red,
    /** Reasons about mutants that are noticed, or that there are no more. */
    idle: reasons.filter(
      (one) =>
        mutated.has(one.file) && !survivors.some((mutant) => isAbout(one, mutant)) && one.file.startsWith("src/"),
    ),
  };
}

/** Counts by folder, in their order. */
export function byFolder(files) {
  const folders = new Map();
  for (const one of files) {
    const folder = one.file === "src/testing.ts" ? "src/testing" : dirname(one.file);
    folders.set(folder, [...(folders.get(folder) ?? []), one]);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, of]) => ({ folder, of, ...sumOf(of) }));
}

/** Laws that any stored result has seen red, so that they need not be again. */
export function seenRed(folder, specs, patterns) {
  return existsSync(folder) ? tally(folder, specs, patterns, []).red : new Set();
}
