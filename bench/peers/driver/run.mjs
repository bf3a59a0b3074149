// The whole: starts the contenders, measures table after table, and writes what came out.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { describeAdapter } from "./adapter.mjs";
import { startContenders } from "./contenders.mjs";
import { measure } from "./measure.mjs";
import { plotSteps } from "./plot.mjs";
import { measurePrograms } from "./programs.mjs";
import { devicePage, deviceSection, page, programTable, tableOf } from "./report.mjs";
import { tables, tablesOnDevice } from "./works.mjs";

const root = new URL("../../../", import.meta.url);

/**
 * @param {object} options
 * @param {boolean} options.onDevice whether it is WebGPU that is measured
 * @param {readonly string[]} options.works names of tables, or none for all
 * @param {readonly string[]} options.peers words of contenders' names, or none for all
 * @param {number} options.rounds of which the median is taken, at least 3
 * @param {number} options.limit milliseconds that one computation may take
 * @param {boolean} options.write whether docs/performance.md and its plot are written
 */
export async function run({ onDevice, works, peers, rounds, limit, write }) {
  const started = performance.now();
  const [load] = loadavg();
  const { contenders, remarks } = await startContenders(peers, onDevice);
  if (load > 0.5)
    remarks.push(
      `The machine was busy with other things (load ${load.toFixed(1)}); what runs in threads suffers most from that.`,
    );
  const names = contenders.map(({ name }) => name);
  for (const remark of remarks) console.log(remark);
  const chosen = (name) => works.length === 0 || works.includes(name);
  const sections = [];
  const show = (section) => {
    sections.push(section);
    console.log(`\n${section}`);
  };

  const points = [];
  const record = {};
  try {
    for (const table of (onDevice ? tablesOnDevice : tables).filter(({ name }) => chosen(name))) {
      const outcomes = [];
      for (const item of table.cases) {
        process.stderr.write(`${table.title}, ${item.column} … `);
        const outcome = await measure(item, contenders, { rounds, span: 50, limit, seed: 1 });
        process.stderr.write("done\n");
        outcomes.push(outcome);
        points.push(...stepsOf(table, item, outcome));
      }
      record[table.name] = table.cases.map(({ column }, i) => ({ column, ...Object.fromEntries(outcomes[i]) }));
      show(tableOf(table, outcomes, names));
    }
    if (!onDevice && chosen("programs")) {
      const taking = new Map(contenders.map((contender) => [contender.group, contender]));
      const programs = await measurePrograms(taking, new Set(names), rounds);
      record.programs = programs;
      show(programTable(programs));
    }
  } finally {
    for (const contender of contenders) contender.stop();
  }

  const out = new URL("out/bench-peers/", root);
  mkdirSync(out, { recursive: true });
  writeFileSync(new URL(onDevice ? "webgpu.json" : "results.json", out), `${JSON.stringify(record, undefined, 2)}\n`);
  if (write) await writePage({ onDevice, contenders, rounds, remarks, sections, points });
  console.log(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
}

/** A step's time with so many classes, where the table is about that. */
function stepsOf({ name, title }, { size }, outcome) {
  if (name !== "full" && name !== "sampled") return [];
  return Array.from(outcome).flatMap(([engine, { median }]) =>
    median === undefined ? [] : [{ engine, panel: title, classes: size, ms: median }],
  );
}

async function writePage({ onDevice, contenders, rounds, remarks, sections, points }) {
  const [{ model }] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${model.trim()}, ${gigabytes} GiB, ${process.platform}, Node ${process.versions.node}`;
  const named = new Map(contenders.map(({ name, version }) => [name.split(",")[0], version]));
  const versions = Array.from(named, ([name, version]) => `${name} ${version}`.trim()).join(", ");
  const docs = new URL("docs/", root);
  const file = new URL("performance.md", docs);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const rest = deviceSection(before);
  if (onDevice) {
    const { name: adapter } = describeAdapter(contenders[0]?.env);
    const section = devicePage({ machine, adapter, versions, rounds, remarks, sections });
    writeFileSync(file, `${before.slice(0, before.length - rest.length).trimEnd()}\n\n${section}`);
  } else {
    const plot = points.length === 0 ? undefined : "performance-classes.svg";
    if (plot !== undefined) writeFileSync(new URL(plot, docs), await plotSteps(points));
    const text = page({ machine, versions, rounds, remarks, sections, plot });
    writeFileSync(file, rest === "" ? text : `${text}\n${rest}`);
  }
  console.log("\nWritten: docs/performance.md");
}
