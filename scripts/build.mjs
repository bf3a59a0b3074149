// Builds the library into dist/: JavaScript by esbuild, declarations by tsc, and the command line tool into cli/dist/.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleCli } from "./bundle-cli.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });

const folders = (path) =>
  readdirSync(`${root}src/${path}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const entries = [
  "src/index.ts",
  "src/core.ts",
  "src/testing.ts",
  "src/data/index.ts",
  ...["cpu", "wasm", "webgpu"].map((name) => `src/backends/${name}/index.ts`),
  ...folders("methods").map(({ name }) => `src/methods/${name}/index.ts`),
];
await build({
  absWorkingDir: root,
  entryPoints: entries,
  outbase: "src",
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  external: ["fast-check"],
  logLevel: "warning",
});
await bundleCli();

const { status } = spawnSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
