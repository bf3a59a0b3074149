// Sees to it that Dawn, which is WebGPU for Node, finds an adapter: the machine's GPU, else Chromium's SwiftShader.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findSwiftShader } from "./chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

export const packages = ["chromium", "libvulkan1"];

/** Whether COTANGENT_REQUIRE, a list of backends with commas between, has this one: undefined where it is not set. */
export function isRequired(backend, env = process.env) {
  return env.COTANGENT_REQUIRE?.split(",")
    .map((name) => name.trim())
    .includes(backend);
}

// In a process of its own: the loader reads its variables once, and a driver that crashes takes nothing else with it.
const probe = `
const { create } = await import("webgpu");
const adapter = await create([]).requestAdapter();
console.log(adapter === null ? "none" : adapter.info.isFallbackAdapter ? "fallback" : "hardware");
process.exit();`;

/** What Dawn finds under these variables: "hardware", "fallback", "none", or the error that stopped it. */
function found(env) {
  const options = { cwd: root, env, encoding: "utf8", timeout: 60_000 };
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", probe], options);
  if (status === 0) return stdout.trim();
  return stderr.split("\n").find((line) => /Error/.test(line)) ?? `the probe ended with ${signal ?? status}`;
}

/**
 * The variables that Dawn needs beyond those of `env`: none where it finds a GPU without help. `lack` is there where it
 * finds no adapter even so, and says why and which command helps. Drivers that the user has chosen are left alone.
 */
export function adapterVariables(env = process.env) {
  const alone = found(env);
  if (alone === "hardware") return { variables: {} };
  const chosen = ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].find((name) => env[name] !== undefined);
  const driver = chosen === undefined && process.platform === "linux" ? findSwiftShader(env) : undefined;
  const variables = driver === undefined ? {} : { VK_ICD_FILENAMES: driver };
  const outcome = driver === undefined ? alone : found({ ...env, ...variables });
  if (outcome === "fallback" || outcome === "hardware") return { variables };
  if (alone === "fallback") return { variables: {} };
  return { variables: {}, lack: explain(outcome, { chosen, driver }) };
}

function explain(outcome, { chosen, driver }) {
  if (outcome !== "none") return { why: `Dawn does not start (${outcome})`, command: "npm install" };
  if (chosen !== undefined) return { why: `${chosen} leads to no adapter`, command: `unset ${chosen}` };
  const why =
    driver === undefined ? "no GPU and no SwiftShader were found" : "SwiftShader is here, Vulkan's loader is not";
  return { why, command: `apt-get install --no-install-recommends ${packages.join(" ")}` };
}

/** For vitest: sets the variables before the processes start in which specs run, and says what is missing. */
export function setup() {
  const { variables, lack } = adapterVariables();
  if (lack !== undefined) {
    const fate = isRequired("webgpu") ? "cannot run" : "are skipped";
    console.log(`WebGPU specs ${fate}: ${lack.why}; to run them: ${lack.command}`);
  }
  if (variables.VK_ICD_FILENAMES === undefined) return undefined;
  Object.assign(process.env, variables);
  if (process.env.XDG_RUNTIME_DIR !== undefined) return undefined;
  const runtime = mkdtempSync(join(tmpdir(), "cotangent-webgpu-"));
  process.env.XDG_RUNTIME_DIR = runtime;
  return () => rmSync(runtime, { recursive: true, force: true });
}
