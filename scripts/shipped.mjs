// Which packages ship with the command: bundled into it, or installed beside it. The library ships with none.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCli } from "./bundle-cli.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The lock file's packages by their folders; without links, which are the two packages of this repository. */
export function lockedPackages() {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8"));
  return new Map(
    Object.entries(packages)
      .filter(([folder, { link }]) => folder.includes("node_modules/") && !link)
      .map(([folder, entry]) => [folder, { name: nameOf(folder), ...entry }]),
  );
}

const nameOf = (folder) => folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);

/** The folders of the packages that these files of a bundle come from. */
export function foldersOf(inputs) {
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** Where Node finds a package from a folder, by the lock file. */
function resolveFrom(folder, name, packages) {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const candidate = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (packages.has(candidate)) return candidate;
    if (at === "") return undefined;
  }
}

/** The folders of the packages that npm installs with the command. */
export function installedFolders(packages = lockedPackages()) {
  const found = new Set();
  const visit = (folder, { dependencies = {}, optionalDependencies = {} }) => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const target = resolveFrom(folder, name, packages);
      if (target === undefined || found.has(target)) continue;
      found.add(target);
      visit(target, packages.get(target));
    }
  };
  visit("cli", JSON.parse(readFileSync(`${root}cli/package.json`, "utf8")));
  return [...found].sort();
}

/** The folders of the packages that the published command has in it. */
export async function bundledFolders() {
  const outdir = mkdtempSync(join(tmpdir(), "cotangent-shipped-"));
  try {
    return foldersOf(await bundleCli({ entries: ["cotangent", "verify"], outdir }));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
