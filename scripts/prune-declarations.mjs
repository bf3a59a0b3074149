// tsc declares every module; users see only what the entry points' declarations lead to.
import { readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const imports = /\b(?:from|import\()\s*"(\.[^"]*)\.js"/g;

/**
 * Removes declarations that none of the entry points leads to.
 *
 * @param {string} folder
 * @param {readonly string[]} entries - declarations in it
 */
export function pruneDeclarations(folder, entries) {
  const needed = new Set();
  const open = entries.map((entry) => join(folder, entry));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (needed.has(path)) continue;
    needed.add(path);
    for (const [, target] of readFileSync(path, "utf8").matchAll(imports)) {
      open.push(join(dirname(path), `${target}.d.ts`));
    }
  }
  const entriesWithin = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entriesWithin.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  for (const { path } of paths) if (path.endsWith(".d.ts") && !needed.has(path)) rmSync(path);
  const folders = paths.filter(({ entry }) => entry.isDirectory()).map(({ path }) => path);
  for (const path of folders.sort().reverse()) if (readdirSync(path).length === 0) rmdirSync(path);
}
