import {
  broadcastableShapes,
  distinctFloats,
  floats,
  type RangeOptions,
  type ShapeOptions,
  shapes,
} from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import type { OpInput } from "../autodiff/op-row.js";

/** One tensor of any small shape. */
export function oneInput(range: RangeOptions = {}, options: ShapeOptions = {}): Arbitrary<readonly OpInput[]> {
  return shapes(options).chain((shape) => floats(shape, range).map((values) => [{ shape, values }]));
}

/** One tensor whose elements all differ: away from ties. */
export function distinctInput(options: ShapeOptions = {}): Arbitrary<readonly OpInput[]> {
  return shapes(options).chain((shape) => distinctFloats(shape).map((values) => [{ shape, values }]));
}

/** Two tensors of shapes that broadcast. */
export function twoInputs(left: RangeOptions = {}, right: RangeOptions = left): Arbitrary<readonly OpInput[]> {
  return broadcastableShapes({ maxRank: 3, maxSize: 3 }).chain(([a, b]) =>
    fc.tuple(floats(a, left), floats(b, right)).map(([x, y]) => [
      { shape: a, values: x },
      { shape: b, values: y },
    ]),
  );
}

/** Two tensors of one shape, no element of one near its partner in the other. */
export function apartInputs(): Arbitrary<readonly OpInput[]> {
  return shapes({ maxRank: 2 }).chain((shape) =>
    distinctFloats([2, ...shape]).map((values) => [
      { shape, values: values.slice(0, values.length / 2) },
      { shape, values: values.slice(values.length / 2) },
    ]),
  );
}

/** Tensors of the shapes given. */
export function inputsOf(...wanted: readonly (readonly number[])[]): Arbitrary<readonly OpInput[]> {
  return fc.tuple(...wanted.map((shape) => floats(shape).map((values) => ({ shape, values }))));
}

/** `f` of each element. */
export function each(f: (x: number) => number): (x: OpInput) => Float64Array {
  return ({ values }) => values.map(f);
}

/** `f` of each pair of elements under broadcasting, from NumPy's rule. */
export function pairs(f: (x: number, y: number) => number): (a: OpInput, b: OpInput) => number[] {
  return (a, b) => {
    const rank = Math.max(a.shape.length, b.shape.length);
    const padded = (shape: readonly number[]) => [...Array(rank - shape.length).fill(1), ...shape];
    const [left, right] = [padded(a.shape), padded(b.shape)];
    const shape = left.map((size, axis) => Math.max(size, right[axis]));
    const size = shape.reduce((product, length) => product * length, 1);
    const place = (at: number, own: readonly number[]) => {
      let rest = at;
      let offset = 0;
      let step = 1;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const index = rest % shape[axis];
        rest = Math.floor(rest / shape[axis]);
        if (own[axis] !== 1) offset += index * step;
        step *= own[axis];
      }
      return offset;
    };
    return Array.from({ length: size }, (_, at) => f(a.values[place(at, left)], b.values[place(at, right)]));
  };
}
