import fc, { type Arbitrary } from "fast-check";
import type { Shape, Tensor, TypedArray } from "../../autodiff/index.js";
import type { Backend } from "../../backends/backend.js";
import type { Axis, Inputs, Place } from "./inputs.js";

/** How large a named axis is: always the same, or from the first to the second. */
export type Size = number | readonly [least: number, most: number];

/** The smallest and largest size of an axis that a declaration says nothing about. */
export const DEFAULT_SIZE: readonly [number, number] = [1, 4];

/** What a law is checked at: sizes of the named axes, values of the inputs, and where further random choices start. */
export interface Sample {
  readonly sizes: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

/** Inputs on a backend, by name. */
export type Placed = Readonly<Record<string, unknown>>;

/** The named axes of inputs. */
export function axesOf(inputs: Inputs): string[] {
  const named = Object.values(inputs).flatMap(({ axes, over }) => (over === undefined ? axes : [...axes, over]));
  return [...new Set(named.filter((axis) => typeof axis === "string"))];
}

export function sizeAt(axis: Axis, sizes: Sample["sizes"]): number {
  return typeof axis === "number" ? axis : sizes[axis];
}

export function shapeAt(axes: readonly Axis[], sizes: Sample["sizes"]): Shape {
  return axes.map((axis) => sizeAt(axis, sizes));
}

/** Samples of inputs whose named axes have the sizes given. */
export function samplesOf(inputs: Inputs, sizes: Readonly<Record<string, Size>>): Arbitrary<Sample> {
  const ranges = axesOf(inputs).map((axis) => {
    const size = sizes[axis] ?? DEFAULT_SIZE;
    const [min, max] = typeof size === "number" ? [size, size] : size;
    return [axis, fc.integer({ min, max })] as const;
  });
  return fc.record(Object.fromEntries(ranges)).chain((actual) => {
    const values = Object.entries(inputs).map(([name, input]) => {
      const classes = input.over === undefined ? 0 : sizeAt(input.over, actual);
      return [name, input.arbitrary(shapeAt(input.axes, actual), classes)] as const;
    });
    return fc.record({
      sizes: fc.constant(actual),
      values: fc.record(Object.fromEntries(values)),
      seed: fc.nat(),
    });
  });
}

/** A sample's inputs on a backend. */
export function placed(inputs: Inputs, { sizes, values }: Pick<Sample, "sizes" | "values">, place: Place): Placed {
  const entries = Object.entries(inputs).map(([name, input]) => [
    name,
    input.place(values[name], shapeAt(input.axes, sizes), place),
  ]);
  return Object.fromEntries(entries);
}

/** The sample whose numbers single precision can hold, so that both precisions start from the same point. */
export function inSinglePrecision(sample: Sample): Sample {
  const rounded = Object.entries(sample.values).map(([name, value]) => [name, single(value)]);
  return { ...sample, values: Object.fromEntries(rounded) };
}

function single(value: unknown): unknown {
  if (value instanceof Float64Array) return Float64Array.from(value, Math.fround);
  return typeof value === "number" ? Math.fround(value) : value;
}

/** The inputs that derivatives are taken in. */
export function variablesOf(inputs: Inputs): string[] {
  return Object.keys(inputs).filter((name) => inputs[name].gradient);
}

export function tensorsOf(values: Placed, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(names.map((name) => [name, values[name] as Tensor]));
}

/** The finest floating-point numbers of a backend. */
export function finest(backend: Backend): Place {
  return { backend, dtype: backend.dtypes.has("f64") ? "f64" : "f32" };
}

/** Every floating-point number that a backend has, the finest first. */
export function places(backend: Backend): Place[] {
  const floats = ["f64", "f32"] as const;
  return floats.filter((dtype) => backend.dtypes.has(dtype)).map((dtype) => ({ backend, dtype }));
}

/** Whether two arrays hold the same bits. */
export function sameBits(a: TypedArray, b: TypedArray): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
