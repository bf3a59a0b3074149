// `npm run licences`: writes docs/licences.md, every package of the lock file with its licence and how far it goes.
import { writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundledFolders, installedFolders, lockedPackages } from "./shipped.mjs";

const page = fileURLToPath(new URL("../docs/licences.md", import.meta.url));

/** Licences that ask for no more than to be kept with the code, or for nothing. */
export const permissive = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-3-Clause",
  "BSL-1.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
];

const cssCompiler = "compiles style sheets for vite, which runs our specs; its licence is on its own files only";
const spdxList = "a list of the Linux Foundation's, free to use with its name; read by the check of licences";

/** Packages under other licences, and why they may be used; none of them may ship. */
export const exceptions = [
  { name: /^lightningcss(-[a-z0-9-]+)?$/, license: "MPL-2.0", why: cssCompiler },
  { name: /^spdx-exceptions$/, license: "CC-BY-3.0", why: spdxList },
  { name: /^spdx-ranges$/, license: "(MIT AND CC-BY-3.0)", why: spdxList },
];

/**
 * Every package of the lock file, with how it is used: bundled into the command, installed with it, or not shipped.
 *
 * @param {readonly string[]} bundledFolders - folders of the packages that are in the command
 */
export function listLicences(bundledFolders) {
  const packages = lockedPackages();
  const [bundled, installed] = [new Set(bundledFolders), new Set(installedFolders(packages))];
  const rows = [...packages].map(([folder, { name, version, license }]) => {
    const use = bundled.has(folder) ? "bundled" : installed.has(folder) ? "installed" : "development";
    return { folder, name, version, license, use };
  });
  return rows.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** The page, of what `listLicences` gives. */
export function renderLicences(rows) {
  const table = (use) => {
    const lines = rows
      .filter((row) => row.use === use)
      .map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
    return ["| package | version | licence |", "| --- | --- | --- |", ...[...new Set(lines)].sort()].join("\n");
  };
  const odd = exceptions.map(({ name, license, why }) => {
    const names = [...new Set(rows.filter((row) => name.test(row.name)).map((row) => row.name))].sort();
    return `- ${license}: ${names.join(", ")}: ${why}`;
  });
  return `${[
    "# Licences",
    "Every package of `package-lock.json`. Made by `npm run licences`; a spec holds it against the lock file, the licences against the list of those that are allowed, and what ships against what is listed here.",
    `Allowed: ${permissive.join(", ")}. Besides, and never in what ships:`,
    odd.join("\n"),
    "## In the library `cotangent`",
    "None: it has no dependency.",
    "## In the command: bundled into `cotangent-cli`",
    "Their texts go with it, in `dist/THIRD-PARTY-NOTICES.txt`.",
    table("bundled"),
    "## Installed with `cotangent-cli`",
    "npm takes of those for one platform each the one that fits.",
    table("installed"),
    "## For development only",
    table("development"),
  ].join("\n\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(page, renderLicences(listLicences(await bundledFolders())));
}
