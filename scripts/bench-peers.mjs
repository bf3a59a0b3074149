// `npm run bench:peers`: this library against others, in one run on one machine; writes docs/performance.md.
//
//   npm run bench:peers -- webgpu    those that compute on WebGPU
//   npm run bench:peers -- --works matmul,sampled --peers cotangent,pytorch --rounds 7 --limit 5 --no-write --no-build
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const list = (text) => text.toLowerCase().split(",").filter(Boolean);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    works: { type: "string", default: "" },
    peers: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
    limit: { type: "string" },
    "no-write": { type: "boolean", default: false },
    "no-build": { type: "boolean", default: false },
  },
});

const [suite] = positionals;
if (positionals.length > 1 || (suite !== undefined && suite !== "webgpu")) {
  throw new RangeError(`bench:peers: the suite is ${positionals.join(" ")} but must be webgpu, or left out`);
}

const installed = `${root}bench/peers/node_modules/.package-lock.json`;
const wanted = `${root}bench/peers/package.json`;
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  console.log("Installing the peers into bench/peers: TensorFlow.js, jax-js, and vega for the plot…");
  command("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], `${root}bench/peers`);
}
if (!values["no-build"]) command(process.execPath, ["scripts/build.mjs"], root);

const { run } = await import("../bench/peers/driver/run.mjs");
await run({
  onDevice: suite === "webgpu",
  works: list(values.works),
  peers: list(values.peers),
  rounds: Math.max(3, Number(values.rounds)),
  limit: 1000 * Number(values.limit ?? (suite === "webgpu" ? 15 : 5)), // a device may be the processor
  write: !values["no-write"],
});

function command(file, args, cwd) {
  const { status } = spawnSync(file, args, { cwd, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}
