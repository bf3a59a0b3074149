// `npm run package [-- folder]`: both packages as they are published, each in a folder of its own and packed.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildCli, buildLibrary } from "./build.mjs";
import { foldersOf } from "./shipped.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A manifest without what is of use in the repository only, where `exports` also lead to the sources. */
export function publishedManifest(manifest) {
  const { private: _, scripts, workspaces, devDependencies, ...published } = manifest;
  if (published.exports === undefined) return published;
  const withoutSource = (targets) => {
    if (typeof targets === "string") return targets;
    const { "cotangent-source": source, ...rest } = targets;
    return rest;
  };
  const exports = Object.entries(published.exports).map(([name, targets]) => [name, withoutSource(targets)]);
  return { ...published, exports: Object.fromEntries(exports) };
}

/** Writes a package's folder, but for what is built into its dist/. */
function stage(folder, from) {
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(`${root}${from}package.json`, "utf8"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  copyFileSync(`${root}${from}README.md`, join(folder, "README.md"));
  copyFileSync(`${root}LICENSE`, join(folder, "LICENSE"));
}

/** Packs folders; gives what npm says of each tarball. */
function pack(folders, destination) {
  const args = ["pack", ...folders, "--json", "--ignore-scripts", "--pack-destination", destination];
  const options = { cwd: destination, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const packed = JSON.parse(execFileSync("npm", args, { ...options, shell: process.platform === "win32" }));
  return packed.map((each) => ({ ...each, tarball: join(destination, each.filename) }));
}

/** Builds and packs both packages in a folder, which is emptied first. */
export async function packPackages(folder) {
  rmSync(folder, { recursive: true, force: true });
  const [library, command] = [join(folder, "cotangent"), join(folder, "cotangent-cli")];
  stage(library, "");
  stage(command, "cli/");
  const [inputs] = await Promise.all([
    buildCli({ entries: ["cotangent", "verify"], outdir: join(command, "dist") }),
    buildLibrary(join(library, "dist")),
  ]);
  const packed = pack([library, command], folder);
  return { library: packed[0], command: packed[1], bundled: foldersOf(inputs) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { library, command } = await packPackages(process.argv[2] ?? `${root}out/packages`);
  for (const { tarball, size, entryCount } of [library, command]) {
    console.log(`${tarball}: ${entryCount} files, ${Math.round(size / 1024)} KiB`);
  }
}
