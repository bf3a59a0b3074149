import { checkCount } from "../autodiff/check.js";
import { DataError } from "./error.js";
import { Line } from "./line.js";
import { chunksOf, concatBytes, type TextSource } from "./source.js";

/** What every reader of text takes. */
export interface TextOptions {
  /** The file's name, for messages. Default "input". */
  readonly file?: string;
  /** The longest line to accept, in UTF-16 units: what bounds the memory. Default 2^26. */
  readonly maxLineLength?: number;
}

const NEWLINE = 0x0a;

/**
 * The lines of UTF-8 text, in memory that the longest line bounds.
 *
 * Lines end in LF or CRLF; what follows the last line end is a line if it is not empty; a byte order mark is skipped.
 *
 * @throws DataError if a line is not UTF-8 or is longer than `maxLineLength`
 */
export async function* lines(caller: string, source: TextSource, options: TextOptions = {}): AsyncGenerator<Line> {
  const { file = "input", maxLineLength = 2 ** 26 } = options;
  checkCount(caller, { maxLineLength }, 1);
  const origin = `${caller}: ${file}`;
  let number = 0;
  let pending: Uint8Array[] = [];
  let pendingLength = 0;

  const next = (text: string): Line => {
    number += 1;
    const first = number === 1 && text.startsWith("\ufeff") ? 1 : 0;
    const line = new Line(origin, number, text.slice(first, text.endsWith("\r") ? -1 : undefined));
    if (line.text.length > maxLineLength) throw tooLong(line);
    return line;
  };
  const tooLong = (line: Line) =>
    line.error(maxLineLength, `line is longer than ${maxLineLength} characters; raise maxLineLength if that is right`);

  for await (const chunk of chunksOf(caller, source)) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      for (const text of decode(origin, number, concatBytes([...pending, chunk.subarray(0, end)]))) yield next(text);
      pending = [];
      pendingLength = 0;
    }
    const rest = chunk.slice(end + 1); // a copy: the source may fill the same buffer again
    pending.push(rest);
    pendingLength += rest.length;
    // A UTF-16 unit takes at most 3 bytes; the byte order mark and CR are 4 more.
    if (pendingLength > 3 * maxLineLength + 4) throw tooLong(new Line(origin, number + 1, ""));
  }
  if (pendingLength > 0) for (const text of decode(origin, number, concatBytes(pending))) yield next(text);
}

function* decode(origin: string, before: number, bytes: Uint8Array): Generator<string> {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const whole = attempt(strict, bytes);
  if (whole !== undefined) {
    yield* whole.split("\n");
    return;
  }
  let number = before;
  for (let start = 0; ; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const line = bytes.subarray(start, newline < 0 ? undefined : newline);
    const text = attempt(strict, line);
    number += 1;
    if (text === undefined) {
      throw new DataError(`${origin}:${number}:${wrongColumn(line)}: text is not UTF-8`);
    }
    yield text;
    start = newline + 1;
  }
}

function attempt(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

// Decoded with replacement characters and encoded again, the text first differs at the first wrong byte.
function wrongColumn(line: Uint8Array): number {
  const loose = new TextDecoder("utf-8", { ignoreBOM: true });
  const again = new TextEncoder().encode(loose.decode(line));
  let at = 0;
  while (again[at] === line[at]) at += 1;
  while (at > 0 && (again[at]! & 0xc0) === 0x80) at -= 1; // back to where the character starts
  return loose.decode(line.subarray(0, at)).length + 1;
}
