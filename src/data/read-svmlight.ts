import { checkCount } from "../autodiff/check.js";
import type { Line } from "./line.js";
import { lines, type TextOptions } from "./lines.js";
import type { TextSource } from "./source.js";
import { FEATURE_LIMIT, readFeatures, readLabels, type SparseExample } from "./sparse-example.js";

/** A line of an svmlight file; here labels are any finite numbers, so that regression targets fit too. */
export interface SvmlightExample extends SparseExample {
  /** The ranking query that the example belongs to; absent if the line has no `qid:`. */
  readonly query?: number;
}

export interface SvmlightOptions extends TextOptions {
  /** The index that the file gives its first feature; examples always count from 0. Default 1. */
  readonly firstIndex?: 0 | 1;
  /** Features in the data set: indices must be below `firstIndex + features`. Default 2^32. */
  readonly features?: number;
}

/**
 * Reads svmlight (libsvm) text, one example at a time.
 *
 *     label,label,… qid:query index:value index:value … # comment
 *
 * A line that begins with a blank has no labels. Blank lines and lines that hold only a comment are skipped.
 * Features that are not in order are sorted; a feature or a label that comes twice in a line is an error.
 * Values are rounded to 32-bit floats. A file without examples is empty, not an error, as it has no header to miss.
 *
 * @param source - the text, or its bytes, whole or in chunks
 * @returns a generator of the examples; memory is bounded by the longest line
 * @throws RangeError if `firstIndex` is not 0 or 1, or `features` is not a whole number ≥ 1
 * @throws DataError if a line is malformed, an index is out of range or a value is not finite
 * @source Joachims, "Making large-scale SVM learning practical", in Advances in Kernel Methods, 1999, SVM-light's file format
 */
export async function* readSvmlight(
  source: TextSource,
  options: SvmlightOptions = {},
): AsyncGenerator<SvmlightExample> {
  const { firstIndex = 1, features = FEATURE_LIMIT } = options;
  checkFirstIndex("readSvmlight", firstIndex);
  checkCount("readSvmlight", { features }, 1);
  for await (const line of lines("readSvmlight", source, options)) {
    const hash = line.text.indexOf("#");
    const end = hash < 0 ? line.text.length : hash;
    if (line.skipBlanks(0, end) < end) yield readExample(line, end, firstIndex, Math.min(features, FEATURE_LIMIT));
  }
}

/** Throws RangeError unless it is 0 or 1. */
export function checkFirstIndex(caller: string, firstIndex: number): void {
  if (firstIndex !== 0 && firstIndex !== 1) {
    throw new RangeError(`${caller}: firstIndex is ${firstIndex} but must be 0 or 1`);
  }
}

function readExample(line: Line, end: number, firstIndex: number, features: number): SvmlightExample {
  const labelsEnd = line.fieldEnd(0, end);
  // Adding 0 makes −0 plain 0, which is the same label.
  const labels =
    labelsEnd === 0 ? [] : readLabels(line, 0, labelsEnd, (from, to) => line.finite(from, to, "label") + 0);
  const start = line.skipBlanks(labelsEnd, end);
  if (!line.text.startsWith("qid:", start)) return { labels, ...readFeatures(line, start, end, firstIndex, features) };
  const queryEnd = line.fieldEnd(start, end);
  const query = line.whole(start + 4, queryEnd, "qid", 0, Number.MAX_SAFE_INTEGER);
  return { labels, query, ...readFeatures(line, queryEnd, end, firstIndex, features) };
}
