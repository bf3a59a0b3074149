// Who takes part.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { adapterVariables } from "../../../scripts/webgpu-adapter.mjs";
import { Contender } from "./contender.mjs";
import { fairBlas, findTorch } from "./torch.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const engine = (file) => fileURLToPath(new URL(`../engines/${file}`, import.meta.url));
const node = (file, ...args) => [process.execPath, engine(file), ...args];

/** The engines that have a backend for WebGPU, all on one adapter. */
function entriesOnDevice() {
  const { variables, lack } = adapterVariables();
  const engines = [
    ["cotangent", "cotangent"],
    ["TensorFlow.js", "tfjs"],
    ["jax-js", "jax-js"],
  ];
  return engines.map(([library, group]) => ({
    name: `${library}, webgpu`,
    group,
    command: node(`${group}.mjs`, "webgpu"),
    env: variables,
    lack: lack && `${lack.why}; ${lack.command} helps`,
  }));
}

/** Every engine that could take part without a device; threads only where there is more than one core. */
function entries(torch) {
  const cores = availableParallelism();
  const withThreads = cores > 1 ? [["all", `, ${cores} threads`, cores]] : [];
  const ways = [["1", "", 1], ...withThreads];
  return [
    { name: "cotangent, cpu", group: "cotangent", command: node("cotangent.mjs", "cpu") },
    ...ways.map(([threads, suffix]) => ({
      name: `cotangent, wasm${suffix}`,
      group: "cotangent",
      command: node("cotangent.mjs", "wasm", threads),
    })),
    { name: "TensorFlow.js, cpu", group: "tfjs", command: node("tfjs.mjs", "cpu") },
    ...ways.map(([threads, suffix]) => ({
      name: `TensorFlow.js, wasm${suffix}`,
      group: "tfjs",
      command: node("tfjs.mjs", "wasm", threads),
    })),
    ...ways.map(([threads, suffix]) => ({
      name: `jax-js, wasm${suffix}`,
      group: "jax-js",
      command: node("jax-js.mjs", "wasm", threads),
    })),
    ...ways.map(([, suffix, count]) => ({
      name: `PyTorch${suffix}`,
      group: "pytorch",
      command: [torch?.python, engine("torch.py"), String(count)],
      lack: torch === undefined ? "no python3 imports torch" : undefined,
      env: { ...torch?.env, OPENBLAS_NUM_THREADS: String(count) },
    })),
    { name: "fastText", group: "fasttext", command: node("fasttext.mjs") },
  ];
}

/** How fast its matrix products are on one thread, by which settings. */
function remarkOn({ gigaflops, env }) {
  const core = env.OPENBLAS_CORETYPE;
  const how = core === undefined ? "" : ` with OPENBLAS_CORETYPE=${core}, the fastest of the settings tried`;
  const flag = gigaflops < fairBlas ? ": a poor BLAS, and no bar to measure by" : "";
  return `PyTorch's matrix product reaches ${gigaflops.toFixed(0)} GFLOP/s on one thread${how}${flag}.`;
}

/**
 * Starts those whose name holds one of the words, or all.
 *
 * @param {boolean} onDevice whether those that compute on WebGPU are meant, or those that do not
 * @returns `contenders` that run, and `remarks` on those that do not
 */
export async function startContenders(words, onDevice) {
  const isWanted = (name) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
  const torch = !onDevice && isWanted("pytorch") ? findTorch() : undefined;
  const all = onDevice ? entriesOnDevice() : entries(torch);
  const remarks = torch === undefined ? [] : [remarkOn(torch)];
  const contenders = [];
  for (const entry of all.filter(({ name }) => isWanted(name))) {
    try {
      if (entry.lack !== undefined) throw new Error(entry.lack);
      const contender = new Contender(entry);
      await contender.start();
      contenders.push(contender);
    } catch (error) {
      remarks.push(`${entry.name} does not take part: ${error.message.replaceAll(root, "")}.`);
    }
  }
  return { contenders, remarks };
}
