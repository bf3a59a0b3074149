import { Command } from "commander";
import { FORMATS } from "../formats.js";
import { oneOf } from "../numbers.js";
import { showEvaluation } from "../report.js";
import { type EvaluateOptions, evaluate } from "./evaluate.js";

/** `cotangent evaluate`. */
export function evaluateCommand(): Command {
  return new Command("evaluate")
    .summary("score a model on labelled examples")
    .description(
      `Scores a model on examples that it was not trained on: precision, nDCG and propensity-scored precision at 1, 3 and 5,
recall at 5, and precision at 1 by how often a label came in training. All are over the examples that have a label
which training showed.`,
    )
    .argument("<model>", "what cotangent train wrote")
    .argument("<file>", "labelled examples in a format that the model takes")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; default: by its first lines`,
      oneOf("evaluate", "--format", FORMATS),
    )
    .option("--json", "print the result as JSON, and nothing else")
    .option("--quiet", "show no progress")
    .addHelpText(
      "after",
      `
Examples:
  cotangent evaluate model.safetensors test.txt
  cotangent evaluate model.safetensors test.txt --json | jq .precision[0]`,
    )
    .action(async (model: string, file: string, options: EvaluateOptions) => {
      const result = await evaluate(model, file, options);
      process.stdout.write(`${options.json ? JSON.stringify(result) : showEvaluation(result)}\n`);
    });
}
