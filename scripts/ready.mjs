// Installs what is missing; instant when node_modules is as the lock file says.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const root = new URL("..", import.meta.url);
const installed = new URL("node_modules/.package-lock.json", root);
const wanted = new URL("package-lock.json", root);

const fresh = existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
if (!fresh) {
  console.log("Installing dependencies, once…");
  // Not `npm ci`: it insists on packages of other platforms, which a registry may lack.
  const { status } = spawnSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}
