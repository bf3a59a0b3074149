import { UsageError } from "./errors.js";

/** A parser of one option's text. */
export type OptionParser<T> = (text: string) => T;

/** Decimal digits only: "1e3", "0x10" and "" are no whole numbers. */
export function wholeNumber(
  command: string,
  flag: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): OptionParser<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const right =
      most === Number.MAX_SAFE_INTEGER ? `a whole number ≥ ${least}` : `a whole number in [${least}, ${most}]`;
    throw new UsageError(`${command}: ${flag} is ${JSON.stringify(text)} but must be ${right}`);
  };
}

/** A finite decimal number above a bound, or from it on. */
export function finiteNumber(
  command: string,
  flag: string,
  bound: number,
  bounds: "above" | "from",
): OptionParser<number> {
  return (text) => {
    const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value) && (bounds === "above" ? value > bound : value >= bound)) return value;
    const right = `a finite number ${bounds === "above" ? ">" : "≥"} ${bound}`;
    throw new UsageError(`${command}: ${flag} is ${JSON.stringify(text)} but must be ${right}`);
  };
}

/** One of the words listed. */
export function oneOf<T extends string>(command: string, flag: string, allowed: readonly T[]): OptionParser<T> {
  return (text) => {
    const found = allowed.find((word) => word === text);
    if (found !== undefined) return found;
    throw new UsageError(`${command}: ${flag} is ${JSON.stringify(text)} but must be one of ${allowed.join(", ")}`);
  };
}

/** Values parted by commas, at least one. */
export function listOf<T>(command: string, flag: string, one: OptionParser<T>): OptionParser<T[]> {
  return (text) => {
    if (text.trim() === "") throw new UsageError(`${command}: ${flag} is empty but must have values, parted by commas`);
    return text.split(",").map((part) => one(part.trim()));
  };
}

/** A time in seconds: `90s`, `10min` or `10m`, `2h`; a plain number is seconds. */
export function duration(command: string, flag: string): OptionParser<number> {
  return (text) => {
    const [, number, unit = "s"] = /^(\d+\.?\d*|\.\d+)\s*(s|min|m|h)?$/.exec(text) ?? [];
    const seconds = Number(number) * { s: 1, m: 60, min: 60, h: 3600 }[unit as "s" | "min" | "h"];
    if (seconds > 0) return seconds;
    throw new UsageError(`${command}: ${flag} is ${JSON.stringify(text)} but must be a time, such as 60s, 10min or 2h`);
  };
}
