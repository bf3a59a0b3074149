import { checkCount } from "../autodiff/check.js";
import type { Stream } from "./source.js";
import { checkFeatures, checkLabels, LABEL_LIMIT, type SparseExample } from "./sparse-example.js";

/** Some examples as two compressed sparse row (CSR) arrays: what embedding bags and sampled losses take. */
export interface CsrBatch {
  /** `[batch + 1]`: example `i` has the entries `offsets[i]` up to, not with, `offsets[i + 1]` of `columns` and `values`. */
  readonly offsets: Int32Array;
  /** `[entries]` feature indices, ascending within an example. */
  readonly columns: Int32Array;
  /** `[entries]` */
  readonly values: Float32Array;
  /** `[batch + 1]`, as `offsets`, into `labels`. */
  readonly labelOffsets: Int32Array;
  /** `[label entries]` label ids. */
  readonly labels: Int32Array;
}

export interface BatchOptions {
  /** Examples a batch, a whole number ≥ 1. */
  readonly size: number;
  /** Indices must be below this. Default 2^31, the most that signed 32-bit columns hold. */
  readonly features?: number;
  /** Labels must be below this. Default 2^31. */
  readonly labels?: number;
  /** Whether a last batch of fewer than `size` examples is left out. Default false. */
  readonly dropLast?: boolean;
}

/**
 * Packs examples into CSR batches, in order.
 *
 * @param examples - from memory or from a reader
 * @returns a generator of batches; only one batch is in memory
 * @throws RangeError if `size` is not a whole number ≥ 1, or `features` or `labels` not a whole number ≥ 0
 * @throws RangeError if an example's ids are out of range, unsorted or repeated, or a value is not finite
 */
export async function* batchExamples(examples: Stream<SparseExample>, options: BatchOptions): AsyncGenerator<CsrBatch> {
  const { size, features = LABEL_LIMIT, labels = LABEL_LIMIT, dropLast = false } = options;
  checkCount("batchExamples", { size }, 1);
  checkCount("batchExamples", { features, labels }, 0);
  let pending: SparseExample[] = [];
  let row = 0;
  for await (const example of examples) {
    checkLabels("batchExamples", example, row, Math.min(labels, LABEL_LIMIT));
    checkFeatures("batchExamples", example, row, Math.min(features, LABEL_LIMIT));
    pending.push(example);
    row += 1;
    if (pending.length === size) {
      yield packExamples(pending);
      pending = [];
    }
  }
  if (pending.length > 0 && !dropLast) yield packExamples(pending);
}

function packExamples(examples: readonly SparseExample[]): CsrBatch {
  const offsets = new Int32Array(examples.length + 1);
  const labelOffsets = new Int32Array(examples.length + 1);
  examples.forEach(({ indices, labels }, row) => {
    offsets[row + 1] = offsets[row]! + indices.length;
    labelOffsets[row + 1] = labelOffsets[row]! + labels.length;
  });
  const columns = new Int32Array(offsets[examples.length]!);
  const values = new Float32Array(columns.length);
  const labels = new Int32Array(labelOffsets[examples.length]!);
  examples.forEach((example, row) => {
    columns.set(example.indices, offsets[row]);
    values.set(example.values, offsets[row]);
    labels.set(example.labels, labelOffsets[row]);
  });
  return { offsets, columns, values, labelOffsets, labels };
}
