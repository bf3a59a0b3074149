import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What users of a package may import: its name within the package, the file that they get, and its declarations. */
export interface EntryPoint {
  readonly name: string;
  readonly path: string;
  readonly types?: string;
}

type Targets = string | { readonly types: string; readonly default: string };

/** All entry points of a package's folder, patterns filled in with what is there. */
export function entryPoints(folder: string): readonly EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, Targets>>;
  };
  const entries = Object.entries(exports).map(([name, targets]) =>
    typeof targets === "string"
      ? { name, path: targets.slice(2) }
      : { name, path: targets.default.slice(2), types: targets.types.slice(2) },
  );
  return entries.flatMap((entry) => (entry.name.includes("*") ? filled(folder, entry) : [entry]));
}

/** A pattern matches by its declarations as well as by its modules: neither may be there without the other. */
function filled(folder: string, { name, path, types }: EntryPoint): readonly EntryPoint[] {
  const patterns = [path, types!];
  const stars = readdirSync(join(folder, path.slice(0, path.indexOf("*")))).filter((star) =>
    patterns.some((pattern) => existsSync(join(folder, pattern.replace("*", star)))),
  );
  return stars.map((star) => ({
    name: name.replace("*", star),
    path: path.replace("*", star),
    types: types!.replace("*", star),
  }));
}
