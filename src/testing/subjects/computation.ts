import type { Arbitrary } from "fast-check";
import { BackendError } from "../../autodiff/check.js";
import { Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { sum } from "../../autodiff/ops/reduce.js";
import { show } from "./declaration.js";
import type { Axis, Inputs, Place } from "./inputs.js";
import { type Placed, placed, type Sample, tensorsOf } from "./sample.js";

/** By how much values may differ, relative to 1 or the largest of them, whichever is more. */
export interface Tolerance {
  /** In double precision. Default 1e-9. */
  readonly f64?: number;
  /** In single precision. Default 1e-4. */
  readonly f32?: number;
}

/** What is computed from declared inputs: a loss, or an estimator with its key. */
export interface Computation {
  readonly name: string;
  readonly inputs: Inputs;
  readonly samples: Arbitrary<Sample>;
  /** The axes of the result. */
  readonly shape: readonly Axis[];
  readonly tolerance: Required<Tolerance>;
  apply(values: Placed, sample: Sample, place: Place): Tensor;
}

/** The value at a sample. */
export function valueAt(computation: Computation, sample: Sample, place: Place): Tensor {
  return called(computation, placed(computation.inputs, sample, place), sample, place);
}

/** The value for inputs that need not be the sample's. */
export function called(computation: Computation, values: Placed, sample: Sample, place: Place): Tensor {
  const { name } = computation;
  let value: unknown;
  try {
    value = computation.apply(values, sample, place);
  } catch (problem) {
    if (!(problem instanceof BackendError)) throw problem;
    throw new BackendError(
      `${name}: ${problem.message}; tensors that it makes itself must be on the backend of its inputs: zeros(shape, input)`,
      { cause: problem },
    );
  }
  if (value instanceof Tensor) return value as Tensor;
  throw new TypeError(`${name}: the result is ${show(value)} but must be a tensor`);
}

/** A scalar that depends on every element in its own way, so that no two can be mistaken for each other. */
export function mixed(value: Tensor): Tensor {
  const weights = Float64Array.from({ length: value.size }, (_, i) => 1 + 0.3 * Math.cos(7 * i + 1));
  const { shape, backend, dtype } = value;
  return sum(value.mul(fromValues(weights, { shape, backend, dtype }) as Tensor));
}

/** A scalar function of some inputs, and the point where derivatives are taken. */
export interface Objective {
  readonly at: Readonly<Record<string, Tensor>>;
  readonly f: (x: Readonly<Record<string, Tensor>>) => Tensor;
}

/** The mixed value as a function of the inputs named; the others stay as they are. */
export function objectiveOf(
  computation: Computation,
  sample: Sample,
  place: Place,
  variables: readonly string[],
): Objective {
  const values = placed(computation.inputs, sample, place);
  return {
    at: tensorsOf(values, variables),
    f: (x) => mixed(called(computation, { ...values, ...x }, sample, place)),
  };
}
