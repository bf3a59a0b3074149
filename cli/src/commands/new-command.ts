import { Argument, Command } from "commander";
import { oneOf } from "../numbers.js";
import { KINDS, type Kind, templates } from "../templates/texts.js";
import { describeNew, type NewOptions, newMethod } from "./new.js";

/** `cotangent new`. */
export function newCommand(): Command {
  return new Command("new")
    .summary("start a loss, a sampler or an estimator of your own")
    .description(
      "Writes a method that works, with a declaration of what it is and a spec: a place to start from, whose every claim can be verified.",
    )
    .addArgument(new Argument("<kind>", KINDS.join(", ")).argParser(oneOf("new", "<kind>", KINDS)))
    .argument("<name>", "in kebab-case; the function has it in camelCase")
    .option("--folder <folder>", "where the files go", ".")
    .addHelpText(
      "after",
      `
Examples:
  cotangent new loss my-loss                     my-loss.ts and my-loss.spec.ts, with myLoss
  cotangent new sampler zipf --folder samplers
  cotangent verify my-loss.ts                    every law of what it declares`,
    )
    .action(async (kind: Kind, name: string, options: NewOptions) => {
      process.stdout.write(`${describeNew(await newMethod(kind, name, options, templates()[kind]))}\n`);
    });
}
