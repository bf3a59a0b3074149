// Why a mutant may survive, and why a law was never red: written by hand, in docs/mutation-survivors.md.

/**
 * Reads reasons: under the heading of a file, an indented block (the line as it stands, then what becomes of it; for a
 * spec, the title of a law) and after it the reason.
 *
 * @param {string} text
 * @returns {{file: string, line: string, changes: string[], reason: string}[]}
 */
export function readReasons(text) {
  const reasons = [];
  let file;
  let block;
  for (const part of text.split(/\n\s*\n/)) {
    const heading = /^## ((?:src|spec)\/\S+)$/m.exec(part);
    if (heading !== null) [file, block] = [heading[1], undefined];
    else if (/^ {4}/.test(part)) block = part.split("\n").map((line) => line.trim());
    else if (block !== undefined && part.trim() !== "") {
      reasons.push({ file, line: block[0], changes: block.slice(1), reason: part.trim() });
      block = undefined;
    }
  }
  return reasons;
}

const flat = (text) => text.replaceAll(/\s+/g, " ").trim();

/** Whether a reason is about a mutant. */
export const isAbout = ({ file, line, changes }, mutant) =>
  file === mutant.file && flat(line) === flat(mutant.before) && changes.some((one) => flat(one) === mutant.change);

/** The block that a reason for this mutant begins with. */
export const blockOf = (mutant) => `    ${flat(mutant.before)}\n    ${mutant.change}`;
