// The catalogue of methods, read from the families' index files and the doc comments of what they export.
import { readdirSync, readFileSync } from "node:fs";

const families = new URL("../src/methods/", import.meta.url);

/** Every function and class of every family, in the order of the index files: family, name, summary, source. */
export function readCatalogue() {
  return readdirSync(families, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap(readFamily);
}

function readFamily(family) {
  const folder = new URL(`${family}/`, families);
  const index = readFileSync(new URL("index.ts", folder), "utf8");
  const lines = index.matchAll(/^export \{([^}]*)\} from "\.\/(.+?)\.js";(?: \/\/ (.*))?$/gm);
  return Array.from(lines, ([, names, file, comment]) => {
    const text = readFileSync(new URL(`${file}.ts`, folder), "utf8");
    const exported = names.split(",").map((name) => name.trim());
    const values = exported.filter((name) => name !== "" && !name.startsWith("type "));
    return values.flatMap((name) => describe(family, name, text, comment));
  }).flat();
}

function describe(family, name, text, comment) {
  const declaration = text.search(
    new RegExp(`^export (?:async )?(?:abstract )?(?:function\\*?|class|const) ${name}\\b`, "m"),
  );
  if (declaration < 0) return [];
  const doc = docBefore(text, declaration);
  const summary = doc === undefined ? comment : firstSentence(doc);
  const [, source] = /@source ([^@]*)/.exec(doc ?? "") ?? [];
  return [
    { family, name, summary, ...(source === undefined ? {} : { source: source.replaceAll(/\s+/g, " ").trim() }) },
  ];
}

/** The doc comment that ends right before a place in the text, without its stars. */
function docBefore(text, place) {
  const before = text.slice(0, place).trimEnd();
  if (!before.endsWith("*/")) return undefined;
  const start = before.lastIndexOf("/**");
  return before
    .slice(start + 3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n");
}

function firstSentence(doc) {
  const [paragraph] = doc.trim().split(/\n\s*\n|\n(?=@)/);
  const flat = paragraph.replaceAll(/\s+/g, " ").trim();
  return /^.*?[.](?= [A-Z]|$)/.exec(flat)?.[0] ?? flat;
}
