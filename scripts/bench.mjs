// Runs the benchmarks whose path holds one of the words given, or all of them: `npm run bench -- sampled`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const words = process.argv.slice(2);
const found = readdirSync(`${root}bench`, { recursive: true }).filter((path) => path.endsWith(".bench.ts"));
const chosen = found.filter((path) => words.length === 0 || words.some((word) => path.includes(word))).sort();
if (chosen.length === 0) {
  console.error(`bench: no benchmark's path holds ${words.join(" or ")}; there are ${found.join(", ")}`);
  process.exit(2);
}
for (const path of chosen) {
  const outfile = `${root}out/bench/${path.replace(/\.ts$/, ".mjs")}`;
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/${path}`],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    conditions: ["cotangent-source"],
    external: ["benny"],
    logLevel: "warning",
  });
  console.log(`\n${path}`);
  const { status } = spawnSync(process.execPath, ["--max-old-space-size=8192", outfile], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
