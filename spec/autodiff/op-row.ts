import type { Tensor } from "cotangent";
import type { Arbitrary } from "fast-check";

/** A call that must throw, and what it must say. */
export interface ErrorInput {
  readonly call: () => unknown;
  readonly message: string;
}

/** What the op table says of one differentiable operation: everything that the general laws need. */
export interface OpRow {
  readonly name: string;
  /** One or more inputs, each a shape and its values; all f64. */
  readonly inputs: Arbitrary<readonly OpInput[]>;
  readonly apply: (...inputs: Tensor[]) => Tensor;
  /** The value from the definition, in plain numbers. */
  readonly expected?: (...inputs: readonly OpInput[]) => ArrayLike<number>;
  /** Highest order to which derivatives are checked; 0 where the function is flat or has none. Default 2. */
  readonly order?: 0 | 1 | 2;
  /** Allowed difference from `expected`, relative to 1 or the magnitude. Default 1e-12. */
  readonly tolerance?: number;
  readonly errors?: readonly ErrorInput[];
  /** Inputs at which value and gradient must be just these: empty and scalar shapes, ties, poles. */
  readonly points?: readonly OpPoint[];
}

export interface OpInput {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** A point and what must come out there: the value, and the gradient of its sum in the first input. */
export interface OpPoint {
  readonly inputs: readonly OpInput[];
  readonly value: readonly number[];
  readonly gradient?: readonly number[];
}

export function input(values: readonly number[], shape: readonly number[] = [values.length]): OpInput {
  return { shape, values: Float64Array.from(values) };
}
