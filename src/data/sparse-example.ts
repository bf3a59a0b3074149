import { quote } from "./error.js";
import type { Line } from "./line.js";

/** One example of a sparse multi-label data set. */
export interface SparseExample {
  /** Label ids, each once, in the file's order. */
  readonly labels: readonly number[];
  /** Feature indices from 0, ascending, each once. */
  readonly indices: Uint32Array;
  /** `values[i]` belongs to `indices[i]`; finite. */
  readonly values: Float32Array;
}

/** A bound on feature indices: they are kept in 32 bits. */
export const FEATURE_LIMIT: number = 2 ** 32;
/** A bound on label ids: batches keep them as signed 32-bit numbers. */
export const LABEL_LIMIT: number = 2 ** 31;

/** Reads `label,label,…` between two offsets; a label that comes twice is an error. */
export function readLabels(
  line: Line,
  start: number,
  end: number,
  read: (start: number, end: number) => number,
): number[] {
  const labels: number[] = [];
  const starts: number[] = [];
  for (let at = start; at <= end; ) {
    const comma = line.text.indexOf(",", at);
    const stop = comma < 0 || comma > end ? end : comma;
    labels.push(read(at, stop));
    starts.push(at);
    at = stop + 1;
  }
  const again = firstAgain(labels);
  if (again >= 0) {
    throw line.error(starts[again]!, `label is ${labels[again]} again but must come once a line`);
  }
  return labels;
}

/** Reads `index:value …` between two offsets, `base` taken from each index; sorts them if the file does not. */
export function readFeatures(
  line: Line,
  from: number,
  to: number,
  base: number,
  features: number,
): Pick<SparseExample, "indices" | "values"> {
  const indices: number[] = [];
  const values: number[] = [];
  const starts: number[] = [];
  let ascending = true;
  let start = line.skipBlanks(from, to);
  while (start < to) {
    const end = line.fieldEnd(start, to);
    const colon = line.text.indexOf(":", start);
    if (colon < 0 || colon >= end) {
      throw line.error(start, `feature is ${quote(line.text.slice(start, end))} but must be index:value`);
    }
    const index = line.whole(start, colon, "feature index", base, base + features) - base;
    ascending &&= indices.length === 0 || index > indices[indices.length - 1]!;
    indices.push(index);
    values.push(line.float32(colon + 1, end, "feature value"));
    starts.push(start);
    start = line.skipBlanks(end, to);
  }
  if (ascending) return { indices: Uint32Array.from(indices), values: Float32Array.from(values) };

  const order = indices.map((_, at) => at).sort((a, b) => indices[a]! - indices[b]! || a - b);
  const again = order.find((at, place) => place > 0 && indices[at] === indices[order[place - 1]!]);
  if (again !== undefined) {
    throw line.error(starts[again]!, `feature index is ${indices[again]! + base} again but must come once a line`);
  }
  return {
    indices: Uint32Array.from(order, (at) => indices[at]!),
    values: Float32Array.from(order, (at) => values[at]!),
  };
}

/** Throws RangeError unless the example keeps to `SparseExample` and its features to `[0, features)`. */
export function checkFeatures(caller: string, example: SparseExample, row: number, features: number): void {
  const { indices, values } = example;
  if (indices.length !== values.length) {
    throw new RangeError(
      `${caller}: values of example ${row} has length ${values.length} but must have that of indices, ${indices.length}`,
    );
  }
  for (let at = 0; at < indices.length; at += 1) {
    const least = at === 0 ? 0 : indices[at - 1]! + 1;
    if (!(indices[at]! >= least && indices[at]! < features)) {
      throw new RangeError(
        `${caller}: indices[${at}] of example ${row} is ${indices[at]} but must be in [${least}, ${features})`,
      );
    }
    if (!Number.isFinite(values[at])) {
      throw new RangeError(`${caller}: values[${at}] of example ${row} is ${values[at]} but must be finite`);
    }
  }
}

/** Throws RangeError unless the example's labels are whole numbers in `[0, labels)`, each once. */
export function checkLabels(caller: string, example: SparseExample, row: number, labels: number): void {
  example.labels.forEach((label, at) => {
    if (!(Number.isInteger(label) && label >= 0 && label < labels)) {
      throw new RangeError(
        `${caller}: labels[${at}] of example ${row} is ${label} but must be a whole number in [0, ${labels})`,
      );
    }
  });
  checkDistinctLabels(caller, example, row);
}

/** Throws RangeError if a label comes twice in the example. */
export function checkDistinctLabels(caller: string, { labels }: SparseExample, row: number): void {
  const again = firstAgain(labels);
  if (again >= 0) {
    throw new RangeError(
      `${caller}: labels[${again}] of example ${row} is ${labels[again]} again but must come once an example`,
    );
  }
}

/** Where a label comes that came before, or −1; in one pass, as a line may have millions. */
function firstAgain(labels: readonly number[]): number {
  if (new Set(labels).size === labels.length) return -1;
  const seen = new Set<number>();
  return labels.findIndex((label) => seen.size === seen.add(label).size);
}

/** `index:value …`, with the shortest decimals that read back as the same 32-bit floats. */
export function showFeatures({ indices, values }: SparseExample, base: number): string {
  return Array.from(indices, (index, at) => `${index + base}:${showFloat32(values[at]!)}`).join(" ");
}

function showFloat32(value: number): string {
  if (Number.isInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  for (let digits = 6; ; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded); // 9 digits always suffice
  }
}
