import { Command } from "commander";
import { BACKENDS } from "../backends.js";
import { duration, listOf, oneOf, wholeNumber } from "../numbers.js";
import { conclude, showVerification, type VerifyOptions, verify } from "./verify.js";

const whole = (flag: string, least: number, most?: number) => wholeNumber("verify", flag, least, most);

/** `cotangent verify`. */
export function verifyCommand(): Command {
  return new Command("verify")
    .summary("prove the library's laws, or your own, on this machine")
    .description(
      "Runs the laws of operations, methods, samplers and optimizers (gradients to second order, unbiasedness, invariances, agreement of backends) on random inputs, on the backends that this machine has.",
    )
    .argument(
      "[patterns...]",
      "methods, operations, families, or files of your own (.ts, .js); all of the library if none",
    )
    .option(
      "--backend <list>",
      `some of ${BACKENDS.join(", ")}; default: all that are here`,
      listOf("verify", "--backend", oneOf("verify", "--backend", BACKENDS)),
    )
    .option("--runs <n>", "random inputs for each law (default: as many as it says, mostly 25)", whole("--runs", 1))
    .option("--seed <n>", "where random inputs start (default: 42)", whole("--seed", 0, 2 ** 31 - 1))
    .option("--law <text>", "only laws whose name has this")
    .option("--path <path>", "go to the input that a failure names, with its --seed")
    .option(
      "--fuzz <time>",
      "random programs for so long on each backend, such as 60s, 10m or 2h, against the CPU in double precision",
      duration("verify", "--fuzz"),
    )
    .option("--jobs <n>", "processes at a time (default: half of the cores)", whole("--jobs", 1))
    .option("--report <file>", "write a page that stands alone")
    .option("--json", "print what was found as JSON, and nothing else")
    .option("--quiet", "show no progress")
    .addHelpText("after", EXAMPLES)
    .action(async (patterns: string[], options: VerifyOptions) => {
      const found = await verify(patterns, options);
      process.stdout.write(`${options.json ? JSON.stringify(found) : showVerification(found, patterns, options)}\n`);
      conclude(found);
    });
}

const EXAMPLES = `
Examples:
  cotangent verify                                  everything, on every backend: minutes
  cotangent verify sampled-softmax ops/reduce       a method and a group of operations
  cotangent verify sampling --backend webgpu        does this GPU compute right gradients?
  cotangent verify --fuzz 10m                       random programs on all backends
  cotangent verify my-loss.ts --runs 1000           your own; cotangent new loss my-loss writes one to start from
  cotangent verify --report verification.html       the same as a page`;
