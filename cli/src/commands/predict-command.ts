import { Command } from "commander";
import { FORMATS } from "../formats.js";
import { oneOf, wholeNumber } from "../numbers.js";
import { describePrediction, type PredictOptions, predict } from "./predict.js";

/** `cotangent predict`. */
export function predictCommand(): Command {
  return new Command("predict")
    .summary("label new examples")
    .description(
      "Prints the best labels of each example with their scores, one line an example. Labels in the file are not looked at.",
    )
    .argument("<model>", "what cotangent train wrote")
    .argument("[file]", "examples in a format that the model takes; default: standard input")
    .option("--top <k>", "labels for each example", wholeNumber("predict", "--top", 1), 5)
    .option("--text <text>", "label this text instead of a file")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; default: by its first lines`,
      oneOf("predict", "--format", FORMATS),
    )
    .option("--json", "print a line of JSON for each example: labels and scores")
    .addHelpText(
      "after",
      `
Examples:
  cotangent predict model.safetensors new.txt --top 3
  cotangent predict model.safetensors --text "make more striking or animated"
  tail -f questions.txt | cotangent predict model.safetensors --json`,
    )
    .action(async (model: string, file: string | undefined, options: PredictOptions) => {
      for await (const prediction of predict(model, file, options)) {
        process.stdout.write(`${options.json ? JSON.stringify(prediction) : describePrediction(prediction)}\n`);
      }
    });
}
