// What the source says of every method: its doc comment, its options, and the laws that its spec proves.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "comment-parser";

const root = new URL("..", import.meta.url);
const methods = new URL("src/methods/", root);
const specs = new URL("spec/methods/", root);

/** Every family with what its index exports, in the order of the index. */
export function readMethodDocs() {
  return readdirSync(methods, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((family) => ({ family, files: readFamily(family) }));
}

function readFamily(family) {
  const index = readFileSync(new URL(`${family}/index.ts`, methods), "utf8");
  const lines = index.matchAll(/^export \{([^}]*)\} from "\.\/(.+?)\.js";(?: \/\/ (.*))?$/gm);
  return Array.from(lines, ([, names, file, note]) => {
    const text = readFileSync(new URL(`${family}/${file}.ts`, methods), "utf8");
    const exported = names.split(",").map((name) => name.trim());
    const values = exported.filter((name) => name !== "" && !name.startsWith("type "));
    const options = exported
      .filter((name) => /^type \w*(Options|Parameters)$/.test(name))
      .map((name) => readInterface(text, name.slice(5)));
    return {
      file,
      note: note ?? "",
      entries: values.flatMap((name) => readEntry(text, name)),
      options: options.filter((found) => found !== undefined && found.fields.length > 0),
      laws: readLaws(family, file),
    };
  }).filter(({ entries }) => entries.length > 0);
}

function readEntry(text, name) {
  const head = new RegExp(`^export (?:async )?(?:abstract )?(?:function\\*?|class|const) ${name}\\b`, "m");
  const place = text.search(head);
  const doc = place < 0 ? undefined : commentBefore(text, place);
  if (doc === undefined) return [];
  const tagged = (tag) =>
    doc.tags.filter((one) => one.tag === tag).map(({ name, description }) => join(name, description));
  return [
    {
      name,
      description: doc.description.trim(),
      parameters: doc.tags
        .filter(({ tag }) => tag === "param")
        .map((one) => ({ name: one.name, meaning: one.description.replace(/^- /, "") })),
      returns: tagged("returns")[0],
      throws: tagged("throws"),
      claim: tagged("claim")[0],
      questions: tagged("question").flatMap((text) => text.split(";").map((question) => question.trim())),
      sources: tagged("source"),
    },
  ];
}

/** The first sentence of a description, on one line. */
export function firstSentence(description) {
  const flat = description.split(/\n\s*\n/)[0].replaceAll(/\s+/g, " ");
  return /^.*?[.](?= [A-Z]|$)/.exec(flat)?.[0] ?? flat;
}

/** The doc comment that ends right before a place, parsed. */
function commentBefore(text, place) {
  const before = text.slice(0, place).trimEnd();
  if (!before.endsWith("*/")) return undefined;
  const [doc] = parse(before.slice(before.lastIndexOf("/**")), { spacing: "preserve" });
  return doc;
}

/** Tags that are prose have no name: what was taken for one is their first word. */
function join(name, description) {
  return `${name} ${description}`.replaceAll(/\s+/g, " ").trim();
}

/** The fields of an interface that stand right in it, with what is said of each. */
function readInterface(text, name) {
  const start = text.search(new RegExp(`^export interface ${name}\\b`, "m"));
  if (start < 0) return undefined;
  const body = text.slice(start, text.indexOf("\n}", start));
  const fields = body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)(\??): ([^;]+);/g);
  return {
    name,
    fields: Array.from(fields, ([, comment, field, optional, type]) => ({
      name: field,
      type: type.replaceAll(/\s+/g, " "),
      isOptional: optional === "?",
      meaning: comment
        .replaceAll(/^\s*\* ?/gm, "")
        .replaceAll(/\s+/g, " ")
        .trim(),
    })),
  };
}

/** The names of what a method's specs check. */
function readLaws(family, file) {
  return [`${file}.spec.ts`, `${file}.claim.spec.ts`]
    .map((name) => new URL(`${family}/${name}`, specs))
    .filter((path) => existsSync(path))
    .flatMap((path) => {
      const text = readFileSync(path, "utf8");
      const named = text.matchAll(/^\s*(?:law|it)(?:\.\w+(?:\([^"]*?\))?)*\(\s*(["`])((?:\\.|(?!\1).)*)\1/gm);
      return Array.from(named, ([, , law]) => law.replaceAll(/\\(.)/g, "$1"));
    });
}
