import { evaluate, grad, hvp, read, showShape, type TypedArray, valueAndGrad } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { sameShape } from "../../autodiff/shape.js";
import type { Tensor } from "../../autodiff/tensor.js";
import { type Backend, sizeOf } from "../../backends/backend.js";
import { checkNear } from "../random-program-difference.js";
import { type Computation, objectiveOf, valueAt } from "./computation.js";
import type { Axis, Place } from "./inputs.js";
import { inSinglePrecision, places, type Sample, sameBits, shapeAt, variablesOf } from "./sample.js";
import { lawOver, type SubjectLaw } from "./subject.js";

export function showAxes(axes: readonly Axis[]): string {
  return `[${axes.join(", ")}]`;
}

/** The result has its axes, the precision of the inputs, and their backend. */
export function resultLaw(computation: Computation, backend: Backend): SubjectLaw {
  const { name, shape, samples } = computation;
  return lawOver(`has shape ${showAxes(shape)} and the dtype of its inputs`, samples, async (sample) => {
    for (const place of places(backend)) {
      const value = valueAt(computation, sample, place);
      const wanted = shapeAt(shape, sample.sizes);
      if (!sameShape(value.shape, wanted)) {
        throw new Error(
          `${name}: the result has shape ${showShape(value.shape)} but must have ${showShape(wanted)}, ${showAxes(shape)}`,
        );
      }
      if (value.dtype !== place.dtype) {
        throw new Error(`${name}: the result is ${value.dtype} but must be ${place.dtype}, as the inputs are`);
      }
    }
  });
}

/** Value and gradient, read at one go. */
export async function everything(
  computation: Computation,
  sample: Sample,
  place: Place,
): Promise<Map<string, TypedArray>> {
  const variables = variablesOf(computation.inputs);
  const value = valueAt(computation, sample, place);
  const { at, f } = objectiveOf(computation, sample, place, variables);
  const slopes = variables.length === 0 ? {} : grad(f)(at);
  return named(await read({ value, slopes }));
}

/** A value and its slopes, as they were read. */
export interface Read {
  readonly value: TypedArray;
  readonly slopes: Readonly<Record<string, TypedArray>>;
}

/** Values under the names that messages give them. */
export function named({ value, slopes }: Read): Map<string, TypedArray> {
  const entries = Object.entries(slopes).map(([name, slope]) => [`the gradient in ${name}`, slope] as const);
  return new Map([["the value", value], ...entries]);
}

/** Value and gradient are finite at a sample. */
export function finiteLaw(computation: Computation, backend: Backend): SubjectLaw {
  return lawOver("is finite, value and gradient", computation.samples, async (sample) => {
    for (const place of places(backend)) {
      checkFinite(`${computation.name} in ${place.dtype}`, await everything(computation, sample, place));
    }
  });
}

export function checkFinite(what: string, found: ReadonlyMap<string, TypedArray>): void {
  for (const [part, values] of found) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new Error(`${what}: ${part} is ${values[bad]} at element ${bad} but must be finite`);
  }
}

/** The same inputs give the same bits, in tensors of their own. */
export function repeatLaw(computation: Computation, backend: Backend): SubjectLaw {
  return lawOver("gives the same bits twice", computation.samples, async (sample) => {
    for (const place of places(backend)) {
      const first = await everything(computation, sample, place);
      const second = await everything(computation, sample, place);
      for (const [part, values] of first) {
        if (!sameBits(values, second.get(part)!)) {
          throw new Error(
            `${computation.name}: ${part} is ${showValues(second.get(part)!)} the second time but must be ${showValues(values)}, as the first; what is random needs a key`,
          );
        }
      }
    }
  });
}

function showValues(values: TypedArray): string {
  return `[${[...values].slice(0, 8).join(", ")}${values.length > 8 ? ", …" : ""}]`;
}

/** After value and gradient were computed and disposed of, the backend holds what it held before. */
export function leakLaw(computation: Computation, backend: Backend): SubjectLaw {
  const { name, inputs, samples } = computation;
  return lawOver("leaves no buffer behind", samples, async (sample) => {
    const [place] = places(backend);
    const variables = variablesOf(inputs);
    const once = async () => {
      const { at, f } = objectiveOf(computation, sample, place, variables);
      const held = evaluate(variables.length === 0 ? valueAt(computation, sample, place) : valueAndGrad(f)(at));
      const tensors = "grad" in held ? [held.value, ...Object.values(held.grad)] : [held];
      for (const tensor of tensors) {
        await tensor.data();
        tensor.dispose();
      }
    };
    await once(); // what is made once and kept is no leak
    const before = backend.memory().buffers;
    await once();
    const leaked = backend.memory().buffers - before;
    if (leaked > 0) {
      throw new Error(
        `${name}: ${leaked} buffers on ${backend.name} outlive a call but must not; dispose of what it evaluates`,
      );
    }
  });
}

/** A direction that no symmetry of the inputs shares, in numbers that single precision holds. */
function directionLike(at: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const entries = Object.entries(at).map(([name, { shape, backend, dtype }], k) => {
    const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.cos(3 * i + k + 1)));
    return [name, fromValues(values, { shape, backend, dtype }) as Tensor];
  });
  return Object.fromEntries(entries);
}

/**
 * A backend gives what the reference gives in f64, from inputs that single precision holds: the value, the gradient and,
 * to order 2, the curvature along a direction.
 */
export function agreementLaw(
  computation: Computation,
  backend: Backend,
  reference: Backend,
  order: 1 | 2,
  isJudged: (sample: Sample) => Promise<void>,
): SubjectLaw {
  const { name, inputs, samples, tolerance } = computation;
  const variables = variablesOf(inputs);
  const isDifferentiable = variables.length > 0;
  const parts = [
    "value",
    ...(isDifferentiable ? ["gradient"] : []),
    ...(isDifferentiable && order === 2 ? ["curvature"] : []),
  ];
  const all = async (sample: Sample, place: Place): Promise<Map<string, TypedArray>> => {
    const found = await everything(computation, sample, place);
    if (!isDifferentiable || order === 1) return found;
    const { at, f } = objectiveOf(computation, sample, place, variables);
    for (const [variable, values] of Object.entries(await read(hvp(f, at, directionLike(at))))) {
      found.set(`the curvature in ${variable}`, values);
    }
    return found;
  };
  const bounds = places(backend).map(({ dtype }) => `${tolerance[dtype]} in ${dtype}`);
  const title = `agrees with ${reference.name} in f64, ${listed(parts)}, to ${listed(bounds)}`;
  return lawOver(title, samples, async (drawn) => {
    const sample = inSinglePrecision(drawn);
    await isJudged(sample);
    const expected = await all(sample, { backend: reference, dtype: "f64" });
    for (const place of places(backend)) {
      if (backend === reference && place.dtype === "f64") continue;
      for (const [part, values] of await all(sample, place)) {
        const wanted = expected.get(part)!;
        const allowance = tolerance[place.dtype] * largest(wanted);
        checkNear(
          `${name}: ${part} in ${place.dtype} on ${backend.name}`,
          Float64Array.from(values),
          wanted,
          allowance,
        );
      }
    }
  });
}

export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/** The largest finite magnitude, at least 1. */
export function largest(values: ArrayLike<number>): number {
  let most = 1;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most;
}
