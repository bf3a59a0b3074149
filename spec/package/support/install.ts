import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const root = new URL("../../../", import.meta.url).pathname;

/**
 * Installs a tarball in a fresh folder, as a user would, without the network.
 *
 * @param replaced - packages that it depends on: each is replaced by one that leads to the repository's own
 */
export async function install(folder: string, tarball: string, replaced: readonly string[] = []): Promise<void> {
  const overrides = replaced.map((name) => {
    const stand = join(folder, "replaced", name);
    mkdirSync(stand, { recursive: true });
    const { version } = JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, "utf8"));
    writeFileSync(join(stand, "package.json"), JSON.stringify({ name, version, main: "main.cjs" }));
    writeFileSync(
      join(stand, "main.cjs"),
      `module.exports = require(${JSON.stringify(`${root}node_modules/${name}`)});`,
    );
    return [name, `file:${stand}`] as const;
  });
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: "module", overrides: Object.fromEntries(overrides) };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const args = ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", tarball];
  await promisify(execFile)("npm", args, { cwd: folder, shell: process.platform === "win32" });
}

/** Makes a package of the repository's one of the folder's, too. */
export function link(folder: string, name: string): void {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(`${root}node_modules/${name}`, join(folder, "node_modules", name), "junction");
}

/** What a program that lies in a folder prints, run by Node in a process of its own. */
export async function runInNode(folder: string, name: string, text: string): Promise<string> {
  writeFileSync(join(folder, name), text);
  const { stdout } = await promisify(execFile)(process.execPath, [name], { cwd: folder, timeout: 60_000 });
  return stdout;
}
