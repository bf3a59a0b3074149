// `npm test`: all specs on Node, then those for browsers in Chromium. With arguments: what they name, on Node.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.mjs";
import { isRequired } from "./webgpu-adapter.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

function vitest(...args) {
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

const args = process.argv.slice(2);
vitest(...args);
if (args.length === 0) {
  if (findChromium() !== undefined) vitest("--config", "vitest.browser.config.ts");
  else {
    const isNeeded = isRequired("webgpu") === true;
    console.log(
      `Browser specs ${isNeeded ? "cannot run" : "are skipped"}: no Chromium was found; ` +
        "to run them: apt-get install --no-install-recommends chromium, or set COTANGENT_CHROMIUM to one",
    );
    if (isNeeded) process.exitCode = 1;
  }
}
