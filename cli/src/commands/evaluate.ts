import type { SparseExample } from "cotangent/data";
import { FileError } from "../errors.js";
import type { Format } from "../formats.js";
import { type Evaluation, evaluateRankings, PLACES } from "../metrics.js";
import { readModel } from "../model-file.js";
import { encodedExamples } from "../model-input.js";
import { showProgress, silent } from "../progress.js";
import { type Ranked, rankExamples } from "../ranking.js";
import { showCount } from "../report.js";

export interface EvaluateOptions {
  readonly format?: Format;
  readonly json?: true;
  readonly quiet?: true;
}

const COMMAND = "evaluate";

/** Scores a model on a file of labelled examples. */
export async function evaluate(modelPath: string, path: string, options: EvaluateOptions): Promise<Evaluation> {
  const { model, extra } = await readModel(COMMAND, modelPath, "cotangent model 1");
  const examples: SparseExample[] = [];
  for await (const example of encodedExamples(COMMAND, { path, format: options.format }, model)) examples.push(example);
  const isShown = !options.json && !options.quiet;
  const progress = isShown ? showProgress("evaluating", examples.length) : silent;
  const ranked: Ranked[] = [];
  try {
    for await (const example of rankExamples(model, examples, PLACES[PLACES.length - 1])) {
      ranked.push(example);
      progress.update(ranked.length, [`${showCount(ranked.length)} examples`]);
    }
  } finally {
    progress.stop();
  }
  if (ranked.every(({ labels }) => labels.length === 0)) {
    throw new FileError(
      `${COMMAND}: ${path} has no example with a label that training showed but must have one; to label examples use cotangent predict`,
    );
  }
  return evaluateRankings(ranked, model.labels, extra.examples as number);
}
