// Measures the worst errors of the WebAssembly backend's functions and writes them into docs/accuracy.md.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { reference } from "../../spec/backends/wasm/math/reference.js";
import { sampleDoubles, samplePowers } from "./double.js";
import { scanSingles, type Worst } from "./single.js";

interface Task {
  readonly name: string;
  readonly from: number;
  readonly stride: number;
}

const chunk = 2 ** 27;
const sample = 2 ** 15;

function work({ name, from, stride }: Task): Worst {
  return scanSingles(name, from, from + chunk, stride);
}

/** Runs the tasks on every core. */
async function inParallel(tasks: readonly Task[], done: (task: Task, worst: Worst) => void): Promise<void> {
  let next = 0;
  const serve = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url));
      let current: Task | undefined;
      const feed = (): void => {
        current = tasks[next++];
        if (current === undefined) worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(current);
      };
      worker.on("message", (worst: Worst) => {
        done(current!, worst);
        feed();
      });
      worker.on("error", reject);
      feed();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, serve));
}

async function main(): Promise<void> {
  const started = performance.now();
  const strides = new Map(process.argv.slice(2).map((word) => word.split("=") as [string, string]));
  const given = (...keys: readonly string[]): number =>
    Number(keys.map((key) => strides.get(key)).find((stride) => stride !== undefined) ?? 1);
  const strideOf = (name: string, middle: boolean): number =>
    middle ? given(`${name}.middle`, "middle", name, "all") : given(name, "all");
  const names = Object.keys(reference);
  const tasks = names.flatMap((name) =>
    Array.from({ length: 2 ** 32 / chunk }, (_, i) => ({
      name,
      from: i * chunk,
      stride: strideOf(name, [7, 8].includes(i % 16)), // a part has 16 exponents: these are from 2⁻¹⁵ to below 2¹⁷
    })),
  );
  const worst = new Map(names.map((name) => [name, { ulps: 0, at: 0, misrounded: 0 }]));
  let finished = 0;
  await inParallel(tasks, ({ name }, found) => {
    const known = worst.get(name)!;
    const larger = found.ulps > known.ulps ? found : known;
    worst.set(name, { ...larger, misrounded: known.misrounded + found.misrounded });
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    if (++finished % 32 === 0) console.log(`${finished} of ${tasks.length} parts, ${minutes} min, ${name}`);
  });
  const rows = names.map((name) => {
    const { ulps, at, misrounded } = worst.get(name)!;
    const [middle, rest] = [strideOf(name, true), strideOf(name, false)];
    const part = (stride: number): string => (stride === 1 ? "all" : `1 in ${stride}`);
    const inputs = middle === rest ? `${part(rest)} of 2³²` : `${part(middle)} in the middle, else ${part(rest)}`;
    const tested = 2 ** 29 / middle + (2 ** 32 - 2 ** 29) / rest;
    const shown = ulps === 0 ? "≤ 0.5" : ulps.toFixed(3);
    const share = ((100 * misrounded) / tested).toFixed(2);
    return `| ${name} | f32 | ${inputs} | ${shown} | ${ulps === 0 ? "" : at} | ${share} % |`;
  });
  for (const name of names.filter((name) => name !== "sign")) {
    const { ulps, at } = sampleDoubles(name, sample);
    rows.push(`| ${name} | f64 | ${sample} | ${ulps.toFixed(3)} | ${at} | |`);
  }
  const { ulps, at, y } = samplePowers(sample);
  rows.push(`| pow | f64 | ${sample} pairs | ${ulps.toFixed(3)} | ${at}, ${y} | |`);
  const minutes = Math.ceil((performance.now() - started) / 60_000);
  const file = fileURLToPath(new URL("../../docs/accuracy.md", import.meta.url));
  writeFileSync(file, page(rows, minutes) + otherBackends(readFileSync(file, "utf8")));
}

/** What the page says of other backends, which this does not measure. */
function otherBackends(text: string): string {
  const start = text.indexOf("\n## ");
  return start < 0 ? "" : text.slice(start);
}

function page(rows: readonly string[], minutes: number): string {
  return `# Accuracy of the vector functions

Worst errors of the WebAssembly backend's functions, in units of the last place of the exact result (0.5 is the least that
any function can have). Written by \`npm run ulps\`; the run behind this page took ${minutes} minutes.

- **f32**: every bit pattern, or the part of them that is stated, against the function in double precision; the middle is
  2⁻¹⁵ ≤ |x| < 2¹⁷. What looks worse than the worst so far is checked in whole-number arithmetic of 190 bits and more.
  Zeros with their signs, infinities and NaN must agree exactly, and do. The last column is the share of results that are
  not the nearest number.
- **f64**: a seeded sample of all exponents, of ±10 and ±750 evenly, and of points near 0, ±1, ±2 and the multiples of
  π/2, against whole-number arithmetic. lgamma is measured for x > 0: below, near its zeros, the error is small beside the
  terms that cancel there, not beside the result.
- remainder is exact. pow is JavaScript's \`**\` in its special values and is closer to the exact power than \`**\` is.

| function | dtype | inputs | worst ulps | at | not nearest |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
}

if (isMainThread) await main();
else parentPort!.on("message", (task: Task) => parentPort!.postMessage(work(task)));
