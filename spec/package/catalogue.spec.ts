import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const families = readdirSync(`${root}src/methods`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The lines of a family's index that export a method: what is exported, from where, and what it is said to be. */
function linesOf(family: string): { readonly names: string[]; readonly file: string; readonly note: string }[] {
  const index = readFileSync(`${root}src/methods/${family}/index.ts`, "utf8");
  const pattern = /export (type )?\{([^}]*)\} from "\.\/([\w-]+)\.js";(?: \/\/ (.*))?/g;
  return [...index.matchAll(pattern)].flatMap(([, isType, list, file, note = ""]) => {
    const names = list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "));
    return isType || names.length === 0 ? [] : [{ names, file, note }];
  });
}

/** The comment above an exported function or class. */
function docOf(source: string, name: string): string | undefined {
  const pattern = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)\\n(?:export (?:async )?function\\*? [^;{]*;\\n(?:/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?)*export (?:declare )?(?:async )?(?:abstract )?(?:function\\*?|class|const) ${name}\\b`,
  );
  return pattern.exec(source)?.[1];
}

describe.each(families)("%s", (family) => {
  it("has its catalogue in alphabetical order, a note on every line", () => {
    const lines = linesOf(family);
    expect(lines.length).toBeGreaterThan(0);
    const files = lines.map(({ file }) => file);
    expect(files).toEqual([...files].sort());
    expect(lines.filter(({ note }) => note === "").map(({ file }) => file)).toEqual([]);
  });

  it.each(linesOf(family))("$file has a spec and documents $names", ({ names, file }) => {
    expect(existsSync(`${root}spec/methods/${family}/${file}.spec.ts`), "a spec at the mirrored path").toBe(true);
    const source = readFileSync(`${root}src/methods/${family}/${file}.ts`, "utf8");
    for (const name of names) {
      const doc = docOf(source, name);
      expect(doc, `a doc comment above ${name}`).toBeDefined();
    }
    if (family !== "optimizers") expect(source, "a source").toContain("@source");
  });
});
