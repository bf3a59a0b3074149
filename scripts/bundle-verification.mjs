// Bundles what `cotangent verify` runs into cli/dist/verify: the specs' own laws, the process that runs them, and the
// library for modules of one's own, all of which share one instance of everything.
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { forBackend, forRunner, standIns } from "./stand-ins.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Specs whose laws are about the library itself; those of claims train models instead. */
function specs() {
  const within = (folder) =>
    readdirSync(`${root}spec/${folder}`, { recursive: true })
      .map((path) => `${folder}/${path}`)
      .filter((path) => path.endsWith(".spec.ts") && !path.endsWith(".claim.spec.ts"))
      .sort();
  return [...within("autodiff"), ...within("methods"), "backends/random-programs.spec.ts"];
}

/** What a spec's laws are about: the titles of its suites, as far as they stand in the text. */
function subjectsOf(path) {
  const text = readFileSync(`${root}spec/${path}`, "utf8");
  const titles = text.matchAll(/\b(?:describe(?:\.\w+\([^"`]*\))*|onEveryBackend)\(\s*["`]([^"`]+)["`]/g);
  return [...new Set(Array.from(titles, ([, title]) => title))];
}

/** Entry of the package → file in src. */
function libraryEntries() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const single = ["index", "core", "testing", "data/index"];
  const folders = Object.keys(exports)
    .filter((key) => key.endsWith("/*"))
    .flatMap((key) =>
      readdirSync(`${root}src/${key.slice(2, -2)}`, { withFileTypes: true }).map((e) => [key.slice(2, -1), e]),
    )
    .filter(([prefix, entry]) => entry.isDirectory() && (prefix !== "backends/" || isBackend(entry.name)))
    .map(([prefix, { name }]) => `${prefix}${name}/index`);
  return [...single, ...folders];
}

const isBackend = (name) => ["cpu", "wasm", "webgpu"].includes(name);

/** Everything into a folder, with `specs.json`, the list of what has laws. */
export async function bundleVerification(outdir) {
  const paths = specs();
  const files = paths.map((path) => [`spec/${path.replace(/\.ts$/, "")}`, `spec/${path}`]);
  const library = libraryEntries().map((entry) => [`library/${entry.replace(/\/index$/, "")}`, `src/${entry}.ts`]);
  const result = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries([
      ["worker", "cli/src/verify/worker.ts"],
      ["library/fast-check", "fast-check"],
      ...library,
      ...files,
    ]),
    outdir,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    conditions: ["cotangent-source"],
    chunkNames: "chunks/[hash]",
    external: ["webgpu", "esbuild"],
    metafile: true,
    logLevel: "warning",
    plugins: [standIns({ ...forRunner, ...forBackend })],
  });
  const list = paths.map((path) => ({
    module: path.replace(/\.spec\.ts$/, ""),
    file: `./spec/${path.replace(/\.ts$/, ".js")}`,
    subjects: subjectsOf(path),
  }));
  await writeFile(`${outdir}/specs.json`, JSON.stringify(list));
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await bundleVerification(process.argv[2] ?? `${root}cli/dist/verify`);
}
