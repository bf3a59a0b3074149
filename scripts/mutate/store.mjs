// What is known of each source file's mutants, kept as lines of JSON: whatever was written stays, whenever the run ends.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Changes whenever mutants, or the way to judge them, do. */
const version = 2;

export const hashOf = (text) => createHash("sha1").update(text).digest("hex").slice(0, 12);

/** A round of specs, by name and text. */
export const keyOfTier = (tier, textOf) => hashOf(tier.map((spec) => spec + hashOf(textOf(spec))).join());

/**
 * Opens what is stored of a source file; what was found for another text of it is forgotten.
 *
 * @param {string} folder
 * @param {string} file - source file
 * @param {string} source - its text
 */
export function openResults(folder, file, source) {
  const path = join(folder, `${file.replaceAll("/", "~")}.jsonl`);
  const head = { file, version, source: hashOf(source) };
  const known = linesOf(path);
  const isCurrent = JSON.stringify(known[0]) === JSON.stringify(head);
  const baselines = new Map();
  const results = new Map();
  const passed = new Set();
  const take = ({ tier, baseline, mutant, result }, record) => {
    if (baseline !== undefined) baselines.set(tier, baseline);
    else if (result === undefined) passed.add(`${tier} ${mutant}`);
    else results.set(mutant, record);
  };
  if (isCurrent) for (const record of known.slice(1)) take(record, record);
  let isBegun = isCurrent;
  const append = (record) => {
    if (!isBegun) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${JSON.stringify(head)}\n`);
      isBegun = true;
    }
    take(record, record);
    appendFileSync(path, `${JSON.stringify(record)}\n`);
  };
  return {
    baselines,
    results,
    hasPassed: (tier, mutant) => passed.has(`${tier} ${mutant}`),
    keepBaseline: (tier, baseline) => append({ tier, baseline }),
    keepPassed: (tier, mutant) => append({ tier, mutant }),
    /** @param {{mutant: string, result: string, specs: object}} record */
    keep: append,
  };
}

const lawsPath = (folder) => join(folder, "laws.jsonl");

/** Laws that a mutant of another file turned red, which is how those are shown to work that nothing in their own can break. */
export function redElsewhere(folder, { textOf }) {
  const isCurrent = ({ spec, hash }) => textOf(spec) !== undefined && hashOf(textOf(spec)) === hash;
  return linesOf(lawsPath(folder))
    .filter(isCurrent)
    .map(({ title }) => title);
}

/** @param {{title: string, spec: string, hash: string, file: string, mutant: string}} record */
export function keepRed(folder, record) {
  mkdirSync(folder, { recursive: true });
  appendFileSync(lawsPath(folder), `${JSON.stringify(record)}\n`);
}

function linesOf(path) {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  try {
    return lines.map((line) => JSON.parse(line));
  } catch {
    // the last line was cut off: what comes next must not be glued to it
    const whole = lines.slice(0, text.endsWith("\n") ? lines.length : -1);
    writeFileSync(path, `${whole.join("\n")}\n`);
    return whole.map((line) => JSON.parse(line));
  }
}

/**
 * Whether a result still says what is: the specs that it rests on are as they were, and for a survivor no others have
 * come.
 */
export function isValid(record, tiers, textOf) {
  if (record === undefined) return false;
  const same = Object.entries(record.specs).every(([spec, hash]) => {
    const text = textOf(spec);
    return text !== undefined && hashOf(text) === hash;
  });
  if (!same || record.result === "killed" || record.result === "timed out") return same;
  const asked = record.result === "no gradient" ? tiers.slice(0, 1) : tiers;
  return asked.flat().every((spec) => spec in record.specs || /\.claim\.spec\.ts$/.test(spec));
}
