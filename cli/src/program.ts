import { Command } from "commander";
import { compareCommand } from "./commands/compare-command.js";
import { evaluateCommand } from "./commands/evaluate-command.js";
import { methodsCommand } from "./commands/methods-command.js";
import { newCommand } from "./commands/new-command.js";
import { predictCommand } from "./commands/predict-command.js";
import { trainCommand } from "./commands/train-command.js";
import { verifyCommand } from "./commands/verify-command.js";

/** The whole command line. Problems are thrown, not printed, and never end the process. */
export function createProgram(): Command {
  const program = new Command("cotangent")
    .description("Trains and uses classifiers over thousands to millions of labels, on a plain CPU or a GPU.")
    .showSuggestionAfterError(true)
    .addHelpText(
      "after",
      `
Examples:
  cotangent train train.txt --output model.safetensors     train on a file; its format is found out
  cotangent evaluate model.safetensors test.txt            precision, nDCG and recall, also by label frequency
  cotangent predict model.safetensors new.txt --top 3      the best labels of each line
  cotangent compare cities --budget 60s                    several losses under the same conditions, as a report
  cotangent verify sampled-softmax                         prove its laws on this machine's backends
  cotangent new loss my-loss                               start a loss of your own, whose claims can be verified
  cotangent methods softmax                                what the library knows about softmax

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 stopped by Ctrl-C (the work so far is kept).`,
    );
  for (const command of [
    ...[trainCommand(), predictCommand(), evaluateCommand(), compareCommand()],
    ...[verifyCommand(), newCommand(), methodsCommand()],
  ]) {
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}
