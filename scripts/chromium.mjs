// Where this machine has a Chromium, and the software Vulkan device (SwiftShader) that comes with it.
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

export function findChromium(env = process.env) {
  if (env.COTANGENT_CHROMIUM !== undefined) return [env.COTANGENT_CHROMIUM].find(existsSync);
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  return onPath ?? playwrights().find(existsSync);
}

/** The browser that `npx playwright install chromium` makes. */
function playwrights() {
  try {
    return [createRequire(import.meta.url)("playwright").chromium.executablePath()];
  } catch {
    return []; // before `npm install`
  }
}

export function findSwiftShader(env = process.env) {
  const chromium = findChromium(env);
  if (chromium === undefined) return undefined;
  // On the PATH may lie a link, or a script of the distribution's that starts the browser in its own folder.
  const folders = [
    dirname(realpathSync(chromium)),
    ...["lib", "lib64"].map((lib) => `/usr/${lib}/${basename(chromium)}`),
  ];
  return folders.map((folder) => join(folder, "vk_swiftshader_icd.json")).find(existsSync);
}
