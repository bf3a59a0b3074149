import { grad, read, type Tensor, type TypedArray } from "../../autodiff/index.js";
import { sum } from "../../autodiff/ops/reduce.js";
import type { Backend } from "../../backends/backend.js";
import { checkNear } from "../random-program-difference.js";
import { isWithin } from "../within.js";
import { type Computation, called, valueAt } from "./computation.js";
import { largest } from "./computation-laws.js";
import { show } from "./declaration.js";
import type { Inputs } from "./inputs.js";
import type { Change } from "./invariance.js";
import type { Bound, ClosedForm, LossDeclaration, Reduction } from "./loss-subject.js";
import { finest, inSinglePrecision, placed, type Sample, tensorsOf } from "./sample.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** Within the tolerance of the precision, relative to 1 or the largest element, whichever is more. */
function checkSame(
  { name, tolerance }: Computation,
  what: string,
  dtype: "f32" | "f64",
  actual: TypedArray,
  expected: TypedArray,
): void {
  checkNear(
    `${name}: ${what}`,
    Float64Array.from(actual),
    Float64Array.from(expected),
    tolerance[dtype] * largest(expected),
  );
}

/** A sample whose numbers a backend's finest precision holds. */
function heldBy(backend: Backend, sample: Sample): Sample {
  return backend.dtypes.has("f64") ? sample : inSinglePrecision(sample);
}

/** The value after a change of the inputs is what the change makes of the value. */
export function invarianceLaw(computation: Computation, change: Change, backend: Backend): SubjectLaw {
  const { inputs, samples } = computation;
  return lawOver(change.name, samples, async (sample) => {
    const place = finest(backend);
    const values = placed(inputs, sample, place);
    const changed = change.apply(values, sample, place);
    const { actual, expected } = await read({
      actual: called(computation, changed.values, { ...sample, sizes: changed.sizes }, place),
      expected: changed.value(called(computation, values, sample, place)),
    });
    checkSame(computation, "the value after the change", place.dtype, actual, expected);
  });
}

/** In a special case the value is that of another function. */
export function reductionLaw(computation: Computation, reduction: Reduction<Inputs>, backend: Backend): SubjectLaw {
  const { name, when = (values) => values, equals } = reduction;
  return lawOver(name, computation.samples, async (sample) => {
    const place = finest(backend);
    const values = when(placed(computation.inputs, sample, place));
    const { actual, expected } = await read({
      actual: called(computation, values, sample, place),
      expected: equals(values),
    });
    checkSame(computation, "the value", place.dtype, actual, expected);
  });
}

/** Every element of the value lies on one side of a number, or of another function's. */
export function boundLaw(
  computation: Computation,
  side: "atLeast" | "atMost",
  bound: Bound<Inputs>,
  backend: Backend,
): SubjectLaw {
  const { name, samples, inputs, tolerance } = computation;
  const title = `is ${side === "atLeast" ? "at least" : "at most"} ${typeof bound === "number" ? bound : "its bound"}`;
  return lawOver(title, samples, async (sample) => {
    const place = finest(backend);
    const values = placed(inputs, sample, place);
    const value = await called(computation, values, sample, place).data();
    const limit = typeof bound === "number" ? value.map(() => bound) : await bound(values).data();
    const slack = tolerance[place.dtype] * largest(limit);
    value.forEach((element, i) => {
      const beyond = side === "atLeast" ? limit[i] - element : element - limit[i];
      if (isWithin(Math.max(0, beyond), slack)) return;
      throw new Error(
        `${name}: the value is ${element} at element ${i} but must be ${side === "atLeast" ? "at least" : "at most"} ${limit[i]}`,
      );
    });
  });
}

/** Value and gradients are those of their closed forms. */
export function closedFormLaws(
  computation: Computation,
  { expected, expectedGradient = {} }: LossDeclaration<Inputs>,
  backend: Backend,
): SubjectLaw[] {
  const { name, samples, inputs } = computation;
  const place = finest(backend);
  const numbersOf = (field: string, form: ClosedForm<Inputs>, { values, sizes }: Sample, length: number) => {
    const given = form(values, sizes);
    const numbers = Float64Array.from(typeof given === "number" ? [given] : given);
    if (numbers.length === length) return numbers;
    throw new Error(`${name}: ${field} gives ${show([...numbers])} but must give ${length} numbers`);
  };
  const ofValue = lawOver("has the value of its closed form", samples, async (drawn) => {
    const sample = heldBy(backend, drawn);
    const value = await valueAt(computation, sample, place).data();
    checkSame(computation, "the value", place.dtype, value, numbersOf("expected", expected!, sample, value.length));
  });
  const ofGradients = Object.entries(expectedGradient).map(([input, form]) =>
    lawOver(`has the gradient of its closed form in ${input}`, samples, async (drawn) => {
      const sample = heldBy(backend, drawn);
      const values = placed(inputs, sample, place);
      const total = (x: Readonly<Record<string, Tensor>>) =>
        sum(called(computation, { ...values, ...x }, sample, place));
      const slope = await grad(total)(tensorsOf(values, [input]))[input].data();
      const wanted = numbersOf(`expectedGradient.${input}`, form!, sample, slope.length);
      checkSame(computation, `the gradient in ${input}`, place.dtype, slope, wanted);
    }),
  );
  return [...(expected === undefined ? [] : [ofValue]), ...ofGradients];
}
