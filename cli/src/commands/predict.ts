import { readFasttext } from "cotangent/data";
import { FileError, UsageError } from "../errors.js";
import { encodeExample } from "../feature-space.js";
import type { Format } from "../formats.js";
import { readModel } from "../model-file.js";
import { encodedExamples } from "../model-input.js";
import { rankExamples } from "../ranking.js";

export interface PredictOptions {
  /** Labels for each example. */
  readonly top: number;
  /** One text to label, instead of a file. */
  readonly text?: string;
  readonly format?: Format;
  readonly json?: true;
}

/** The best labels of one example, best first. */
export interface Prediction {
  readonly labels: readonly string[];
  /** On the scale of logits: differences are log-odds, as far as the model is right. */
  readonly scores: readonly number[];
}

const COMMAND = "predict";

/** Labels the examples of a file, one after the other. */
export async function* predict(
  modelPath: string,
  path: string | undefined,
  { top, text, format }: PredictOptions,
): AsyncGenerator<Prediction> {
  if (text !== undefined && path !== undefined) {
    throw new UsageError(`${COMMAND}: --text and a file are both given but only one of them can be`);
  }
  const { model } = await readModel(COMMAND, modelPath, "cotangent model 1");
  const examples =
    text === undefined
      ? encodedExamples(COMMAND, { path: path ?? "-", format }, model)
      : await encodeText(text, modelPath, model);
  for await (const { ids, scores } of rankExamples(model, examples, top)) {
    yield { labels: Array.from(ids, (id) => model.labels.tokens[id]), scores: [...scores] };
  }
}

/** One line a prediction: label and score, label and score, … */
export function describePrediction({ labels, scores }: Prediction): string {
  return labels.map((label, i) => `${label} ${scores[i].toFixed(4)}`).join("\t");
}

type ModelOf = Awaited<ReturnType<typeof readModel>>["model"];

async function encodeText(
  text: string,
  modelPath: string,
  { space, labels }: ModelOf,
): Promise<[ReturnType<typeof encodeExample>]> {
  if (space.kind !== "tokens") {
    throw new FileError(
      `${COMMAND}: --text is given but ${modelPath} was trained on numbered features; give a file of them`,
    );
  }
  const tokens: string[] = [];
  for await (const line of readFasttext(text)) tokens.push(...line.tokens);
  return [encodeExample({ labels: [], content: { tokens } }, space, labels)];
}
