import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isSubject, type Subject } from "cotangent/testing";
import type { BuildFailure, Message, Plugin } from "esbuild";
import { FileError, reasonOf } from "../errors.js";

export interface BundleOptions {
  /** A folder with one module for each entry of the package, `methods/ranking.js`, and `fast-check.js`. */
  readonly library: string;
  /** Where the bundle goes. */
  readonly outdir: string;
}

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

/**
 * Bundles a module of one's own, with all that it imports; `cotangent` stays outside, and is the library that the command
 * carries, so that both speak of the same tensors.
 *
 * @returns the bundle's path
 * @throws FileError if the module is not there, does not compile, or imports what cannot be found
 */
export async function bundleOwn(path: string, { library, outdir }: BundleOptions): Promise<string> {
  await checkModule(path);
  const outfile = join(outdir, `${basename(path, extname(path))}.mjs`);
  const { build } = await import("esbuild");
  try {
    await build({
      entryPoints: [resolve(path)],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      sourcemap: "inline",
      logLevel: "silent",
      plugins: [carried(library)],
    });
  } catch (cause) {
    const [first] = (cause as BuildFailure).errors ?? [];
    if (first === undefined) throw cause;
    throw new FileError(`verify: ${path} cannot be used, as ${describe(path, first)}; correct it and run again`, {
      cause,
    });
  }
  return outfile;
}

async function checkModule(path: string): Promise<void> {
  if (!EXTENSIONS.includes(extname(path))) {
    throw new FileError(`verify: ${path} is no module but must end in ${EXTENSIONS.join(", ")}`);
  }
  try {
    if (!(await stat(path)).isFile()) throw Object.assign(new Error(), { code: "EISDIR" });
  } catch (cause) {
    throw new FileError(`verify: ${path} cannot be read, as ${reasonOf(cause)}, but must be a module`, { cause });
  }
}

/** What esbuild found, with its place where that is in another file, too. */
function describe(path: string, { text, location }: Message): string {
  if (location === null) return text;
  const file = relative(resolve(path), resolve(location.file)) === "" ? "" : ` of ${location.file}`;
  return `line ${location.line}, column ${location.column + 1}${file} says: ${text}`;
}

/** Imports of the library go to the modules that the command carries, and so does fast-check, which it shares. */
function carried(library: string): Plugin {
  return {
    name: "carried",
    setup({ onResolve }) {
      onResolve({ filter: /^(cotangent(\/.*)?|fast-check)$/ }, ({ path }) => {
        const entry = path === "cotangent" ? "index" : path.replace("cotangent/", "");
        const file = join(library, `${entry}.js`);
        if (existsSync(file)) return { path: pathToFileURL(file).href, external: true };
        return { errors: [{ text: `${path} is imported, but the library has no such entry` }] };
      });
    },
  };
}

/** A subject, and the name that it is exported by. */
export interface Exported {
  readonly export: string;
  readonly subject: Subject;
}

/**
 * The subjects that a module exports.
 *
 * @throws FileError if there are none, or two have the same name
 */
export function subjectsOf(module: Readonly<Record<string, unknown>>, path: string): readonly Exported[] {
  const found = Object.entries(module).flatMap(([name, value]) =>
    isSubject(value) ? [{ export: name, subject: value }] : [],
  );
  if (found.length === 0) {
    const name = basename(path, extname(path));
    throw new FileError(
      `verify: ${path} exports no subject but must export one, made by lossSubject, samplerSubject or estimatorSubject of cotangent/testing; cotangent new loss my-${name} writes an example`,
    );
  }
  for (const [i, { export: name, subject }] of found.entries()) {
    const same = found.slice(0, i).find((other) => other.subject !== subject && other.subject.name === subject.name);
    if (same === undefined) continue;
    throw new FileError(
      `verify: ${path} exports two subjects named "${subject.name}", ${same.export} and ${name}, but their names must differ`,
    );
  }
  return found.filter(({ subject }, i) => found.findIndex((other) => other.subject === subject) === i);
}

/**
 * Imports a bundle that `bundleOwn` made.
 *
 * @throws FileError with what it says if the module throws while it is imported
 */
export async function importOwn(bundle: string, path: string): Promise<readonly Exported[]> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(pathToFileURL(bundle).href);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`verify: ${path} cannot be used, as it fails when it is imported: ${said}`, { cause });
  }
  return subjectsOf(module, path);
}
