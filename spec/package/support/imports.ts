import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** What modules lead to: files of their folder, and names of other packages. */
export interface Imports {
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/**
 * All that modules import, directly or not.
 *
 * @throws Error if a relative import leads nowhere
 */
export async function importsOf(folder: string, modules: readonly string[]): Promise<Imports> {
  const { metafile } = await build({
    entryPoints: modules.map((path) => join(folder, path)),
    absWorkingDir: folder,
    bundle: true,
    splitting: true, // or each module would be bundled anew with all that it leads to
    packages: "external",
    platform: "node",
    format: "esm",
    logLevel: "silent",
    metafile: true,
    write: false,
    outdir: "out",
  });
  const imports = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  return {
    files: sorted(Object.keys(metafile.inputs)),
    packages: sorted(
      imports.filter(({ external, path }) => external && path !== "<runtime>").map(({ path }) => path), // esbuild's own
    ),
  };
}

/** The same of declarations. */
export function importsOfDeclarations(folder: string, declarations: readonly string[]): Imports {
  const [files, packages] = [new Set<string>(), new Set<string>()];
  const open = [...declarations];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    const code = readFileSync(join(folder, path), "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name] of code.matchAll(/(?:\bfrom|\bimport\(|^import)\s*["']([^"']*)["']/gm)) {
      if (name.startsWith(".")) open.push(join(dirname(path), name).replace(/\.js$/, ".d.ts"));
      else packages.add(name);
    }
  }
  return { files: sorted(files), packages: sorted(packages) };
}
