import type { Backend, DType, Float, Kind, Shape, Tensor, TypedArray } from "./autodiff/index.js";
import * as create from "./autodiff/ops/create.js";
import { fromValues, type Nested } from "./autodiff/ops/create.js";
import { type Key, keyOf } from "./autodiff/random.js";
import { fastestCpu } from "./backends/fastest-cpu.js";

export * from "./autodiff/index.js";
export { cpu } from "./backends/cpu/index.js";
export { wasm } from "./backends/wasm/index.js";

/** The backend of tensors and keys that name none: `wasm()`, or `cpu()` where WebAssembly may not be compiled. */
export const defaultBackend: Backend = /* @__PURE__ */ fastestCpu();

export interface TensorOptions<D extends DType = DType> {
  /** Where it lives. Default: `defaultBackend`. */
  readonly backend?: Backend;
  /** Default: that of a typed array (Uint8Array is bool); f32 for plain numbers, bool for truth values. */
  readonly dtype?: D;
  /** Default: as the values are nested. */
  readonly shape?: Shape;
}

/**
 * A tensor of the given values, which are copied.
 *
 *     tensor([[1, 2], [3, 4]])                              // f32, [2, 2]
 *     tensor([3, 1], { dtype: "i32" })
 *     tensor(new Float64Array(6), { shape: [2, 3] })        // f64
 *
 * @throws ShapeError if nested values are not rectangular or the shape does not fit them
 * @throws RangeError if a value does not fit an integer dtype
 * @throws BackendError if the backend lacks the dtype
 */
export function tensor<D extends DType>(
  values: Nested | TypedArray,
  options: TensorOptions<D> & { readonly dtype: D },
): Tensor<Kind<D>>;
export function tensor(values: Int32Array, options?: TensorOptions<never>): Tensor<"i32">;
export function tensor(values: Uint32Array, options?: TensorOptions<never>): Tensor<"u32">;
export function tensor(values: Uint8Array | readonly boolean[], options?: TensorOptions<never>): Tensor<"bool">;
export function tensor(values: Nested | Float32Array | Float64Array, options?: TensorOptions<never>): Tensor;
export function tensor(values: Nested | TypedArray, options: TensorOptions = {}): Tensor<DType> {
  const { backend = defaultBackend, dtype, shape } = options;
  return fromValues(values, { backend, dtype, shape });
}

export interface FillOptions<D extends DType = Float> {
  /** Where it lives; a tensor will do as an example. Default: `defaultBackend`. */
  readonly backend?: Backend;
  /** Default f32. */
  readonly dtype?: D;
}

function placement<D extends DType>({ backend = defaultBackend, dtype }: FillOptions<D>): create.Placement<D> {
  return { backend, dtype: dtype ?? ("f32" as D) };
}

/**
 * A tensor whose values are written in place, for data that comes in batch after batch: on `cpu()`, and on `wasm()` with
 * more than one thread, nothing is copied on the way into a run. Each run reads what is there when it starts; results
 * that were computed before stay as they are. Once the tensor is disposed, `values` must not be written to.
 *
 * @example
 * import { buffer, sum } from "cotangent";
 *
 * const { tensor, values } = buffer([2, 2]);
 * values.set([1, 2, 3, 4]);
 * console.log(await sum(tensor).item()); // 10
 * values[0] = 5;
 * console.log(await sum(tensor).item()); // 14
 */
export function buffer(shape: Shape, options?: FillOptions<Float>): create.Buffer<Float>;
export function buffer<D extends DType>(shape: Shape, options: FillOptions<D>): create.Buffer<D>;
export function buffer(shape: Shape, options: FillOptions<DType> = {}): create.Buffer<DType> {
  return create.buffer(shape, placement(options));
}

/** A tensor filled with one value; it takes no memory. */
export function full(shape: Shape, value: number, options?: FillOptions<Float>): Tensor;
export function full<D extends DType>(shape: Shape, value: number, options: FillOptions<D>): Tensor<Kind<D>>;
export function full(shape: Shape, value: number, options: FillOptions<DType> = {}): Tensor<DType> {
  return create.full(shape, value, placement(options));
}

/** A tensor of zeros; it takes no memory. */
export function zeros(shape: Shape, options?: FillOptions<Float>): Tensor;
export function zeros<D extends DType>(shape: Shape, options: FillOptions<D>): Tensor<Kind<D>>;
export function zeros(shape: Shape, options: FillOptions<DType> = {}): Tensor<DType> {
  return create.zeros(shape, placement(options));
}

/** A tensor of ones; it takes no memory. */
export function ones(shape: Shape, options?: FillOptions<Float>): Tensor;
export function ones<D extends DType>(shape: Shape, options: FillOptions<D>): Tensor<Kind<D>>;
export function ones(shape: Shape, options: FillOptions<DType> = {}): Tensor<DType> {
  return create.ones(shape, placement(options));
}

/** `0, 1, …, length − 1`; i32 unless another dtype is named. */
export function arange<D extends Exclude<DType, "bool"> = "i32">(
  length: number,
  options: FillOptions<D> = {},
): Tensor<Kind<D>> {
  return create.arange(length, {
    backend: options.backend ?? defaultBackend,
    dtype: options.dtype ?? ("i32" as D),
  }) as unknown as Tensor<Kind<D>>;
}

/** The root of all random numbers of a program; `seed` is a whole number ≥ 0. */
export function randomKey(seed: number, { backend = defaultBackend }: { readonly backend?: Backend } = {}): Key {
  return keyOf(seed, backend);
}
