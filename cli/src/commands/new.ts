import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError, reasonOf, UsageError } from "../errors.js";
import type { Kind, Template } from "../templates/texts.js";

export interface NewOptions {
  /** Where the files go; it is made if need be. */
  readonly folder: string;
}

/** The files that were written. */
export interface NewMethod {
  readonly kind: Kind;
  readonly source: string;
  readonly spec: string;
}

/**
 * Writes a method of that kind that works, and its spec.
 *
 * @param name - in kebab-case; the function has it in camelCase
 * @throws UsageError if the name cannot be one
 * @throws FileError if a file is there already, or cannot be written; then neither is written
 */
export async function newMethod(
  kind: Kind,
  name: string,
  { folder }: NewOptions,
  template: Template,
): Promise<NewMethod> {
  checkName(name, template);
  const files = {
    [join(folder, `${name}.ts`)]: renamed(template.source, template.name, name),
    [join(folder, `${name}.spec.ts`)]: renamed(template.spec, template.name, name),
  };
  const [source, spec] = Object.keys(files);
  for (const path of [source, spec]) {
    if (!(await isThere(path))) continue;
    throw new FileError(`new: ${path} exists but must not; choose another name or another --folder`);
  }
  const written: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await writeFile(path, text, { flag: "wx" }); // fails where another process was faster
      written.push(path);
    }
  } catch (cause) {
    for (const path of written) await rm(path, { force: true });
    throw new FileError(`new: ${folder} cannot be written to, as ${reasonOf(cause)}`, { cause });
  }
  return { kind, source, spec };
}

/** What was written, and what to do next. */
export function describeNew({ kind, source, spec }: NewMethod): string {
  return [
    `${source}  ${kind === "estimator" ? "an" : "a"} ${kind} that works, and what it is declared to be`,
    `${spec}  declares its laws for vitest`,
    "",
    "Next: make it yours, then run",
    `  cotangent verify ${source}`,
  ].join("\n");
}

function checkName(name: string, template: Template): void {
  const shown = JSON.stringify(name);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(`new: <name> is ${shown} but must be in kebab-case, such as my-${template.name}`);
  }
  const identifier = camelCase(name);
  if (isReserved(identifier) || importsOf(template.source).includes(identifier)) {
    throw new UsageError(
      `new: <name> is ${shown}, which cannot name a function there, but must be free; choose another, such as my-${name}`,
    );
  }
}

/** Whether the language keeps a word to itself. */
function isReserved(word: string): boolean {
  if (word === "await") return true; // only in modules
  try {
    new Function(`"use strict"; const ${word} = 0;`);
    return false;
  } catch {
    return true;
  }
}

function importsOf(source: string): string[] {
  const lists = [...source.matchAll(/^import (?:type )?(?:(\w+)|\{([^}]*)\}) from/gm)];
  return lists.flatMap(([, whole, names = ""]) =>
    whole === undefined ? names.split(",").map((name) => name.replace("type ", "").trim()) : [whole],
  );
}

/** The text with one name in place of another, in each of its spellings. */
function renamed(text: string, from: string, to: string): string {
  const spellings = [(name: string) => name, camelCase, pascalCase];
  return spellings.reduce((sofar, spell) => sofar.replaceAll(spell(from), spell(to)), text);
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + camelCase(name).slice(1);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
