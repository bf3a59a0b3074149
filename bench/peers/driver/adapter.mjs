// What WebGPU's adapter says of itself, asked in a process of its own: the loader of drivers reads its variables once.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = `
import { create } from "webgpu";
const gpu = create([]);
const { vendor, architecture, device, description, isFallbackAdapter } = (await gpu.requestAdapter()).info;
const name = [device, description].filter(Boolean).join(", ") || [vendor, architecture].join(" ");
console.log(JSON.stringify({ name, isSoftware: isFallbackAdapter }));
process.exit();`;

/**
 * @param {Record<string, string>} variables those that Dawn needs to find it
 * @returns {{ name: string, isSoftware: boolean }}
 */
export function describeAdapter(variables = {}) {
  const options = { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", timeout: 60_000 };
  const env = { ...process.env, ...variables };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { ...options, env });
  if (!stdout.startsWith("{")) throw new Error(`describeAdapter: Dawn finds no adapter (${stderr.trim()})`);
  return JSON.parse(stdout);
}
