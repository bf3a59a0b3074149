import { Command } from "commander";
import { BACKENDS } from "../backends.js";
import { DEFAULT_METHODS } from "../compare/contenders.js";
import { CLASSES } from "../compare/scaling.js";
import { DATASETS } from "../compare/sources.js";
import { FORMATS } from "../formats.js";
import { duration, finiteNumber, listOf, oneOf, wholeNumber } from "../numbers.js";
import { DEFAULT_RECIPE, LOSSES, SAMPLERS } from "../recipe.js";
import type { CompareOptions } from "./compare.js";

const whole = (flag: string, least: number, most?: number) => wholeNumber("compare", flag, least, most);
const above = (flag: string, bound: number) => finiteNumber("compare", flag, bound, "above");

/** `cotangent compare`. */
export function compareCommand(): Command {
  const names = Object.keys(DATASETS).join(", ");
  const command = new Command("compare")
    .summary("compare methods on the same data, and write a report")
    .description(
      "Trains each method under the same conditions, with the same tries to choose a learning rate, and writes a report: one HTML page that needs no network, the same as JSON and as CSV.",
    )
    .argument("<data>", `training examples, or data that comes with a package: ${names}`)
    .option("-o, --output <file>", "where the report's page goes; .json and .csv go beside it", "comparison.html");
  addConditions(command);
  addModelOptions(command);
  addRunOptions(command);
  return command.addHelpText("after", EXAMPLES).action(async (data: string, options: CompareOptions) => {
    const { compare, describeComparison } = await import("./compare.js"); // large, and no other command needs it
    const result = await compare(data, options);
    process.stdout.write(`${options.json ? JSON.stringify(result.comparison) : describeComparison(result)}\n`);
  });
}

function addConditions(command: Command): void {
  command
    .optionsGroup("Comparison:")
    .option(
      "--methods <list>",
      `some of ${LOSSES.join(", ")}; those that draw from a sampler may add ${SAMPLERS.map((name) => `:${name}`).join(", ")}`,
      DEFAULT_METHODS,
    )
    .option("--budget <time>", "training time of each run, such as 60s, 10min or 2h", duration("compare", "--budget"))
    .option("--epochs <n>", "passes over the data of each run instead (default: 3)", whole("--epochs", 1))
    .option("--seeds <n>", "runs of each method", whole("--seeds", 1), 3)
    .option(
      "--grid <rates>",
      "learning rates that every method tries; a single one is taken as it is",
      listOf("compare", "--grid", above("--grid", 0)),
      [0.1, 0.3, 1],
    )
    .option("--tuning-share <s>", "share of the budget that a try has", above("--tuning-share", 0), 0.25)
    .option("--points <n>", "places on the way at which a run is scored", whole("--points", 1), 8)
    .option("--scored <n>", "test examples that it is scored on there", whole("--scored", 1), 2000)
    .option("--draws <n>", "draws of each method's gradient; 0 leaves them out", whole("--draws", 0), 64)
    .option(
      "--classes <list>",
      "numbers of classes to time a step at, powers of two; 0 for none",
      listOf("compare", "--classes", whole("--classes", 0)),
      [...CLASSES],
    );
}

function addModelOptions(command: Command): void {
  command
    .optionsGroup("Data and model:")
    .option("--test <file>", "examples to test on; default: a tenth of the data, by a hash of each example")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; default: by its first lines`,
      oneOf("compare", "--format", FORMATS),
    )
    .option("--first-index <n>", "index that an svmlight file gives its first feature", whole("--first-index", 0, 1), 1)
    .option("--normalize", "divide each example by its Euclidean length", false)
    .option("--dim <n>", "width of the embedding", whole("--dim", 1), DEFAULT_RECIPE.dim)
    .option("--batch-size <n>", "examples a step", whole("--batch-size", 1), DEFAULT_RECIPE.batchSize)
    .option("--negatives <m>", "negatives that a batch shares", whole("--negatives", 1), DEFAULT_RECIPE.negatives)
    .option("--backend <name>", BACKENDS.join(", "), oneOf("compare", "--backend", BACKENDS), DEFAULT_RECIPE.backend);
}

function addRunOptions(command: Command): void {
  command
    .optionsGroup("Run:")
    .option("--resume", "go on where a stopped comparison was")
    .option("--restart", "start anew though there is an unfinished one")
    .option("--json", "print what was found as JSON, and nothing else")
    .option("--quiet", "show no progress");
}

const EXAMPLES = `
Examples:
  cotangent compare train.txt --test test.txt --budget 60s
      the default methods, three seeds each, a minute of training a run
  cotangent compare cities --methods full-softmax,sampled-softmax:uniform,sampled-softmax --epochs 5
  cotangent compare wordnet --methods sampled-softmax,adversarial-softmax --budget 2min --seeds 5 -o wordnet.html
  cotangent compare wordnet --methods sampled-softmax,adversarial-softmax --budget 2min --seeds 5 -o wordnet.html --resume
      after Ctrl-C, a kill or a power cut`;
