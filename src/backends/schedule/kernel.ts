import type { Attribute, DType, HostKernel, Scalar } from "../backend.js";
import type { View } from "./view.js";

/** A buffer of the plan: a leaf's, an output's, or one in the arena. */
export interface Slot {
  readonly dtype: DType;
  readonly length: number;
}

/** What an expression reads: a view of a slot, a constant, positions as numbers, or what the kernel itself computed. */
export type Load =
  | { readonly kind: "slot"; readonly slot: number; readonly view: View; readonly dtype: DType }
  | { readonly kind: "iota"; readonly view: View; readonly dtype: DType }
  | { readonly kind: "constant"; readonly constant: number; readonly dtype: DType }
  | { readonly kind: "product"; readonly dtype: DType };

/** One elementwise operation; `args` count through the loads first, then the steps. */
export interface Step {
  readonly op: string;
  readonly args: readonly number[];
  readonly dtype: DType;
  readonly scalar?: Scalar | undefined;
}

/** A chain of elementwise operations over `size` elements in row-major order; its value is the last step's, or load's. */
export interface Expression {
  readonly size: number;
  readonly loads: readonly Load[];
  readonly steps: readonly Step[];
}

interface Writes {
  readonly output: number;
  /** A slot that ends with this kernel and whose memory the output takes over. */
  inPlace?: number;
}

export interface MapKernel extends Writes {
  readonly kind: "map";
  readonly expression: Expression;
}

/** `output[o, i] = Σ_r expression[o, r, i]`, or the largest or smallest instead of the sum. */
export interface ReduceKernel extends Writes {
  readonly kind: "reduce";
  readonly op: "sum" | "max" | "min";
  readonly expression: Expression;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export interface Operand {
  readonly slot: number;
  readonly offset: number;
  /** Strides over batch, row and column. */
  readonly strides: readonly [number, number, number];
}

/** `[batch, rows, inner] × [batch, inner, columns]`, then the epilogue over the product, if there is one. */
export interface MatmulKernel extends Writes {
  readonly kind: "matmul";
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly dtype: DType;
  readonly epilogue?: Expression;
}

/** Everything else: whole contiguous inputs, one contiguous output. */
export interface CallKernel extends Writes {
  readonly kind: "call";
  readonly op: string;
  readonly inputs: readonly CallInput[];
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly host: HostKernel | undefined;
}

/** A run of a slot, read as a tensor; an input that is one constant throughout has no slot. */
export interface CallInput {
  readonly slot: number | undefined;
  readonly constant: number | undefined;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type Kernel = MapKernel | ReduceKernel | MatmulKernel | CallKernel;

/** Kernels in the order in which they run, and where each slot's memory comes from. */
export interface Schedule {
  readonly slots: readonly Slot[];
  readonly kernels: readonly Kernel[];
  /** The slot of each leaf. */
  readonly leaves: readonly number[];
  readonly outputs: readonly number[];
  /** For each slot its place in the arena; undefined for leaves and outputs. */
  readonly arena: readonly (number | undefined)[];
  /** What each place in the arena must hold, in bytes. */
  readonly places: readonly number[];
}
