import type { NdArray, NdArrayType, SparseExample } from "cotangent/data";
import fc from "fast-check";

/** Finite 32-bit floats, −0 and subnormals among them. */
const values = fc.float({ noNaN: true, noDefaultInfinity: true });

/** An example with labels below `labels` and features below `features`. */
export function sparseExample(features: number, labels: number): fc.Arbitrary<SparseExample> {
  const pair = fc.tuple(fc.nat(features - 1), values);
  return fc
    .record({
      labels: fc.uniqueArray(fc.nat(labels - 1), { maxLength: 5 }),
      pairs: fc.uniqueArray(pair, { maxLength: 8, selector: ([index]) => index }),
    })
    .map(({ labels, pairs }) => {
      pairs.sort(([a], [b]) => a - b);
      return {
        labels,
        indices: Uint32Array.from(pairs, ([index]) => index),
        values: Float32Array.from(pairs, ([, value]) => value),
      };
    });
}

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** Arrays of any type, with any bits in them: NaNs, infinities and extremes. */
export const ndArrays: fc.Arbitrary<NdArray> = fc
  .tuple(
    shapes,
    fc.constantFrom<NdArrayType>("f32", "f64", "i8", "i32", "i64", "u8", "u32", "bool"),
    fc.infiniteStream(fc.nat(255)),
  )
  .map(([shape, dtype, bytes]) => {
    const types = {
      f32: Float32Array,
      f64: Float64Array,
      i8: Int8Array,
      i32: Int32Array,
      i64: BigInt64Array,
      u8: Uint8Array,
      u32: Uint32Array,
      bool: Uint8Array,
    };
    const count = shape.reduce((product, size) => product * size, 1);
    const Elements = types[dtype];
    const raw = Uint8Array.from({ length: count * Elements.BYTES_PER_ELEMENT }, () => {
      const byte = bytes.next().value as number;
      return dtype === "bool" ? byte & 1 : byte;
    });
    return { dtype, shape, data: new Elements(raw.buffer) } as NdArray;
  });

/** The bytes of an array's elements: compares NaNs and zeros bit for bit. */
export function bitsOf({ dtype, shape, data }: NdArray): unknown {
  return [dtype, [...shape], [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]];
}

/** Rankings of 10 labels and true labels, for some examples. */
export const rankings: fc.Arbitrary<{ ranked: number[][]; truth: number[][] }> = fc
  .array(
    fc.tuple(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 6 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pairs) => ({ ranked: pairs.map(([list]) => list), truth: pairs.map(([, list]) => list) }));
