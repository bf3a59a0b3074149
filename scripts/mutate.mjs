// Breaks the library on purpose and looks whether its specs notice: `npm run mutate`. Results are kept in .mutation/ and
// are not computed again while source and specs stay as they are; it can be stopped and goes on where it was.
//
//   npm run mutate                                     src/autodiff, src/testing and src/methods
//   npm run mutate -- src/methods/metric poincare      files whose path contains one of these
//   npm run mutate -- --sample 12                      at most 12 mutants of a file, always the same
//   npm run mutate -- --laws                           turn each law red that has not been: by what its subject needs
//   npm run mutate -- --list poincare                  show mutants
//   npm run mutate -- --only 1f00ba12 poincare         one mutant: what notices it
//   npm run mutate -- --report                         tables of what is known; also into docs/verification.md
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, sourceFiles } from "./mutate/files.mjs";
import { instrument } from "./mutate/instrument.mjs";
import { turnRed } from "./mutate/laws.mjs";
import { readReasons } from "./mutate/reasons.mjs";
import { describe, renderReport, renderTable, writeTable } from "./mutate/report.mjs";
import { runFile, sampleOf } from "./mutate/run-file.mjs";
import { readSpecs } from "./mutate/specs.mjs";
import { seenRed, tally } from "./mutate/tally.mjs";
import { WorkerProcess } from "./mutate/worker-process.mjs";

const { values: options, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    jobs: { type: "string", default: String(Math.max(1, availableParallelism() >> 1)) },
    laws: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    only: { type: "string" },
    report: { type: "boolean", default: false },
  },
});
const sample = countOf("sample");
const jobs = countOf("jobs");
const folder = join(root, ".mutation/results");
const files = sourceFiles(patterns);
if (files.length === 0) fail(`no source file has ${patterns.join(" or ")} in its path`);

if (options.list) list();
else if (options.report) reportAll();
else if (options.laws) await turnAllRed();
else await runAll();

function countOf(name) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(value)) fail(`--${name} is ${value} but must be a whole number ≥ 1`);
  return Number(value);
}

function fail(message) {
  console.error(`mutate: ${message}`);
  process.exit(1);
}

function list() {
  for (const file of files) {
    const { mutants } = instrument(readFileSync(join(root, file), "utf8"));
    const shown = new Set(sampleOf(mutants, sample));
    for (const mutant of mutants) if (shown.has(mutant)) console.log(describe({ file, ...mutant }));
  }
}

function reportAll() {
  const reasons = join(root, "docs/mutation-survivors.md");
  const text = existsSync(reasons) ? readFileSync(reasons, "utf8") : "";
  const found = tally(folder, readSpecs(), patterns, readReasons(text));
  console.log(renderReport(found));
  if (patterns.length === 0) writeTable(join(root, "docs/verification.md"), renderTable(found));
}

/** A worker that ends with this process, also where it computes without end. */
function openWorker() {
  const worker = new WorkerProcess();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      worker.close();
      fail(`stopped by ${signal}; the same command goes on from here`);
    });
  }
  return worker;
}

async function turnAllRed() {
  const specs = readSpecs();
  const { neverRed } = tally(folder, specs, patterns, []).laws;
  const worker = openWorker();
  const left = await turnRed(neverRed, {
    folder,
    specs,
    worker,
    warn: (problem) => console.warn(`mutate: ${problem}`),
  });
  worker.close();
  console.log(
    `${neverRed.length - left.length} of ${neverRed.length} laws turned red${left.length > 0 ? "; not:" : ""}`,
  );
  for (const { title } of left) console.log(`  ${title}`);
}

async function runAll() {
  const specs = readSpecs();
  const laws = { red: seenRed(folder, specs, []), vain: new Map() };
  const queue = [...files];
  let done = 0;
  const one = async () => {
    const worker = openWorker();
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const counts = new Map();
      const startedAt = Date.now();
      const found = (record, mutant) => {
        counts.set(record.result, (counts.get(record.result) ?? 0) + 1);
        if (options.only === undefined) return;
        console.log(describe({ file, ...mutant, result: record.result }));
        for (const title of record.by ?? []) console.log(`  red: ${title}`);
        if (record.message) console.log(`  ${record.message}`);
      };
      const warn = (problem) => console.warn(`mutate: ${problem}`);
      const run = { folder, specs, worker, laws, sample, only: options.only, found, warn };
      await runFile(file, run);
      done++;
      if (options.only !== undefined) continue;
      const shown = [...counts].map(([result, count]) => `${count} ${result}`).join(", ") || "nothing new";
      console.log(`${done}/${files.length} ${file}: ${shown} (${Math.round((Date.now() - startedAt) / 1000)} s)`);
    }
    worker.close();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, one));
}
