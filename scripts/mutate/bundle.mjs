// One bundle of a source file with all its mutants and of specs, each bundle loaded anew for every mutant.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { forRunner, standIns } from "../stand-ins.mjs";
import { root } from "./files.mjs";

/**
 * @param {string} file - source file, from the root
 * @param {string} text - what takes its place
 * @param {readonly string[]} specs
 * @param {string} outfile
 */
export async function bundle(file, text, specs, outfile) {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const entry = [
    'export * as autodiff from "./src/autodiff/index.js";',
    ...specs.flatMap((spec, i) => [`import "./${spec}";`, `import "declared:${i}";`]),
  ];
  await build({
    absWorkingDir: root,
    stdin: { contents: entry.join("\n"), resolveDir: root, loader: "ts" },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["cotangent-source"],
    external: ["fast-check", "webgpu"],
    // a bundled package that is not a module asks for the host's modules by require
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    plugins: [broken(file, text), standIns(file === laws ? { vitest: forRunner.vitest } : forRunner)],
    logLevel: "silent",
  });
}

const transforms = "src/autodiff/transforms.ts";
/** Where it is itself what is broken, nothing may take its place. */
const laws = "src/testing/law.ts";

/** What a function with a rule of its own computes has no gradient but by that rule: there is nothing to detach. */
function marked(source) {
  const call = "const value = f(...inputs);";
  if (!source.includes(call)) throw new Error(`${transforms}: customVjp no longer has the line "${call}"`);
  return source.replace(call, 'const value = globalThis[Symbol.for("cotangent.mutation")].inside(() => f(...inputs));');
}

function broken(file, text) {
  return {
    name: "broken",
    setup(build) {
      const inPlaceOf = (path, contents) => {
        const filter = new RegExp(`${path.replaceAll(/[.\\/]/g, "[\\\\/.]")}$`);
        build.onLoad({ filter }, () => ({ contents, loader: "ts" }));
      };
      inPlaceOf(file, text);
      if (file !== transforms) inPlaceOf(transforms, marked(readFileSync(join(root, transforms), "utf8")));
      if (!file.startsWith("src/backends/webgpu")) {
        inPlaceOf("src/backends/webgpu/adapter.ts", 'export const findGpu = async () => "left out";');
      }
      // the plain backend compiles nothing, so that small programs, each run a few times, are faster on it
      if (!file.startsWith("src/backends")) {
        inPlaceOf("src/backends/fastest-cpu.ts", 'export { cpu as fastestCpu } from "./cpu/index.js";');
      }
      build.onResolve({ filter: /^declared:/ }, ({ path }) => ({ path, namespace: "declared", sideEffects: true }));
      build.onLoad({ filter: /.*/, namespace: "declared" }, () => ({
        contents: `import { host } from "./cli/src/verify/stand-ins/host.js";
globalThis[Symbol.for("cotangent.mutation")].declared.push(host.take());`,
        resolveDir: root,
        loader: "ts",
      }));
    },
  };
}
