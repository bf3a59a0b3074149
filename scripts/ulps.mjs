// Measures the worst errors of the vector functions and writes docs/accuracy.md: `npm run ulps`. All 2^32 singles take
// about an hour on two cores. `npm run ulps -- all=17 middle=1 sin.middle=5` takes every 17th single, but of those from
// 2^-15 to below 2^17 all, and for sin every 5th.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = `${root}out/bench/ulps.mjs`;
await build({
  absWorkingDir: root,
  entryPoints: ["bench/ulps/measure.ts"],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(status ?? 1);
