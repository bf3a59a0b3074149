import type { CommanderError } from "commander";

/**
 * What is wrong with a command line, in the form of every other message.
 *
 * @param commands - the names of all commands
 */
export function problemOf(
  { code, message }: CommanderError,
  args: readonly string[],
  commands: readonly string[],
): string {
  const command = args.find((arg) => commands.includes(arg)) ?? "cotangent";
  const help = command === "cotangent" ? "cotangent --help" : `cotangent ${command} --help`;
  const [, quoted = ""] = /'([^']*)'/.exec(message) ?? [];
  const [, similar] = /Did you mean (\S+?)\?/.exec(message) ?? [];
  const hint = similar === undefined ? `see ${help}` : `did you mean ${similar}?`;
  const [flag] = quoted.split(/[ ,]/);
  switch (code) {
    case "commander.unknownOption":
      return `${command}: ${quoted} is no option but must be one; ${hint}`;
    case "commander.unknownCommand":
      return `cotangent: ${quoted} is no command but must be one of ${commands.join(", ")}; ${hint}`;
    case "commander.missingArgument":
      return `${command}: <${quoted}> is missing but must be given; ${hint}`;
    case "commander.missingMandatoryOptionValue":
      return `${command}: ${longFlag(quoted)} is missing but must be given; ${hint}`;
    case "commander.optionMissingArgument":
      return `${command}: ${longFlag(quoted) || flag} has no value but must have one; ${hint}`;
    case "commander.excessArguments":
      return `${command}: there are more arguments than the command takes but must not be; ${hint}`;
    default:
      return `${command}: ${message.replace(/^error: /, "")}; ${hint}`;
  }
}

/** `-o, --output <file>` → `--output`. */
function longFlag(usage: string): string {
  return /--[\w-]+/.exec(usage)?.[0] ?? "";
}
