// Tables of the results: for the terminal, and between marks in docs/verification.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { byFolder, scoreOf, scoreOfVisible, sumOf } from "./tally.mjs";

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const number = (value) => String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");
const [begin, end] = ["<!-- mutation table -->", "<!-- end of the mutation table -->"];

/** The lowest score that a file may have. */
const least = 0.8;

function lineOf(name, count, files) {
  const { made, run, killed, timedOut, survived, uncovered, explained } = count;
  const numbers = [files, made, run, killed, timedOut, survived, uncovered, explained].map(number);
  return `| ${[name, ...numbers, percent(scoreOf(count)), percent(scoreOfVisible(count))].join(" | ")} |`;
}

/** @returns {string} the table of the folders, as Markdown */
export function renderTable({ files, survivors, laws }) {
  const folders = byFolder(files);
  const weak = files.filter((one) => scoreOf(one) < least);
  const explained = survivors.filter(({ reason }) => reason !== undefined).length;
  return [
    "| folder | files | mutants | run | killed | timed out | survived | not covered | explained | score | without explained |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...folders.map(({ folder, of, ...count }) => lineOf(`\`${folder}\``, count, of.length)),
    lineOf("**all**", sumOf(files), files.length),
    "",
    `Of ${number(survivors.length)} mutants that were not noticed, ${number(explained)} have a reason in [mutation-survivors.md](mutation-survivors.md).`,
    `Of ${number(laws.all)} laws, ${number(laws.all - laws.neverRed.length)} were turned red by a mutant at least once.`,
    weak.length === 0
      ? `Every file scores ${percent(least)} or more.`
      : `Below ${percent(least)}, and in brackets without those explained: ${weak.map((one) => `\`${one.file}\` ${percent(scoreOf(one))} (${percent(scoreOfVisible(one))})`).join(", ")}.`,
  ].join("\n");
}

/** @returns {string} everything, for reading in a terminal */
export function renderReport(found) {
  const { files, survivors, laws, idle } = found;
  const width = Math.max(0, ...files.map(({ file }) => file.length));
  const parts = files.map((one) => {
    const { file, run, made, survived, uncovered } = one;
    return `${file.padEnd(width)}  ${percent(scoreOf(one)).padStart(7)}  ${run} of ${made}, ${survived} survived, ${uncovered} not covered`;
  });
  for (const mutant of survivors.filter(({ reason }) => reason === undefined)) parts.push("", describe(mutant));
  if (idle.length > 0) parts.push("", "Reasons without a survivor:");
  for (const { file, line, changes } of idle) parts.push(`  ${file}: ${line}  ${changes.join("; ")}`);
  if (laws.neverRed.length > 0) parts.push("", "Laws never red:", ...laws.neverRed.map(({ title }) => `  ${title}`));
  return [...parts, "", renderTable(found)].join("\n");
}

/** A mutant as a difference. */
export function describe({ file, id, line, result, before, after, change }) {
  const shown = (text, sign) => text.split("\n").map((one) => `  ${sign} ${one.trim()}`);
  return [`${file}:${line}  ${id}  ${result ?? ""}  ${change}`, ...shown(before, "-"), ...shown(after, "+")].join("\n");
}

/** Puts the table where the last one is, or at the end. */
export function writeTable(path, table) {
  const text = existsSync(path) ? readFileSync(path, "utf8") : `# Verification\n\n## Mutations\n\n${begin}\n${end}\n`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  const whole = from < 0 ? `${text.trimEnd()}\n\n${begin}\n${end}\n` : text;
  const [start, stop] = from < 0 ? [whole.indexOf(begin), whole.indexOf(end)] : [from, to];
  writeFileSync(path, `${whole.slice(0, start + begin.length)}\n${table}\n${whole.slice(stop)}`);
}
