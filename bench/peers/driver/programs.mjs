// What a small program costs besides its work: the time from the start of a process to a first gradient, and the size
// of what is shipped.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { quartiles } from "./statistics.mjs";

const folder = fileURLToPath(new URL("../programs/", import.meta.url));
const modules = new URL("../node_modules/", import.meta.url);

const programs = [
  { name: "cotangent, cpu", group: "cotangent", file: "cotangent-cpu.mjs" },
  { name: "cotangent, wasm", group: "cotangent", file: "cotangent-wasm.mjs" },
  { name: "TensorFlow.js, cpu", group: "tfjs", file: "tfjs-cpu.mjs" },
  { name: "TensorFlow.js, cpu, each kernel named", group: "tfjs", file: "tfjs-by-hand.mjs", starts: false },
  {
    name: "TensorFlow.js, wasm",
    group: "tfjs",
    file: "tfjs-wasm.mjs",
    loads: "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  },
  { name: "jax-js, wasm", group: "jax-js", file: "jax-js.mjs" },
  { name: "PyTorch", group: "pytorch", file: "pytorch.py" },
];

/**
 * @param {ReadonlyMap<string, import("./contender.mjs").Contender>} taking who takes part, by group
 * @returns {Promise<{ name: string, start?: object, size?: number, later?: number }[]>} milliseconds beyond a bare
 * process; bytes after gzip, at first and later
 */
export async function measurePrograms(taking, backends, rounds) {
  const chosen = programs.filter(({ name, group }) => (group === "cotangent" ? backends.has(name) : taking.has(group)));
  const starts = startTimes(chosen, taking, rounds);
  return Promise.all(
    chosen.map(async ({ name, file, loads }) => ({
      name,
      ...(starts.has(name) ? { start: starts.get(name) } : {}),
      ...(file.endsWith(".mjs") ? await sizes(file, loads) : {}),
    })),
  );
}

/** Processes in turn, a bare one of the same interpreter before each. */
function startTimes(chosen, taking, rounds) {
  const starting = chosen
    .filter(({ starts = true }) => starts)
    .map(({ name, group, file }) => {
      const [interpreter] = taking.get(group).command;
      const bare = file.endsWith(".py") ? ["-c", "0"] : ["--input-type=module", "-e", "0"];
      return { name, interpreter, bare, args: [folder + file], env: { ...process.env, ...taking.get(group).env } };
    });
  const samples = new Map(starting.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, interpreter, bare, args, env } of starting) {
      const without = milliseconds(interpreter, bare, env);
      samples.get(name).push(milliseconds(interpreter, args, env) - without);
    }
  }
  return new Map([...samples].map(([name, times]) => [name, quartiles(times)]));
}

function milliseconds(interpreter, args, env) {
  const start = performance.now();
  const { status, stderr } = spawnSync(interpreter, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return performance.now() - start;
}

async function sizes(file, loads) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [file],
    outdir: "bundle",
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["node:*"],
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const names = Object.keys(metafile.outputs); // in the order of outputFiles
  const bytes = new Map(outputFiles.map(({ contents }, i) => [names[i], gzipSync(contents, { level: 9 }).length]));
  const first = new Set([names.find((name) => metafile.outputs[name].entryPoint !== undefined)]);
  for (const name of first) {
    for (const { path, kind } of metafile.outputs[name].imports) {
      if (kind === "import-statement" && bytes.has(path)) first.add(path);
    }
  }
  const total = (some) => some.reduce((sum, name) => sum + bytes.get(name), 0);
  const binary = loads === undefined ? 0 : gzipSync(readFileSync(new URL(loads, modules)), { level: 9 }).length;
  return { size: total([...first]), later: total(names.filter((name) => !first.has(name))) + binary };
}
