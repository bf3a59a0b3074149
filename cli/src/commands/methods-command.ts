import { Command } from "commander";
import { describeMethods, methods } from "./methods.js";

/** `cotangent methods`. */
export function methodsCommand(): Command {
  return new Command("methods")
    .summary("list what the library holds")
    .description("Lists the library's methods by family: the name to import, what it is, and where it is from.")
    .argument("[word]", "only those that have it in family, name, description or source")
    .option("--json", "print them as JSON")
    .addHelpText(
      "after",
      `
Examples:
  cotangent methods
  cotangent methods sampler
  cotangent methods --json | jq -r '.[].name'`,
    )
    .action((word: string | undefined, { json }: { readonly json?: true }) => {
      const entries = methods(word);
      process.stdout.write(`${json ? JSON.stringify(entries) : describeMethods(entries)}\n`);
    });
}
