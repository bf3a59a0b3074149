import { checkFirstIndex, type SvmlightExample } from "./read-svmlight.js";
import type { Stream } from "./source.js";
import { checkDistinctLabels, checkFeatures, FEATURE_LIMIT, showFeatures } from "./sparse-example.js";

/**
 * Writes svmlight (libsvm) text, line by line; `readSvmlight` gives back the same examples, bit for bit.
 *
 * @param examples - each with at least a label, a query or a feature: a line that holds nothing is skipped by readers
 * @param options - `firstIndex`: the index that the file gives the first feature, 0 or 1; default 1
 * @returns the lines, each with its line end
 * @throws RangeError if `firstIndex` is not 0 or 1
 * @throws RangeError if an example holds nothing, a number that is not finite, or indices unsorted or repeated
 * @source Joachims, "Making large-scale SVM learning practical", in Advances in Kernel Methods, 1999, SVM-light's file format
 */
export async function* writeSvmlight(
  examples: Stream<SvmlightExample>,
  options: { readonly firstIndex?: 0 | 1 } = {},
): AsyncGenerator<string> {
  const { firstIndex = 1 } = options;
  checkFirstIndex("writeSvmlight", firstIndex);
  let row = 0;
  for await (const example of examples) {
    const { labels, query, indices } = example;
    labels.forEach((label, at) => {
      if (!Number.isFinite(label)) {
        throw new RangeError(`writeSvmlight: labels[${at}] of example ${row} is ${label} but must be finite`);
      }
    });
    checkDistinctLabels("writeSvmlight", example, row);
    checkFeatures("writeSvmlight", example, row, FEATURE_LIMIT);
    if (query !== undefined && !(Number.isSafeInteger(query) && query >= 0 && query < Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(
        `writeSvmlight: query of example ${row} is ${query} but must be a whole number in [0, 2^53 − 1)`,
      );
    }
    if (labels.length === 0 && query === undefined && indices.length === 0) {
      throw new RangeError(`writeSvmlight: example ${row} is empty but must have a label, a query or a feature`);
    }
    const fields = [labels.join(",")];
    if (query !== undefined) fields.push(`qid:${query}`);
    if (indices.length > 0) fields.push(showFeatures(example, firstIndex));
    yield `${fields.join(" ")}\n`;
    row += 1;
  }
}
