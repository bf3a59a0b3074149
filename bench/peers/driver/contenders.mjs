// Who takes part.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Contender } from "./contender.mjs";
import { fairBlas, findTorch } from "./torch.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const engine = (file) => fileURLToPath(new URL(`../engines/${file}`, import.meta.url));
const node = (file, ...args) => [process.execPath, engine(file), ...args];

/** Every engine that could take part; threads only where there is more than one core. */
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
      command: node("jax-js.mjs", threads),
    })),
    ...ways.map(([, suffix, count]) => ({
      name: `PyTorch${suffix}`,
      group: "pytorch",
      command: torch && [torch.python, engine("torch.py"), String(count)],
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
 * @returns `contenders` that run, and `remarks` on those that do not
 */
export async function startContenders(words) {
  const isWanted = (name) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
  const torch = isWanted("pytorch") ? findTorch() : undefined;
  const remarks = torch === undefined ? [] : [remarkOn(torch)];
  const contenders = [];
  for (const entry of entries(torch).filter(({ name }) => isWanted(name))) {
    try {
      if (entry.command === undefined) throw new Error("no python3 imports torch");
      const contender = new Contender(entry);
      await contender.start();
      contenders.push(contender);
    } catch (error) {
      remarks.push(`${entry.name} does not take part: ${error.message.replaceAll(root, "")}.`);
    }
  }
  return { contenders, remarks };
}
