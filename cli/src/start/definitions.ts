import { createInterface } from "node:readline/promises";
import { tokensOf } from "../../../datasets/wordnet-hypernyms.js";
import { encodeExample } from "../feature-space.js";
import type { Model } from "../model.js";
import { rankExamples } from "../ranking.js";
import type { WordnetTask } from "./task.js";

const WANTED = 3;
const SHOWN = 3;

/** Files three definitions: the user's own where there is someone to type them, else some of the test set. */
export async function fileDefinitions(task: WordnetTask, model: Model, isTyped: boolean): Promise<void> {
  if (!isTyped) {
    const known = task.testTexts.filter(({ labels }) => labels.some((id) => task.labels.idOf(id) !== undefined));
    for (const { text, labels } of known.slice(0, WANTED)) {
      const truth = labels.map((id) => task.names.get(id)).join(" | ");
      console.log(`\n"${text}"\n  is filed under  ${truth}`);
      await showBest(task, model, text);
    }
    return;
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    console.log(`\nYour turn: type ${WANTED} definitions, such as "a large boat that carries people over water".`);
    for (let i = 1; i <= WANTED; i += 1) {
      const text = await lines.question(`\n${i}. `);
      if (text.trim() === "") break;
      await showBest(task, model, text);
    }
  } finally {
    lines.close();
  }
}

async function showBest({ names }: WordnetTask, model: Model, text: string): Promise<void> {
  const { space, labels } = model;
  const example = encodeExample({ labels: [], content: { tokens: tokensOf(text) } }, space, labels);
  if (example.indices.length === 0) {
    console.log("  no word of it came in training; try others");
    return;
  }
  for await (const { ids, scores } of rankExamples(model, [example], SHOWN)) {
    ids.forEach((id, i) => {
      const label = labels.tokens[id];
      const rarity = `seen ${labels.counts[id]} times in training`;
      console.log(`  ${i + 1}. ${names.get(label) ?? label}  (score ${scores[i].toFixed(2)}, ${rarity})`);
    });
  }
}
