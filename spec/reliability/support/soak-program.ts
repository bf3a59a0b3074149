/**
 * The program that is soaked: trains the WordNet job as its argument says, one job after the other, and writes a line for
 * each. Needs `--expose-gc`.
 */
import { queryObjects } from "node:v8";
import { type Backend, evaluate, randomKey, tensor, wasm } from "cotangent";
import { webgpu } from "cotangent/backends/webgpu";
import { openBackend } from "../../../cli/src/backends.js";
import { DATASETS, sourceOfTexts } from "../../../cli/src/compare/sources.js";
import { encodeTask, type Task } from "../../../cli/src/compare/task.js";
import { corpusInMemory } from "../../../cli/src/corpus.js";
import { BEST } from "../../../cli/src/start/contenders.js";
import { TrainingRun } from "../../../cli/src/training-run.js";
import { loadWordnetHypernyms } from "../../../datasets/wordnet-hypernyms.js";
import type { Flaw, Sample, SoakJob, SoakReport } from "./soak-report.js";
import { reservedBy } from "./soak-reserved.js";

/** Milliseconds that a kept timer runs. */
const TIMER = 2000;

/** Test definitions, of which the task must have some. */
const TESTED = 100;

const { stdout } = process;
/** The standard streams, as long as nothing else is there. */
const streams = process.getActiveResourcesInfo();

const collect = (globalThis as { readonly gc?: () => void }).gc!;

/** Collects what is out of reach, and lets finalizers run, which happens between turns. */
async function settle(): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function taskOf(definitions: number | undefined): Promise<Task> {
  const { train, test } = await loadWordnetHypernyms();
  const source = sourceOfTexts(DATASETS.wordnet, { train: train.slice(0, definitions), test: test.slice(0, TESTED) });
  return encodeTask("soak", source, { testShare: 0, validationShare: 0, normalize: false });
}

function open({ backend, threads }: SoakJob): Backend | Promise<Backend> {
  if (backend === "wasm") return wasm(threads === undefined ? {} : { threads });
  if (backend === "webgpu") return webgpu({ insist: true });
  return openBackend("soak", backend);
}

/** What the flaw keeps of a step. */
function keptBy(flaw: Flaw | undefined, backend: Backend): unknown {
  const one = () => tensor([1], { backend });
  if (flaw === "keeps a tensor") return one().add(1);
  if (flaw === "keeps a result") return evaluate(one().add(1));
  return flaw === "keeps 2 KB" ? new Uint8Array(2048).fill(1) : undefined;
}

async function soak(job: SoakJob, { space, labels, train }: Task): Promise<SoakReport> {
  const { batchSize, steps, every, flaw } = job;
  const backend = await open(job);
  const recipe = { ...BEST.recipe, batchSize, epochs: Math.ceil(steps / Math.ceil(train.length / batchSize)) };
  const key = randomKey(recipe.seed, { backend }).at("order");
  const run = new TrainingRun(recipe, space, labels, backend);
  const [samples, kept]: [Sample[], unknown[]] = [[], []];
  const tenth = steps / 10;
  const losses: [number, number] = [0, 0];
  const started = performance.now();
  let step = 0;
  for await (const { loss } of run.steps(corpusInMemory(train, { key, batchSize }))) {
    step += 1;
    if (step <= tenth) losses[0] += loss / tenth;
    if (step > steps - tenth) losses[1] += loss / tenth;
    const leaked = keptBy(flaw, backend);
    if (leaked !== undefined) kept.push(leaked);
    if (step % every === 0) samples.push(await sampleOf(step, backend));
    if (step === steps) break;
  }
  run.dispose();
  const dispose = () => (backend as Partial<{ dispose(): void }>).dispose?.();
  const timer = flaw === "keeps a timer" ? setTimeout(() => {}, TIMER) : undefined;
  if (flaw !== "keeps its threads") dispose();
  const seconds = (performance.now() - started) / 1000;
  await settle();
  const { buffers, bytes } = backend.memory();
  const left = { buffers, bytes, resources: resourcesLeft(), threads: threadsLeft() };
  kept.length = 0;
  timer?.refresh();
  dispose();
  return { job, seconds, losses, samples, left };
}

async function sampleOf(step: number, backend: Backend): Promise<Sample> {
  await settle();
  const objects = queryObjects(Object, { format: "count" });
  const { heapUsed, arrayBuffers, external, rss } = process.memoryUsage();
  return { step, objects, ...backend.memory(), reserved: reservedBy(backend), heapUsed, arrayBuffers, external, rss };
}

function resourcesLeft(): string[] {
  const known = [...streams];
  return process.getActiveResourcesInfo().filter((type) => {
    const at = known.indexOf(type);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

function threadsLeft(): number {
  const { workers } = process.report!.getReport() as unknown as { readonly workers: readonly unknown[] };
  return workers.length;
}

const jobs = JSON.parse(process.argv[2]!) as SoakJob[];
const tasks = new Map<number | undefined, Task>();
for (const job of jobs) {
  if (!tasks.has(job.definitions)) tasks.set(job.definitions, await taskOf(job.definitions));
  stdout.write(`${JSON.stringify(await soak(job, tasks.get(job.definitions)!))}\n`);
}
