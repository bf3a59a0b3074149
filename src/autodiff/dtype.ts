import { type DType, type TypedArray, typedArrays } from "../backends/backend.js";
import { DTypeError } from "./check.js";

export type { DType, TypedArray } from "../backends/backend.js";

/** Element types that carry gradients. */
export type Float = "f32" | "f64";

/** How a dtype shows in a tensor's type: floats of either width are one kind, so that they meet without a cast. */
export type Kind<D extends DType> = D extends Float ? Float : D;

/** The typed array that holds elements of `D` on the host. */
export type ArrayOf<D extends DType> = {
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  u32: Uint32Array;
  bool: Uint8Array;
}[D];

/** A zeroed typed array for `length` elements of `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new typedArrays[dtype](length);
}

/** The dtype that a typed array holds; undefined for plain arrays. */
export function dtypeOf(values: unknown): DType | undefined {
  if (values instanceof Float32Array) return "f32";
  if (values instanceof Float64Array) return "f64";
  if (values instanceof Int32Array) return "i32";
  if (values instanceof Uint32Array) return "u32";
  if (values instanceof Uint8Array) return "bool";
  return undefined;
}

export function isFloat(dtype: DType): dtype is Float {
  return dtype === "f32" || dtype === "f64";
}

interface Typed {
  readonly dtype: DType;
}

/** Throws DTypeError unless every named tensor is f32 or f64. */
export function checkFloat(caller: string, tensors: Readonly<Record<string, Typed>>): void {
  for (const name in tensors) {
    const { dtype } = tensors[name];
    if (!isFloat(dtype)) throw new DTypeError(`${caller}: ${name} is ${dtype} but must be f32 or f64; cast it`);
  }
}

/** Throws DTypeError unless every named tensor has one of the dtypes. */
export function checkDType(
  caller: string,
  tensors: Readonly<Record<string, Typed>>,
  ...allowed: readonly DType[]
): void {
  for (const name in tensors) {
    const { dtype } = tensors[name];
    if (!allowed.includes(dtype)) {
      throw new DTypeError(`${caller}: ${name} is ${dtype} but must be ${allowed.join(" or ")}; cast it`);
    }
  }
}

/** Throws DTypeError unless all named tensors have the dtype of the first. */
export function checkSameDType(caller: string, tensors: Readonly<Record<string, Typed>>): void {
  let reference: string | undefined;
  for (const name in tensors) {
    reference ??= name;
    const [{ dtype }, { dtype: wanted }] = [tensors[name], tensors[reference]];
    if (dtype !== wanted) {
      throw new DTypeError(`${caller}: ${name} is ${dtype} but must match ${reference}, ${wanted}; cast one of them`);
    }
  }
}
