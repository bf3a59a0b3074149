#!/usr/bin/env node
import { CommanderError } from "commander";
import { Interrupted, UsageError } from "./errors.js";
import { exitCodeOf } from "./interrupt.js";
import { createProgram } from "./program.js";
import { problemOf } from "./usage-problem.js";

/** Runs the command line and gives its exit code: 0 done, 1 failed, 2 called wrongly, 128 + n stopped by signal n. */
async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const complain = (message: string) =>
    process.stderr.write(isJson ? `${JSON.stringify({ error: message })}\n` : `${message}\n`);
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: "user" });
    return 0;
  } catch (problem) {
    if (problem instanceof CommanderError) {
      if (problem.exitCode === 0) return 0;
      if (problem.code === "commander.help") return 2; // called without a command: the help has been shown
      complain(
        problemOf(
          problem,
          args,
          program.commands.map((command) => command.name()),
        ),
      );
      return 2;
    }
    complain(problem instanceof Error ? problem.message : String(problem));
    if (problem instanceof Interrupted) return exitCodeOf(problem.signal);
    return problem instanceof UsageError ? 2 : 1;
  }
}

// Whoever reads the output may have had enough of it, as head does.
process.stdout.on("error", (problem: NodeJS.ErrnoException) => {
  process.exit(problem.code === "EPIPE" ? 0 : 1);
});
process.exitCode = await main(process.argv.slice(2));
