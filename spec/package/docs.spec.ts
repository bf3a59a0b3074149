import { describe, expect, it } from "vitest";
import { renderPages } from "../../scripts/docs.mjs";
import { readMethodDocs } from "../../scripts/method-docs.mjs";

const families = readMethodDocs();
const files = families.flatMap(({ family, files }) => files.map((file) => ({ family, ...file })));
const entries = files.flatMap(({ family, entries }) => entries.map((entry) => ({ family, ...entry })));
const pages = renderPages();

/** What users ask, as the index has it: another wording would stand beside these. */
const QUESTIONS = [
  "An example has several labels",
  "I learn embeddings",
  "I must not see the data",
  "I need a guarantee",
  "I need a margin",
  "I need probabilities that I can trust",
  "My choices are discrete",
  "My classes are skewed",
  "My data are cut off or corrupted",
  "My data form a tree",
  "My model must change what it knows",
  "My workers fail",
  "The softmax is my bottleneck",
  "The worst group matters",
];

describe("docs/methods", () => {
  it("has a page for each family, and on it every method with its laws", () => {
    expect([...pages.keys()]).toEqual(["README.md", ...families.map(({ family }) => `${family}.md`)]);
    for (const { family, file, entries, laws } of files) {
      const page = pages.get(`${family}.md`)!;
      for (const { name } of entries) expect(page).toContain(`\n## ${name}\n`);
      expect(laws.length, `laws of ${family}/${file}`).toBeGreaterThan(0);
      for (const law of laws) expect(page).toContain(`- ${law}`);
    }
  });

  it("indexes every method by family, and answers every question", () => {
    const index = pages.get("README.md")!;
    for (const { family, name } of entries) {
      expect(index).toContain(`[\`${name}\`](${family}.md#${name.toLowerCase()})`);
    }
    expect([...index.matchAll(/^### ([^[\n]+)$/gm)].map(([, question]) => question)).toEqual(QUESTIONS);
  });

  it("has a claim and its result where a method answers a question", () => {
    const bare = entries.filter(({ questions, claim }) => questions.length > 0 && claim === undefined);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });
});
