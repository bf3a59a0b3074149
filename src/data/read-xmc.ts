import { DataError, quote } from "./error.js";
import type { Line } from "./line.js";
import { lines, type TextOptions } from "./lines.js";
import type { TextSource } from "./source.js";
import { FEATURE_LIMIT, LABEL_LIMIT, readFeatures, readLabels, type SparseExample } from "./sparse-example.js";

/** The first line of an Extreme Classification Repository file. */
export interface XmcHeader {
  /** Examples in the file. */
  readonly rows: number;
  /** Feature indices are below this; at most 2^32. */
  readonly features: number;
  /** Label ids are below this; at most 2^31. */
  readonly labels: number;
}

/** An open file: its header, and its examples as they are read. */
export interface XmcFile extends XmcHeader {
  /** Reads on as it is consumed, once; its `return` closes the source. */
  readonly examples: AsyncGenerator<SparseExample>;
}

/**
 * Reads the Extreme Classification Repository's sparse text, one example at a time.
 *
 *     rows features labels
 *     label,label,… index:value index:value …
 *
 * All ids count from 0. A line that begins with a blank has no labels; a line may have no features, or be empty.
 * Features that are not in order are sorted; a feature or a label that comes twice in a line is an error.
 * Values are rounded to 32-bit floats. Blank lines after the last row are skipped.
 * Reach for it to train on the repository's data sets, however large: memory is bounded by the longest line.
 *
 * @param source - the text, or its bytes, whole or in chunks
 * @returns the header, and a generator of the examples
 * @throws DataError, here, if the file is empty or the header is not three whole numbers
 * @throws DataError, from `examples`, if a line is malformed, an id is out of the header's range, a value is not finite,
 * or the number of rows is not the header's
 * @source Bhatia et al., "The extreme classification repository: Multi-label datasets and code", 2016, section "Dataset format"
 */
export async function readXmc(source: TextSource, options: TextOptions = {}): Promise<XmcFile> {
  const parts = xmcParts(source, options);
  // The generator starts here and goes on as `examples`: one that never started could not close the source.
  const header = (await parts.next()).value as XmcHeader;
  return { ...header, examples: parts as AsyncGenerator<SparseExample> };
}

async function* xmcParts(source: TextSource, options: TextOptions): AsyncGenerator<XmcHeader | SparseExample> {
  let header: XmcHeader | undefined;
  let row = 0;
  let number = 0;
  for await (const line of lines("readXmc", source, options)) {
    number = line.number;
    if (header === undefined) {
      header = readHeader(line);
      yield header;
    } else if (row < header.rows) {
      row += 1;
      yield readExample(line, header);
    } else if (line.text.trim() !== "") {
      throw line.error(0, `row is number ${row + 1} but must not be: the header says ${header.rows} rows`);
    }
  }
  const place = `readXmc: ${options.file ?? "input"}:${number + 1}:1`;
  if (header === undefined) {
    throw new DataError(`${place}: file is empty but must begin with its numbers of rows, features and labels`);
  }
  if (row < header.rows)
    throw new DataError(`${place}: file ends after ${row} rows but its header says ${header.rows}`);
}

function readHeader(line: Line): XmcHeader {
  const bounds = { rows: Number.MAX_SAFE_INTEGER, features: FEATURE_LIMIT, labels: LABEL_LIMIT };
  const end = line.text.length;
  let start = line.skipBlanks(0, end);
  const read = (name: keyof XmcHeader): number => {
    const stop = line.fieldEnd(start, end);
    const value = line.whole(start, stop, `number of ${name}`, 0, bounds[name] + 1);
    start = line.skipBlanks(stop, end);
    return value;
  };
  if (line.text.trim().split(/[ \t]+/).length !== 3) {
    throw line.error(0, `header is ${quote(line.text)} but must be three whole numbers: rows, features, labels`);
  }
  return { rows: read("rows"), features: read("features"), labels: read("labels") };
}

function readExample(line: Line, header: XmcHeader): SparseExample {
  const labelsEnd = line.fieldEnd(0, line.text.length);
  const labels =
    labelsEnd === 0
      ? []
      : readLabels(line, 0, labelsEnd, (start, end) => line.whole(start, end, "label", 0, header.labels));
  return { labels, ...readFeatures(line, labelsEnd, line.text.length, 0, header.features) };
}
