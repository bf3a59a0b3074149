import fc, { type Arbitrary } from "fast-check";
import type { DType, Float, Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { type Backend, sizeOf } from "../../backends/backend.js";
import { distinctFloats, floats, ids, numbers, type RangeOptions, simplex } from "../arbitraries.js";

/** A size, or the name of one that varies: inputs that name the same axis have the same size there. */
export type Axis = string | number;

/** Where an input is placed. */
export interface Place {
  readonly backend: Backend;
  readonly dtype: Float;
}

/** One argument of a function that is to be verified: its axes, what it may hold, and what becomes of it on a backend. */
export interface Input<T = unknown, Host = unknown> {
  readonly axes: readonly Axis[];
  /** What class ids count, where it holds class ids. */
  readonly over?: Axis;
  /** Whether it is a tensor of real numbers. */
  readonly isReal: boolean;
  /** Whether derivatives are taken in it. */
  readonly gradient: boolean;
  /** Whether it may be as large as the extremes that are declared. */
  readonly unbounded: boolean;
  /** Its values at an actual shape; `classes` is the size of `over`. */
  arbitrary(shape: readonly number[], classes: number): Arbitrary<Host>;
  place(values: Host, shape: readonly number[], place: Place): T;
}

/** Inputs by name. */
export type Inputs = Readonly<Record<string, Input>>;

/** What the function is called with. */
export type ValuesOf<I extends Inputs> = { readonly [K in keyof I]: I[K] extends Input<infer T> ? T : never };

/** The same on the host, for closed forms: tensors are typed arrays in row-major order. */
export type HostValuesOf<I extends Inputs> = {
  readonly [K in keyof I]: I[K] extends Input<unknown, infer Host> ? Host : never;
};

export interface RealOptions extends RangeOptions {
  /** Whether derivatives are taken in it. Default true. */
  readonly gradient?: boolean;
}

type Kind = { readonly gradient: boolean; readonly unbounded: boolean };

function real(
  axes: readonly Axis[],
  { gradient, unbounded }: Kind,
  arbitrary: (shape: readonly number[]) => Arbitrary<Float64Array>,
): Input<Tensor, Float64Array> {
  return {
    ...{ axes, isReal: true, gradient, unbounded, arbitrary },
    place: (values, shape, { backend, dtype }) => fromValues(values, { backend, dtype, shape }) as Tensor,
  };
}

/** Real numbers, by default in [−3, 3]: scores, logits, predictions, regression targets. */
export function scores(
  axes: readonly Axis[],
  { gradient = true, ...range }: RealOptions = {},
): Input<Tensor, Float64Array> {
  return real(axes, { gradient, unbounded: true }, (shape) => floats(shape, range));
}

/** Real numbers no two of which are closer than `gap`, none near 0: for what has kinks at ties and at 0. */
export function distinctScores(
  axes: readonly Axis[],
  { gap = 0.1, gradient = true }: { readonly gap?: number; readonly gradient?: boolean } = {},
): Input<Tensor, Float64Array> {
  return real(axes, { gradient, unbounded: true }, (shape) => distinctFloats(shape, gap));
}

/** Real numbers of magnitude 0.2 to 2: vectors that are far from the origin, where normalizing has its pole. */
export function embeddings(
  axes: readonly Axis[],
  { gradient = true }: { readonly gradient?: boolean } = {},
): Input<Tensor, Float64Array> {
  return real(axes, { gradient, unbounded: true }, (shape) =>
    fc
      .tuple(floats(shape, { min: 0.2, max: 2 }), fc.array(fc.boolean(), exactly(sizeOf(shape))))
      .map(([sizes, flips]) => sizes.map((size, i) => (flips[i] ? -size : size))),
  );
}

/** Positive numbers, by default in [0.1, 2]: weights, scales, temperatures for each example. */
export function positives(
  axes: readonly Axis[],
  { min = 0.1, max = 2, gradient = false }: RealOptions = {},
): Input<Tensor, Float64Array> {
  if (!(min > 0)) throw new RangeError(`positives: min is ${min} but must be a finite number > 0`);
  return real(axes, { gradient, unbounded: false }, (shape) => floats(shape, { min, max }));
}

/** Distributions along the last axis: positive, adding up to 1. */
export function distributions(
  axes: readonly Axis[],
  { gradient = false }: { readonly gradient?: boolean } = {},
): Input<Tensor, Float64Array> {
  return real(axes, { gradient, unbounded: false }, (shape) => {
    const width = shape[shape.length - 1] ?? 1;
    const rows = sizeOf(shape) / width;
    return fc
      .array(simplex(width), exactly(rows))
      .map((list) => Float64Array.from(list.flatMap((row) => Array.from(row))));
  });
}

/** 0 or 1, as numbers: labels of binary tasks. */
export function binaryLabels(axes: readonly Axis[]): Input<Tensor, Float64Array> {
  return real(axes, { gradient: false, unbounded: false }, (shape) => oneOf(shape, [0, 1]));
}

/** −1 or 1, as numbers: labels of margin losses. */
export function signs(axes: readonly Axis[]): Input<Tensor, Float64Array> {
  return real(axes, { gradient: false, unbounded: false }, (shape) => oneOf(shape, [-1, 1]));
}

/** Whole numbers that count `over`: labels, targets, candidates. */
export function classIds(axes: readonly Axis[], over: Axis): Input<Tensor<"i32">, Int32Array> {
  return {
    ...{ axes, over, isReal: false, gradient: false, unbounded: false },
    arbitrary: (shape, classes) => ids(sizeOf(shape), classes),
    place: (values, shape, { backend }) => fromValues(values, { backend, shape }) as Tensor<DType> as Tensor<"i32">,
  };
}

/** Truth values: masks. */
export function flags(axes: readonly Axis[]): Input<Tensor<"bool">, Uint8Array> {
  return {
    ...{ axes, isReal: false, gradient: false, unbounded: false },
    arbitrary: (shape) => fc.array(fc.boolean(), exactly(sizeOf(shape))).map((list) => Uint8Array.from(list, Number)),
    place: (values, shape, { backend }) => fromValues(values, { backend, shape }) as Tensor<DType> as Tensor<"bool">,
  };
}

/** A plain number, by default in [−3, 3]: an option such as a temperature or a margin. */
export function plainNumber(range: RangeOptions = {}): Input<number, number> {
  return {
    ...{ axes: [], isReal: false, gradient: false, unbounded: false },
    arbitrary: () => numbers(range),
    place: (value) => value,
  };
}

function exactly(length: number): { readonly minLength: number; readonly maxLength: number } {
  return { minLength: length, maxLength: length };
}

function oneOf(shape: readonly number[], values: readonly number[]): Arbitrary<Float64Array> {
  return fc.array(fc.constantFrom(...values), exactly(sizeOf(shape))).map((list) => Float64Array.from(list));
}
