// Bundles the command and the demonstration of `npm start` into cli/dist, each one file.
import { chmod } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { readCatalogue } from "./catalogue.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * cli/src/cotangent.ts → cli/dist/cotangent.js, an executable; cli/src/start.ts → cli/dist/start.js.
 *
 * @param {{ entries?: readonly ("cotangent" | "start")[], outdir?: string }} options
 */
export async function bundleCli({ entries = ["cotangent", "start"], outdir = `${root}cli/dist` } = {}) {
  const common = {
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    conditions: ["cotangent-source"],
    absWorkingDir: root,
    outdir,
    logLevel: "warning",
    external: ["canvas"], // draws pixels, which no plot here is made of
    define: { COTANGENT_CATALOGUE: JSON.stringify(readCatalogue()) },
  };
  // Dependencies that are not ES modules ask for built-in modules by require().
  const require =
    'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';
  await Promise.all(
    entries.map((entry) =>
      build({
        ...common,
        entryPoints: [`cli/src/${entry}.ts`],
        banner: { js: entry === "cotangent" ? `#!/usr/bin/env node\n${require}` : require },
      }),
    ),
  );
  if (entries.includes("cotangent")) await chmod(`${outdir}/cotangent.js`, 0o755);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , outdir] = process.argv;
  await bundleCli(outdir === undefined ? {} : { outdir });
}
