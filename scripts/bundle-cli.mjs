// Bundles the command, what it verifies, and the demonstration of `npm start` into cli/dist: all, or those that are named.
import { chmod, rm } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleVerification } from "./bundle-verification.mjs";
import { readCatalogue } from "./catalogue.mjs";
import { readTemplates } from "./templates.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const all = ["cotangent", "verify", "start"];

/**
 * cli/src/cotangent.ts → cli/dist/cotangent.js, an executable; what it verifies → cli/dist/verify/; cli/src/start.ts →
 * cli/dist/start.js. What a program loads only when it is wanted is in a folder of the program's name.
 *
 * @param {{ entries?: readonly ("cotangent" | "verify" | "start")[], outdir?: string }} options
 * @returns the files that code in the bundles comes from
 */
export async function bundleCli({ entries = all, outdir = `${root}cli/dist` } = {}) {
  const common = {
    bundle: true,
    splitting: true,
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
  const bundle = async (entry) => {
    if (entry === "verify") return bundleVerification(`${outdir}/verify`);
    await rm(`${outdir}/${entry}`, { recursive: true, force: true });
    const entryPoints = [`cli/src/${entry}.ts`];
    return build({ ...common, entryPoints, chunkNames: `${entry}/[name]-[hash]`, banner: { js: require } });
  };
  const results = await Promise.all(entries.map(bundle));
  if (entries.includes("cotangent")) await chmod(`${outdir}/cotangent.js`, 0o755);
  const inputs = results.flatMap(({ metafile }) =>
    Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs)),
  );
  return [...new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path))];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , outdir, ...entries] = process.argv;
  await bundleCli({ outdir, entries: entries.length > 0 ? entries : all });
}
