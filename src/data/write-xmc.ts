import { checkCount } from "../autodiff/check.js";
import type { XmcHeader } from "./read-xmc.js";
import type { Stream } from "./source.js";
import {
  checkFeatures,
  checkLabels,
  FEATURE_LIMIT,
  LABEL_LIMIT,
  type SparseExample,
  showFeatures,
} from "./sparse-example.js";

/**
 * Writes the Extreme Classification Repository's sparse text, line by line.
 *
 * `readXmc` gives back the same examples, bit for bit: values are written with the fewest digits that do so.
 *
 * @param examples - as many as `header.rows`
 * @param header - the first line; it must be known before the examples have come
 * @returns the lines, each with its line end
 * @throws RangeError if a number of the header is not whole or too large
 * @throws RangeError if an example's ids are out of the header's range, unsorted or repeated, or a value is not finite
 * @throws RangeError if there are fewer or more examples than the header says
 * @source Bhatia et al., "The extreme classification repository: Multi-label datasets and code", 2016, section "Dataset format"
 */
export async function* writeXmc(examples: Stream<SparseExample>, header: XmcHeader): AsyncGenerator<string> {
  const { rows, features, labels } = header;
  checkCount("writeXmc", { rows, features, labels }, 0);
  if (features > FEATURE_LIMIT) throw new RangeError(`writeXmc: features is ${features} but must be at most 2^32`);
  if (labels > LABEL_LIMIT) throw new RangeError(`writeXmc: labels is ${labels} but must be at most 2^31`);
  yield `${rows} ${features} ${labels}\n`;
  let row = 0;
  for await (const example of examples) {
    if (row === rows) throw new RangeError(`writeXmc: examples are more than ${rows} but must be as many as rows`);
    checkLabels("writeXmc", example, row, labels);
    checkFeatures("writeXmc", example, row, features);
    yield `${example.labels.join(",")} ${showFeatures(example, 0)}\n`;
    row += 1;
  }
  if (row < rows) throw new RangeError(`writeXmc: examples are ${row} but must be as many as rows, ${rows}`);
}
