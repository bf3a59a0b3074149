import fc, { type Arbitrary } from "fast-check";
import { sizeOf } from "../backends/backend.js";

export interface RangeOptions {
  /** Default −3. */
  readonly min?: number;
  /** Default 3. */
  readonly max?: number;
}

/** Finite numbers in a range, on a grid of 10⁻⁶ of it, so that counterexamples are short. */
export function numbers({ min = -3, max = 3 }: RangeOptions = {}): Arbitrary<number> {
  const steps = 1_000_000;
  return fc.integer({ min: 0, max: steps }).map((step) => min + ((max - min) * step) / steps);
}

/** As many numbers as a tensor of the shape holds. */
export function floats(shape: readonly number[], range: RangeOptions = {}): Arbitrary<Float64Array> {
  const length = sizeOf(shape);
  return fc.array(numbers(range), { minLength: length, maxLength: length }).map((list) => Float64Array.from(list));
}

/** Numbers no two of which are closer than `gap`, and none closer to 0 than half of it: away from ties and kinks. */
export function distinctFloats(shape: readonly number[], gap = 0.1): Arbitrary<Float64Array> {
  const length = sizeOf(shape);
  return fc
    .tuple(
      fc.shuffledSubarray([...Array(length).keys()], { minLength: length, maxLength: length }),
      floats([length], { min: 0, max: gap }),
    )
    .map(([order, jitter]) =>
      Float64Array.from(order, (place, i) => (place - Math.floor(length / 2)) * 2 * gap + gap / 2 + jitter[i]),
    );
}

export interface ShapeOptions {
  readonly minRank?: number;
  readonly maxRank?: number;
  /** Largest size of an axis. Default 4. */
  readonly maxSize?: number;
  /** Smallest size of an axis. Default 1; 0 makes empty tensors. */
  readonly minSize?: number;
}

/** Shapes of a few small axes; a scalar's is the simplest. */
export function shapes({ minRank = 0, maxRank = 3, minSize = 1, maxSize = 4 }: ShapeOptions = {}): Arbitrary<number[]> {
  return fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });
}

/** Pairs of shapes that broadcast against each other. */
export function broadcastableShapes(options: ShapeOptions = {}): Arbitrary<[number[], number[]]> {
  return shapes({ minRank: 1, ...options }).chain((shape) => {
    const flattened = fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length });
    const partner = fc
      .tuple(flattened, fc.integer({ min: 0, max: shape.length }))
      .map(([ones, dropped]) => shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(dropped));
    return fc.tuple(fc.constant(shape), partner, fc.boolean()).map(([a, b, swap]) => (swap ? [b, a] : [a, b]));
  });
}

/** Probabilities that sum to 1, none below `least`. */
export function simplex(length: number, least = 0.01): Arbitrary<Float64Array> {
  return floats([length], { min: 0, max: 1 }).map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0) + 1e-9 * length;
    return weights.map((weight) => least + (1 - length * least) * ((weight + 1e-9) / total));
  });
}

/** How often each class was seen, most frequent first, roughly as one over the rank. */
export function longTailCounts(classes: number, most = 1000): Arbitrary<Int32Array> {
  return fc
    .array(fc.integer({ min: 50, max: 100 }), { minLength: classes, maxLength: classes })
    .map((list) =>
      Int32Array.from(list, (x, rank) => Math.max(1, Math.round((most * x) / 100 / (rank + 1)))).sort((a, b) => b - a),
    );
}

/** Whole numbers in [0, below). */
export function ids(count: number, below: number): Arbitrary<Int32Array> {
  return fc
    .array(fc.integer({ min: 0, max: below - 1 }), { minLength: count, maxLength: count })
    .map((list) => Int32Array.from(list));
}

export interface SparseBatch {
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly rows: number;
  readonly width: number;
}

export interface SparseBatchOptions {
  /** Rows at most. Default 4. */
  readonly rows?: number;
  /** Columns. Default 5. */
  readonly width?: number;
  /** Entries of a row at most. Default 4. */
  readonly most?: number;
}

/** A few sparse rows in CSR form; rows may be empty and columns may repeat. */
export function sparseBatches({ rows = 4, width = 5, most = 4 }: SparseBatchOptions = {}): Arbitrary<SparseBatch> {
  const entry = fc.tuple(fc.integer({ min: 0, max: width - 1 }), numbers());
  return fc.array(fc.array(entry, { maxLength: most }), { minLength: 1, maxLength: rows }).map((list) => {
    const offsets = [0];
    for (const row of list) offsets.push(offsets[offsets.length - 1] + row.length);
    const entries = list.flat();
    return {
      offsets: Int32Array.from(offsets),
      columns: Int32Array.from(entries, ([column]) => column),
      values: Float64Array.from(entries, ([, value]) => value),
      rows: list.length,
      width,
    };
  });
}

/** Seeds of random keys. */
export const seeds: Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 31 });
