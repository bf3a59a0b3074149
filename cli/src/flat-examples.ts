import type { SparseExample } from "cotangent/data";

/** Some examples as the training step takes them. */
export interface Batch {
  /** `[rows + 1]`: row `i` has the entries `offsets[i]` up to, not with, `offsets[i + 1]` of `columns` and `values`. */
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
  /** `[rows]` the one label that this step trains each example on. */
  readonly targets: Int32Array;
}

/** Entries come in multiples of this, so that batches have few shapes and the engine plans few programs. */
const GRAIN = 256;

/** Examples in flat arrays that grow: what a corpus in memory costs is 8 bytes an entry. */
export class FlatExamples {
  private offsets = new Float64Array(1024);
  private labelOffsets = new Float64Array(1024);
  private columns = new Int32Array(8192);
  private values = new Float32Array(8192);
  private labels = new Int32Array(1024);
  private count = 0;

  get length(): number {
    return this.count;
  }

  push({ labels, indices, values }: SparseExample): void {
    const row = this.count;
    const end = this.offsets[row] + indices.length;
    const labelEnd = this.labelOffsets[row] + labels.length;
    this.offsets = withRoom(this.offsets, row + 2);
    this.labelOffsets = withRoom(this.labelOffsets, row + 2);
    this.columns = withRoom(this.columns, end);
    this.values = withRoom(this.values, end);
    this.labels = withRoom(this.labels, labelEnd);
    this.columns.set(indices, this.offsets[row]);
    this.values.set(values, this.offsets[row]);
    this.labels.set(labels, this.labelOffsets[row]);
    this.offsets[row + 1] = end;
    this.labelOffsets[row + 1] = labelEnd;
    this.count += 1;
  }

  /** The labels of an example. */
  labelsOf(row: number): Int32Array {
    return this.labels.subarray(this.labelOffsets[row], this.labelOffsets[row + 1]);
  }

  /**
   * Copies some examples into a batch; `draw(row)`, in [0, 1), decides which of its labels an example is trained on. An
   * example without labels has target −1.
   */
  pack(rows: ArrayLike<number>, draw: (row: number) => number): Batch {
    let entries = 0;
    for (let i = 0; i < rows.length; i += 1) entries += this.offsets[rows[i] + 1] - this.offsets[rows[i]];
    const padded = Math.max(1, Math.ceil(entries / GRAIN)) * GRAIN;
    const offsets = new Int32Array(rows.length + 1);
    const columns = new Int32Array(padded);
    const values = new Float32Array(padded);
    const targets = new Int32Array(rows.length);
    let at = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i];
      const [start, end] = [this.offsets[row], this.offsets[row + 1]];
      columns.set(this.columns.subarray(start, end), at);
      values.set(this.values.subarray(start, end), at);
      at += end - start;
      offsets[i + 1] = at;
      const [first, last] = [this.labelOffsets[row], this.labelOffsets[row + 1]];
      targets[i] = first === last ? -1 : this.labels[first + Math.floor(draw(row) * (last - first))];
    }
    // Zeros times a feature that is there anyway change nothing, and touch no other row of the embedding.
    columns.fill(at === 0 ? 0 : columns[at - 1], at);
    offsets[rows.length] = padded;
    return { offsets, columns, values, targets };
  }
}

function withRoom<A extends Int32Array | Float32Array | Float64Array>(array: A, length: number): A {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => A)(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
