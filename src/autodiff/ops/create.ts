import type { Backend, TypedArray } from "../../backends/backend.js";
import { checkCount, ShapeError, showShape } from "../check.js";
import { type ArrayOf, allocate, type DType, dtypeOf, type Float } from "../dtype.js";
import { constant, leaf, leafIn, source } from "../graph.js";
import { checkSizes, type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { broadcastTo } from "./movement.js";

/** Where a new tensor lives and what it holds; any tensor will do as an example. */
export interface Placement<D extends DType = Float> {
  readonly backend: Backend;
  readonly dtype: D;
}

/** Numbers or truth values, nested as deep as the tensor has axes. */
export type Nested = number | boolean | readonly Nested[];

/** Values of a new tensor: typed arrays keep their dtype (Uint8Array is bool), plain numbers are f32. */
export type Values = Nested | TypedArray;

export interface FromValuesOptions {
  readonly backend: Backend;
  readonly dtype?: DType | undefined;
  readonly shape?: Shape | undefined;
}

/** A tensor of the given values; they are copied. */
export function fromValues(values: Values, { backend, dtype, shape }: FromValuesOptions): Tensor<DType> {
  const held = dtypeOf(values);
  const nestedShape = held === undefined ? shapeOf(values as Nested) : [(values as TypedArray).length];
  const flat = held === undefined ? flatten(values as Nested, nestedShape) : (values as TypedArray);
  const wanted = shape ?? nestedShape;
  checkSizes("tensor", wanted);
  if (sizeOf(wanted) !== flat.length) {
    throw new ShapeError(`tensor: shape is ${showShape(wanted)} but values has ${flat.length} elements`);
  }
  const type = dtype ?? held ?? (typeof flat[0] === "boolean" ? "bool" : "f32");
  const array = allocate(type, flat.length);
  if (type === "bool") for (let i = 0; i < flat.length; i++) array[i] = Number(flat[i]) === 0 ? 0 : 1;
  else if (held === type) array.set(flat as TypedArray);
  else for (let i = 0; i < flat.length; i++) array[i] = checked(Number(flat[i]), type);
  return leaf(backend, array, wanted, type);
}

function checked(value: number, dtype: DType): number {
  const low = dtype === "u32" ? 0 : -(2 ** 31);
  const high = dtype === "u32" ? 2 ** 32 - 1 : 2 ** 31 - 1;
  if ((dtype === "i32" || dtype === "u32") && !(Number.isInteger(value) && value >= low && value <= high)) {
    throw new RangeError(`tensor: a value is ${value} but must be a whole number in [${low}, ${high}] for ${dtype}`);
  }
  return value;
}

function shapeOf(values: Nested): number[] {
  if (!Array.isArray(values)) return [];
  const [first] = values as readonly Nested[];
  return first === undefined ? [0] : [values.length, ...shapeOf(first)];
}

function flatten(values: Nested, [length, ...rest]: Shape): readonly (number | boolean)[] {
  const list = Array.isArray(values) ? (values as readonly Nested[]) : undefined;
  if (list?.length !== length)
    throw new ShapeError("tensor: values has rows of different lengths but must be rectangular");
  if (list === undefined) return [values as number | boolean];
  const isFlat = rest.length === 0 && !list.some(Array.isArray);
  return isFlat ? (list as readonly (number | boolean)[]) : list.flatMap((row) => flatten(row, rest));
}

/** A tensor, and the memory that holds its values. */
export interface Buffer<D extends DType> {
  readonly tensor: Tensor<D>;
  /** Zeros at first. What is written here is what the next run reads. */
  readonly values: ArrayOf<D>;
}

/** A tensor whose values are written in place: nothing is copied on the way to the backend. */
export function buffer<D extends DType>(shape: Shape, { backend, dtype }: Placement<D>): Buffer<D> {
  checkSizes("buffer", shape);
  const storage = backend.dtypes.has(dtype) ? backend.lend?.(dtype, sizeOf(shape)) : undefined;
  if (storage === undefined) {
    const values = allocate(dtype, sizeOf(shape));
    const tensor = leaf(backend, values, shape, dtype);
    tensor.storage!.isLive = true;
    return { tensor, values: values as ArrayOf<D> };
  }
  return { tensor: leafIn(backend, storage, shape, dtype), values: storage.host as ArrayOf<D> };
}

/** A tensor filled with one value, which takes no memory until it is changed. */
export function full<D extends DType>(shape: Shape, value: number, { backend, dtype }: Placement<D>): Tensor<D> {
  checkSizes("full", shape);
  return broadcastTo(constant(backend, value, dtype), shape);
}

/** A tensor of zeros, which takes no memory until it is changed. */
export function zeros<D extends DType>(shape: Shape, place: Placement<D>): Tensor<D> {
  return full(shape, 0, place);
}

/** A tensor of ones, which takes no memory until it is changed. */
export function ones<D extends DType>(shape: Shape, place: Placement<D>): Tensor<D> {
  return full(shape, 1, place);
}

/** `0, 1, …, length − 1`, computed where it is used. */
export function arange<D extends Exclude<DType, "bool">>(length: number, { backend, dtype }: Placement<D>): Tensor<D> {
  checkCount("arange", { length }, 0);
  return source("iota", backend, [length], dtype);
}
