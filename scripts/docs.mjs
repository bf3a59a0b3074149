// Writes docs/methods/: a page for each family of methods, and an index by question and by family.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { firstSentence, readMethodDocs } from "./method-docs.mjs";

const folder = fileURLToPath(new URL("../docs/methods/", import.meta.url));

/** The pages by their names. */
export function renderPages(families = readMethodDocs()) {
  const pages = new Map(families.map((family) => [`${family.family}.md`, renderFamily(family)]));
  return new Map([["README.md", renderIndex(families)], ...pages]);
}

function renderIndex(families) {
  const everyone = families.flatMap(({ family, files }) =>
    files.flatMap(({ entries }) => entries.map((entry) => ({ family, ...entry }))),
  );
  const questions = [...new Set(everyone.flatMap((entry) => entry.questions))].sort();
  return [
    "# Methods",
    `What \`cotangent/methods/*\` exports: ${everyone.length} functions and classes in ${families.length} families, each with its formula, its options, what is proven of it, and where it is from. Made from the sources by \`npm run docs\`.`,
    "## By question",
    ...questions.map((question) => {
      const answers = everyone.filter((entry) => entry.questions.includes(question));
      return [`### ${question}`, ...answers.map((entry) => lineOf(entry))].join("\n\n").replaceAll("\n\n- ", "\n- ");
    }),
    "## By family",
    ...families.map(({ family, files }) =>
      [
        `### [${family}](${family}.md)`,
        "",
        ...files.map(({ entries, note }) => {
          const names = entries.map(({ name }) => `[\`${name}\`](${family}.md#${anchorOf(name)})`).join(", ");
          return `- ${names}${note === "" ? "" : `: ${note}`}`;
        }),
      ].join("\n"),
    ),
    "",
  ].join("\n\n");
}

function lineOf({ family, name, description }) {
  return `- [\`${name}\`](${family}.md#${anchorOf(name)}): ${firstSentence(description)}`;
}

function anchorOf(name) {
  return name.toLowerCase();
}

function renderFamily({ family, files }) {
  return [`# ${family}`, `\`import { … } from "cotangent/methods/${family}"\``, ...files.map(renderFile), ""].join(
    "\n\n",
  );
}

function renderFile({ entries, options, laws }) {
  return [
    ...entries.map(renderEntry),
    ...options.map(({ name, fields }) =>
      [
        `**\`${name}\`**`,
        "",
        ...fields.map(({ name: field, type, isOptional, meaning }) => {
          return `- \`${field}${isOptional ? "?" : ""}: ${type}\`: ${meaning}`;
        }),
      ].join("\n"),
    ),
    laws.length === 0 ? "" : ["Proven:", "", ...laws.map((law) => `- ${law}`)].join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function renderEntry({ name, description, parameters, returns, throws, claim, sources }) {
  return [
    `## ${name}`,
    description,
    parameters.map((one) => `- \`${one.name}\`: ${one.meaning.replaceAll(/\s+/g, " ")}`).join("\n"),
    returns === undefined ? "" : `Returns ${returns}`,
    throws.length === 0 ? "" : `Throws:\n\n${throws.map((one) => `- ${one}`).join("\n")}`,
    claim === undefined ? "" : `**Claim and result.** ${claim}`,
    sources.length === 0 ? "" : `*Source:* ${sources.join("; ")}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

export function writePages() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const pages = renderPages();
  for (const [name, text] of pages) writeFileSync(`${folder}${name}`, text);
  return pages.size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(`docs/methods: ${writePages()} pages`);
