import { Command } from "commander";
import { BACKENDS } from "../backends.js";
import { UsageError } from "../errors.js";
import { FORMATS } from "../formats.js";
import { finiteNumber, oneOf, wholeNumber } from "../numbers.js";
import { DEFAULT_RECIPE, LOSSES, OPTIONS_OF_LOSS, type Recipe, SAMPLERS } from "../recipe.js";
import { CHECKS, describeTraining, type TrainOptions, train } from "./train.js";

const whole = (flag: string, least: number, most?: number) => wholeNumber("train", flag, least, most);
const above = (flag: string, bound: number) => finiteNumber("train", flag, bound, "above");
const from = (flag: string, bound: number) => finiteNumber("train", flag, bound, "from");
const defaults = DEFAULT_RECIPE;

/** `cotangent train`. */
export function trainCommand(): Command {
  const command = new Command("train")
    .summary("train a classifier on a file")
    .description(
      "Trains a classifier on a file: an embedding for each word or feature, averaged, and a linear layer over all labels.",
    )
    .argument("<file>", "training examples")
    .requiredOption("-o, --output <file>", "where the model goes, one safetensors file");
  addDataOptions(command);
  addLossOptions(command);
  addRunOptions(command);
  return command.addHelpText("after", EXAMPLES).action(async (path: string, options: TrainOptions) => {
    checkOptionsOfLoss(command, options);
    const result = await train(path, options);
    process.stdout.write(`${options.json ? JSON.stringify(result) : describeTraining(result)}\n`);
  });
}

function addDataOptions(command: Command): void {
  command
    .optionsGroup("Data:")
    .option(
      "--format <name>",
      `${FORMATS.join(", ")}; default: by its first lines`,
      oneOf("train", "--format", FORMATS),
    )
    .option(
      "--first-index <n>",
      "index that an svmlight file gives its first feature, 0 or 1",
      whole("--first-index", 0, 1),
      1,
    )
    .option("--min-count <n>", "leave out words that come less often", whole("--min-count", 1), 1)
    .option("--normalize", "divide each example by its Euclidean length", false)
    .option("--memory <MB>", "stream files whose examples take more than this", whole("--memory", 0), 1024)
    .option(
      "--shuffle-buffer <n>",
      "examples to shuffle among when a file is streamed",
      whole("--shuffle-buffer", 1),
      100_000,
    );
}

function addLossOptions(command: Command): void {
  command
    .optionsGroup("Loss:")
    .option("--loss <name>", LOSSES.join(", "), oneOf("train", "--loss", LOSSES), defaults.loss)
    .option(
      "--sampler <name>",
      `what negatives are drawn from: ${SAMPLERS.join(", ")}`,
      oneOf("train", "--sampler", SAMPLERS),
      defaults.sampler,
    )
    .option("--power <p>", "the unigram sampler draws in proportion to count^p", from("--power", 0), defaults.power)
    .option(
      "--negatives <m>",
      "negatives that a batch shares (default: 256), or of each example of the adversarial softmax (default: 1) and the RF-softmax (default: 32)",
      whole("--negatives", 1),
    )
    .option(
      "--regularization <λ>",
      "penalty on corrected scores (adversarial softmax)",
      from("--regularization", 0),
      defaults.regularization,
    )
    .option(
      "--tree-features <k>",
      "features that the tree decides by (adversarial softmax)",
      whole("--tree-features", 1),
      defaults.treeFeatures,
    )
    .option(
      "--feature-epochs <n>",
      "first epochs, of sampled softmax, to find them (adversarial softmax)",
      whole("--feature-epochs", 1),
      defaults.featureEpochs,
    )
    .option(
      "--adjustment <τ>",
      "how much rarer labels are lifted (logit-adjusted and disentangled softmax)",
      from("--adjustment", 0),
      defaults.adjustment,
    )
    .option("--sharpness <τ>", "inverse temperature (RF-softmax)", above("--sharpness", 0), defaults.sharpness)
    .option(
      "--frequencies <n>",
      "random frequencies of its sampler (RF-softmax)",
      whole("--frequencies", 1),
      defaults.frequencies,
    )
    .option("--hardest <k>", "negatives that count (stochastic mining)", whole("--hardest", 1), defaults.hardest);
}

function addRunOptions(command: Command): void {
  command
    .optionsGroup("Training:")
    .option("--dim <n>", "width of the embedding", whole("--dim", 1), defaults.dim)
    .option("--epochs <n>", "passes over the file", whole("--epochs", 1), defaults.epochs)
    .option("--batch-size <n>", "examples a step", whole("--batch-size", 1), defaults.batchSize)
    .option("--learning-rate <r>", "Adagrad's rate", above("--learning-rate", 0), defaults.learningRate)
    .option("--seed <n>", "the same seed gives the same bits", whole("--seed", 0), defaults.seed)
    .option("--backend <name>", BACKENDS.join(", "), oneOf("train", "--backend", BACKENDS), defaults.backend)
    .optionsGroup("Run:")
    .option(
      "--checkpoint-every <steps>",
      "keep the run so far, in <output>.checkpoint",
      whole("--checkpoint-every", 1),
      500,
    )
    .option("--resume [checkpoint]", "go on where a stopped run was; the result is the same, bit for bit")
    .option("--restart", "start anew though there is a checkpoint")
    .option(
      "--check <what>",
      "finite: end at the first step with NaN or an infinity, and name the operation that made it; slower, the same bits",
      oneOf("train", "--check", CHECKS),
    )
    .option("--json", "print the result as JSON, and nothing else")
    .option("--quiet", "show no progress");
}

/** An option that the loss does not take is a mistake, not a detail. */
function checkOptionsOfLoss(command: Command, options: TrainOptions): void {
  const { loss, sampler } = options;
  const special = new Set(Object.values(OPTIONS_OF_LOSS).flat());
  for (const name of special) {
    if (command.getOptionValueSource(name) !== "cli" || OPTIONS_OF_LOSS[loss].includes(name)) continue;
    const takers = LOSSES.filter((other) => OPTIONS_OF_LOSS[other].includes(name));
    throw new UsageError(
      `train: ${flagOf(name)} is given but must not be with --loss ${loss}; it is for ${takers.join(", ")}`,
    );
  }
  if (command.getOptionValueSource("power") === "cli" && sampler !== "unigram") {
    throw new UsageError(`train: --power is given but must not be with --sampler ${sampler}; it is for unigram`);
  }
  if (options.epochs <= options.featureEpochs && loss === "adversarial-softmax") {
    throw new UsageError(
      `train: --epochs is ${options.epochs} but must be more than --feature-epochs, ${options.featureEpochs}, with --loss ${loss}`,
    );
  }
  if (options.treeFeatures > options.dim && loss === "adversarial-softmax") {
    throw new UsageError(`train: --tree-features is ${options.treeFeatures} but must be at most --dim, ${options.dim}`);
  }
}

function flagOf(name: keyof Recipe): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const EXAMPLES = `
Formats, one example a line:
  fasttext   __label__sauce __label__cheese how much does potato starch affect a cheese sauce
  xmc        12,7 3:0.5 90:1.25     as in the Extreme Classification Repository, after a line "rows features labels"
  svmlight   12,7 4:0.5 91:1.25     the same, counting from 1 and without that line

Examples:
  cotangent train train.txt -o model.safetensors
      sampled softmax with negatives in proportion to label frequency: a good start for a long tail
  cotangent train train.txt -o model.safetensors --loss sampled-softmax --sampler unigram --power 0.5 --negatives 512
  cotangent train train.txt -o model.safetensors --loss nce --sampler log-uniform
  cotangent train train.txt -o model.safetensors --loss full-softmax
      exact, at a cost that grows with the number of labels
  cotangent train big.txt -o model.safetensors --memory 500
      a file larger than memory is read anew in each epoch and shuffled through a buffer; if it is sorted by label,
      shuffle it once on disk first
  cotangent train train.txt -o model.safetensors --resume
      after Ctrl-C, a kill or a power cut`;
