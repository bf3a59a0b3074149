import { grad, read } from "../../autodiff/index.js";
import type { Backend } from "../../backends/backend.js";
import { sfc32 } from "../sfc32.js";
import { type Computation, objectiveOf, valueAt } from "./computation.js";
import { checkFinite, named } from "./computation-laws.js";
import type { Inputs } from "./inputs.js";
import { places, type Sample, variablesOf } from "./sample.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** Sign patterns that a run tries: all of them where there are no more. */
const PATTERNS = 16;

/**
 * Value and gradient are finite where every unbounded input is as large as declared, whatever the signs: under all sign
 * patterns of up to four elements, else under both constant ones and some at random, which keep some elements as they are.
 */
export function extremesLaw(computation: Computation, backend: Backend, extreme: number): SubjectLaw {
  const { name, inputs, samples } = computation;
  const variables = variablesOf(inputs);
  return lawOver(`stays finite, value and gradient, out to ±${extreme}`, samples, async (sample) => {
    const all = patternsOf(inputs, sample, extreme);
    for (const place of places(backend)) {
      for (const at of all) {
        const { at: x, f } = objectiveOf(computation, at, place, variables);
        const slopes = variables.length === 0 ? {} : grad(f)(x);
        const found = await read({ value: valueAt(computation, at, place), slopes });
        checkFinite(`${name} in ${place.dtype} at ${describe(inputs, at)}`, named(found));
      }
    }
  });
}

/** The inputs that extremes are put in. */
export function unboundedOf(inputs: Inputs): string[] {
  return Object.keys(inputs).filter((name) => inputs[name].unbounded);
}

function patternsOf(inputs: Inputs, sample: Sample, extreme: number): Sample[] {
  const names = unboundedOf(inputs);
  const length = names.reduce((total, name) => total + (sample.values[name] as Float64Array).length, 0);
  const uniform = sfc32(sample.seed);
  const random = () => Array.from({ length }, () => Math.floor(3 * uniform()) - 1);
  const constant = (sign: number) => Array<number>(length).fill(sign);
  const exhaustive = 2 ** length <= PATTERNS;
  const patterns = exhaustive
    ? Array.from({ length: 2 ** length }, (_, bits) => Array.from({ length }, (_, i) => ((bits >> i) & 1) * 2 - 1))
    : [constant(1), constant(-1), ...Array.from({ length: PATTERNS - 2 }, random)];
  return patterns.map((pattern) => {
    let next = 0;
    const changed = names.map((name) => {
      const values = (sample.values[name] as Float64Array).map((value) => {
        const sign = pattern[next++];
        return sign === 0 ? value : sign * extreme;
      });
      return [name, values] as const;
    });
    return { ...sample, values: { ...sample.values, ...Object.fromEntries(changed) } };
  });
}

function describe(inputs: Inputs, { values }: Sample): string {
  return unboundedOf(inputs)
    .map((name) => `${name} = [${[...(values[name] as Float64Array)].slice(0, 12).join(", ")}]`)
    .join(", ");
}
