// `npm run bench:gpu`: absolute figures of the WebGPU backend on this machine's adapter, beside PyTorch on CUDA if it is
// there; prints a Markdown table.
//
//   npm run bench:gpu -- --peak-tflops 67 --sizes full --rounds 7 --no-build
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { adapterVariables } from "../../scripts/webgpu-adapter.mjs";
import { describeAdapter } from "../peers/driver/adapter.mjs";
import { Contender } from "../peers/driver/contender.mjs";
import { measure } from "../peers/driver/measure.mjs";
import { markdown, spread } from "../peers/driver/report.mjs";
import { cases } from "./cases.mjs";

const { values: options } = parseArgs({
  options: {
    "peak-tflops": { type: "string" },
    sizes: { type: "string" },
    rounds: { type: "string", default: "7" },
    "no-build": { type: "boolean", default: false },
  },
});

const { variables, lack } = adapterVariables();
if (lack !== undefined) throw new Error(`bench:gpu: ${lack.why}; to run it: ${lack.command}`);
const adapter = describeAdapter(variables);
const { sizes = adapter.isSoftware ? "reduced" : "full" } = options;
if (!(sizes in cases)) throw new RangeError(`bench:gpu: sizes is ${sizes} but must be full or reduced`);
const peak = options["peak-tflops"] === undefined ? undefined : Number(options["peak-tflops"]);
if (peak !== undefined && !(peak > 0)) {
  throw new RangeError(`bench:gpu: peak-tflops is ${options["peak-tflops"]} but must be a positive number`);
}
if (!options["no-build"]) {
  const { status } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: path("../../"), stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const contenders = await start();
const rows = [];
try {
  for (const item of cases[sizes]) {
    process.stderr.write(`${item.program} … `);
    const settings = { rounds: Math.max(3, Number(options.rounds)), span: 200, limit: 60_000, seed: 1, together: true };
    rows.push(rowOf(item, await measure(item, contenders, settings)));
    process.stderr.write("done\n");
  }
} finally {
  for (const contender of contenders) contender.stop();
}
const names = contenders.map(({ name, version }) => `${name} ${version}`.trim());
console.log(`\nAdapter: ${adapter.name}${adapter.isSoftware ? ", which is software" : ""}; ${sizes} sizes.\n`);
console.log(markdown(["", ...names.flatMap((name) => [`${name}, ms`, "rate"])], rows));

function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** Cells of a case: for each contender the milliseconds of one computation, and what they make. */
function rowOf({ program, unit, figure }, outcomes) {
  const cells = contenders.flatMap(({ name }) => {
    const outcome = outcomes.get(name);
    if (outcome.median === undefined) return [outcome.why, ""];
    if (figure === undefined) return [spread(outcome), ""];
    const rate = figure(outcome.median);
    const share = peak !== undefined && unit === "TFLOP/s" ? ` (${((100 * rate) / peak).toFixed(0)} %)` : "";
    return [spread(outcome), `${rate.toPrecision(3)} ${unit}${share}`];
  });
  return [program, ...cells];
}

async function start() {
  const engine = (file) => path(`../peers/engines/${file}`);
  const ours = {
    name: "cotangent",
    group: "",
    env: variables,
    command: [process.execPath, engine("cotangent.mjs"), "webgpu"],
  };
  const python = ["python3", "/usr/bin/python3"].find((candidate) => {
    const probe = "import sys, torch; sys.exit(not torch.cuda.is_available())";
    return spawnSync(candidate, ["-c", probe], { stdio: "ignore" }).status === 0;
  });
  if (python === undefined) console.log("PyTorch does not take part: no python3 imports torch and finds CUDA.");
  const theirs = { name: "PyTorch", group: "", command: [python, engine("torch.py"), "1", "cuda"] };
  const entries = python === undefined ? [ours] : [ours, theirs];
  return Promise.all(
    entries.map(async (entry) => {
      const contender = new Contender(entry);
      await contender.start();
      return contender;
    }),
  );
}
