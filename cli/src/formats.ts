import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type ByteSource, readFasttext, readSvmlight, readXmc } from "cotangent/data";
import { FileError, reasonOf } from "./errors.js";

/** File formats that examples can come in. */
export const FORMATS = ["xmc", "svmlight", "fasttext"] as const;
export type Format = (typeof FORMATS)[number];

/** What an example's input is: words, or numbered features with their values. */
export type Content =
  | { readonly tokens: readonly string[] }
  | { readonly indices: Uint32Array; readonly values: Float32Array };

/** One example of any format. */
export interface Example {
  readonly labels: readonly string[];
  readonly content: Content;
}

/** A file of examples, and how to read it. */
export interface ExampleFile {
  readonly path: string;
  readonly format: Format;
  /** The index that svmlight text gives its first feature. */
  readonly firstIndex: 0 | 1;
}

const GLANCE = 2 ** 16;

/**
 * Tells a file's format by its first lines; undefined if it looks like none of them.
 *
 * @throws FileError if it cannot be read or is empty
 */
export async function detectFormat(command: string, path: string): Promise<Format | undefined> {
  const text = await firstText(command, path);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new FileError(`${command}: ${path} is empty but must hold examples, one a line`);
  if (/^\ufeff?[ \t]*\d+[ \t]+\d+[ \t]+\d+[ \t]*$/.test(lines[0])) return "xmc";
  if (/(^|\s)__label__\S/.test(text)) return "fasttext";
  const isSparse = (line: string) => /^(\S*[ \t]+)?(qid:\d+[ \t]+)?\d+:\S+([ \t]|$)/.test(line);
  const data = lines.filter((line) => !line.startsWith("#"));
  return data.length > 0 && isSparse(data[0]) ? "svmlight" : undefined;
}

/** What is said of a file whose format cannot be told. */
export function unknownFormat(command: string, path: string): FileError {
  return new FileError(
    `${command}: ${path} looks like none of the formats but must be in one of ${FORMATS.join(", ")}; name it with --format`,
  );
}

async function firstText(command: string, path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(GLANCE), 0, GLANCE, 0);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new FileError(`${command}: ${path} cannot be read, as ${reasonOf(cause)}; check the path`, { cause });
  }
}

/** The bytes of a file, chunk by chunk; `onChunk` sees each. */
export async function* fileBytes(path: string, onChunk?: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 18 })) {
    onChunk?.(chunk);
    yield chunk;
  }
}

/** The examples of some bytes, as they are read; memory is bounded by the longest line. */
export async function* readExamples(source: ByteSource, file: ExampleFile): AsyncGenerator<Example> {
  const { path, format, firstIndex } = file;
  if (format === "fasttext") {
    for await (const { labels, tokens } of readFasttext(source, { file: path })) yield { labels, content: { tokens } };
  } else if (format === "svmlight") {
    for await (const { labels, indices, values } of readSvmlight(source, { file: path, firstIndex })) {
      yield { labels: labels.map(String), content: { indices, values } };
    }
  } else {
    const { examples } = await readXmc(source, { file: path });
    for await (const { labels, indices, values } of examples) {
      yield { labels: labels.map(String), content: { indices, values } };
    }
  }
}
