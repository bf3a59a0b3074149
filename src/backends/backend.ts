/** Element types. No `f64` on GPUs. `bool` is stored as one byte, 0 or 1. */
export type DType = "f32" | "f64" | "i32" | "u32" | "bool";

/** Bytes that an element takes. */
export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 1 };

/** The typed arrays that hold tensors on the host. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

interface TypedArrays {
  readonly f32: typeof Float32Array;
  readonly f64: typeof Float64Array;
  readonly i32: typeof Int32Array;
  readonly u32: typeof Uint32Array;
  readonly bool: typeof Uint8Array;
}

/** The typed array of each dtype. */
export const typedArrays: TypedArrays = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
};

/** Elements of a tensor of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

export type Attribute = number | string | boolean | readonly number[];

/** Shapes that a kernel may need to know besides its attributes. */
export interface KernelShapes {
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/**
 * The reference kernel of an operation: a plain function on contiguous arrays that writes `output` in full. A backend
 * that has no kernel of its own for the operation runs this one on the host.
 */
export type HostKernel = (
  inputs: readonly TypedArray[],
  output: TypedArray,
  attributes: Readonly<Record<string, Attribute>>,
  shapes: KernelShapes,
) => void;

/** A function of one number. */
export type Scalar = (x: number) => number;

/** One operation of a program; `inputs` are positions of earlier nodes. */
export interface ProgramNode {
  readonly op: string;
  readonly inputs: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** The reference kernel, for operations that are neither elementwise nor among the few that every backend has. */
  readonly host?: HostKernel | undefined;
  /** The reference of an elementwise operation of one operand that backends need not know: few programs hold one. */
  readonly scalar?: Scalar | undefined;
  /** What the backend's recorder said of the place that made it; no part of the program's key. */
  readonly site?: unknown;
}

/**
 * What a backend is asked to run: nodes in topological order. Programs of equal `key` have the same structure and
 * differ only in the values of their leaves and constants, so a backend plans each key once.
 */
export interface Program {
  readonly key: string;
  readonly nodes: readonly ProgramNode[];
  /** Positions of the `leaf` nodes, in the order in which their values are handed over. */
  readonly leaves: readonly number[];
  /** Positions of the `constant` nodes, in the order in which their values are handed over. */
  readonly constants: readonly number[];
  readonly outputs: readonly number[];
  /** Which leaves may be overwritten: their owner gives them up to this run. */
  readonly donated: readonly boolean[];
}

/** Where a leaf's values are: on the host, on the device, or both. */
export interface Storage {
  readonly dtype: DType;
  readonly length: number;
  host: TypedArray | undefined;
  /** The backend's own handle; undefined while the values are only on the host. */
  device: unknown;
  disposed: boolean;
  /** Whether `host` is written to between runs: a backend then keeps no copy of it. */
  isLive?: boolean;
}

export interface MemoryUse {
  /** Results handed out and not yet released. */
  readonly buffers: number;
  readonly bytes: number;
}

/** Notes where operations are called, for a backend that is to name the place. */
export interface SiteRecorder {
  /** What is to be known of the call under way. */
  record(): unknown;
  /** Runs the gradient rule of an operation that was recorded as `site`: what it calls belongs to that one. */
  inGradientOf<T>(op: string, site: unknown, rule: () => T): T;
}

/** What a backend supplies. Everything above it is shared. */
export interface Backend {
  readonly name: string;
  readonly dtypes: ReadonlySet<DType>;
  /** Only for debugging: each tensor then keeps what it records. */
  readonly sites?: SiteRecorder;
  /**
   * Runs a program. The storages that come back belong to the caller, who releases them; they are distinct from each
   * other and from the leaves. Donated leaves are consumed: the backend reuses or releases them and marks them disposed.
   */
  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[];
  /** Memory of the backend that the host can write to, as `host`; undefined where there is none. */
  lend?(dtype: DType, length: number): Storage | undefined;
  /** Starts to bring a leaf's values from the host to the device, beside whatever runs; undefined where they need not go. */
  prefetch?(storage: Storage): void;
  /** Copies the values to the host. */
  read(storage: Storage): Promise<TypedArray>;
  /** Releases a storage when it is garbage collected, if nobody did before: the net under what is held. */
  watch(storage: Storage): void;
  /** Gives a storage's memory back; one that the backend never held is left alone. */
  release(storage: Storage): void;
  memory(): MemoryUse;
}

/** Tensors on different backends, or a backend that cannot do what is asked. */
export class BackendError extends Error {
  override readonly name: string = "BackendError";
}

/** The device of a backend is gone, with all that was on it: another backend must be opened. */
export class DeviceLostError extends BackendError {
  override readonly name: string = "DeviceLostError";
}
