import type { Attribute, Backend, HostKernel, Scalar, Storage } from "../backends/backend.js";
import type { ArrayOf, DType, Float } from "./dtype.js";
import { readScalar, readValues, releaseTensor } from "./evaluate.js";
import { add, div, mul, neg, sub } from "./ops/arithmetic.js";
import { matmul } from "./ops/contract.js";
import { reshape, transpose } from "./ops/movement.js";
import { max, mean, type ReduceOptions, sum } from "./ops/reduce.js";
import type { Shape } from "./shape.js";

/** What a binary operation takes beside a tensor: one of the same dtype and backend, or a plain number. */
export type Operand<D extends DType = Float> = Tensor<D> | number;

/** Cotangents of an operation's inputs, given that of its output; undefined where nothing flows. */
export type Pullback = (cotangent: Tensor, output: Tensor) => readonly (Tensor | undefined)[];

/** How a tensor came to be: the operation, what it was applied to, and the rule that takes cotangents back. */
export interface Origin {
  readonly op: string;
  readonly inputs: readonly Tensor<DType>[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly pullback: Pullback | undefined;
  readonly host: HostKernel | undefined;
  readonly scalar: Scalar | undefined;
  /** Where it was called, if the backend records that. */
  readonly site?: unknown;
}

/**
 * An array of numbers, or the recipe for one: operations return at once, and nothing is computed until a value is
 * read or a parameter updated. A tensor never changes.
 *
 * Only what reads as infix or as a read is a method; all other operations are functions.
 */
export class Tensor<out D extends DType = Float> {
  readonly shape: Shape;
  readonly dtype: D;
  /** Where it lives and is computed. */
  readonly backend: Backend;
  /** @internal */
  readonly origin: Origin;
  /** @internal Longest path to a leaf: an operation's inputs are always shallower than it is. */
  readonly depth: number;
  /** @internal The values, for a leaf and for whatever has been read. */
  storage: Storage | undefined;
  /** @internal The walk over the graph that came here last. */
  walk: object | undefined = undefined;
  /** @internal The place that it has in the program that was made last. */
  place = 0;

  /** @internal Use `tensor(…)` and the operations. */
  constructor(backend: Backend, shape: Shape, dtype: D, origin: Origin, storage: Storage | undefined) {
    this.backend = backend;
    this.shape = shape;
    this.dtype = dtype;
    this.origin = origin;
    this.storage = storage;
    let depth = 0;
    for (const input of origin.inputs) depth = Math.max(depth, input.depth + 1);
    this.depth = depth;
  }

  /** Number of elements. */
  get size(): number {
    let size = 1;
    for (const length of this.shape) size *= length;
    return size;
  }

  add(other: Operand<D>): Tensor<D> {
    return add(this, other);
  }

  sub(other: Operand<D>): Tensor<D> {
    return sub(this, other);
  }

  mul(other: Operand<D>): Tensor<D> {
    return mul(this, other);
  }

  div(other: Operand<D>): Tensor<D> {
    return div(this, other);
  }

  neg(): Tensor<D> {
    return neg(this);
  }

  matmul(other: Tensor<D>): Tensor<D> {
    return matmul(this, other);
  }

  /** Reorders the axes; without an argument it reverses them. */
  transpose(order?: readonly number[]): Tensor<D> {
    return transpose(this, order);
  }

  /** The same elements, in row-major order, under another shape; one size may be −1. */
  reshape(shape: Shape): Tensor<D> {
    return reshape(this, shape);
  }

  sum(axes?: number | readonly number[], options?: ReduceOptions): Tensor<D> {
    return sum(this, axes, options);
  }

  mean(this: Tensor, axes?: number | readonly number[], options?: ReduceOptions): Tensor {
    return mean(this, axes, options);
  }

  max(axes?: number | readonly number[], options?: ReduceOptions): Tensor<D> {
    return max(this, axes, options);
  }

  /** The values in row-major order. The array is the caller's own. */
  data(): Promise<ArrayOf<D>> {
    return readValues(this);
  }

  /** The value of a tensor with one element; booleans read as 0 or 1. */
  item(): Promise<number> {
    return readScalar(this);
  }

  /** Gives the memory back now rather than when the garbage collector notices. Using it afterwards throws. */
  dispose(): void {
    releaseTensor(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
