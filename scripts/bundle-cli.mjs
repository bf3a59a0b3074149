// Bundles the command and the demonstration of `npm start` into cli/dist, each one file.
import { chmod } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleVerification } from "./bundle-verification.mjs";
import { readCatalogue } from "./catalogue.mjs";
import { readTemplates } from "./templates.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * cli/src/cotangent.ts → cli/dist/cotangent.js, an executable, with what it verifies beside it; cli/src/start.ts →
 * cli/dist/start.js.
 *
 * @param {{ entries?: readonly ("cotangent" | "start")[], outdir?: string }} options
 * @returns the files that code in the bundles comes from
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
    metafile: true,
    external: ["canvas", "esbuild"], // the one draws pixels, which no plot here is made of; the other is a program
    define: {
      COTANGENT_CATALOGUE: JSON.stringify(readCatalogue()),
      COTANGENT_TEMPLATES: JSON.stringify(readTemplates()),
    },
  };
  // Dependencies that are not ES modules ask for built-in modules by require().
  const require =
    'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';
  const results = await Promise.all([
    ...(entries.includes("cotangent") ? [bundleVerification(`${outdir}/verify`)] : []),
    ...entries.map((entry) =>
      build({
        ...common,
        entryPoints: [`cli/src/${entry}.ts`],
        banner: { js: entry === "cotangent" ? `#!/usr/bin/env node\n${require}` : require },
      }),
    ),
  ]);
  if (entries.includes("cotangent")) await chmod(`${outdir}/cotangent.js`, 0o755);
  const inputs = results.flatMap(({ metafile }) =>
    Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs)),
  );
  return [...new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path))];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , outdir] = process.argv;
  await bundleCli(outdir === undefined ? {} : { outdir });
}
