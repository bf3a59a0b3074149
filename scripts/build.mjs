// Builds the library into dist/: JavaScript by esbuild, declarations by tsc, and the command line tool into cli/dist/.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleCli } from "./bundle-cli.mjs";
import { renderNotices } from "./notices.mjs";
import { pruneDeclarations } from "./prune-declarations.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The library's JavaScript, and the declarations that its entry points need. */
export async function buildLibrary(outdir = `${root}dist`) {
  rmSync(outdir, { recursive: true, force: true });
  const folders = (path) =>
    readdirSync(`${root}src/${path}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const entries = [
    "index",
    "core",
    "testing",
    "data/index",
    ...["cpu", "wasm", "webgpu"].map((name) => `backends/${name}/index`),
    ...folders("methods").map(({ name }) => `methods/${name}/index`),
  ];
  await build({
    absWorkingDir: root,
    entryPoints: entries.map((entry) => `src/${entry}.ts`),
    outbase: "src",
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    external: ["fast-check"],
    logLevel: "warning",
  });
  const options = { cwd: root, stdio: "inherit", shell: process.platform === "win32" };
  const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", outdir], options);
  if (status !== 0) throw new Error("build: tsc could not write the declarations");
  pruneDeclarations(
    outdir,
    entries.map((entry) => `${entry}.d.ts`),
  );
}

/** The command, with the licences of all that is bundled into it. Gives the files that its code comes from. */
export async function buildCli(options = {}) {
  const { outdir = `${root}cli/dist` } = options;
  const inputs = await bundleCli(options);
  writeFileSync(`${outdir}/THIRD-PARTY-NOTICES.txt`, renderNotices(inputs));
  return inputs;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await buildLibrary();
  await buildCli();
}
