// Which source files are broken.
import { readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What is broken unless something else is asked for. */
const usual = ["src/autodiff/", "src/testing.ts", "src/testing/", "src/methods/"];

/** @returns {string[]} paths from the root, with `/` */
export const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();

export const isIndex = (file) => basename(file) === "index.ts";

/** @param {readonly string[]} patterns - beginnings or parts of paths; none for the usual folders */
export function sourceFiles(patterns) {
  return filesUnder("src")
    .filter((file) => !isIndex(file))
    .filter((file) =>
      patterns.length === 0
        ? usual.some((start) => file.startsWith(start))
        : patterns.some((pattern) => file.includes(pattern)),
    );
}
