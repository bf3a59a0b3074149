import { grad, type Key, showShape, type Tensor } from "../../autodiff/index.js";
import { keyOf } from "../../autodiff/random.js";
import { sameShape } from "../../autodiff/shape.js";
import type { Backend } from "../../backends/backend.js";
import { type ExpectationOptions, expectation } from "../expectation.js";
import { checkNear } from "../random-program-difference.js";
import { type Bounds, checkUnbiasedSequential } from "../sequential.js";
import { checkUnbiased } from "../unbiased.js";
import { isWithin } from "../within.js";
import { type Computation, mixed, valueAt } from "./computation.js";
import { everything, largest, listed } from "./computation-laws.js";
import type { Place } from "./inputs.js";
import { inSinglePrecision, type Placed, placed, places, type Sample, tensorsOf } from "./sample.js";
import { ENUMERATION, enumerated } from "./sampler-evidence.js";
import { inSinglePrecisionOnly } from "./single-precision.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** What is known of a bias: its sign in every element, or a bound of its magnitude. */
export type Bias = { readonly sign: "above" | "below" } | { readonly within: number };

/** An estimator, its key, and what it estimates. */
export interface EstimatorCase extends Computation {
  estimate(values: Placed, key: Key): Tensor;
  target(values: Placed): Tensor;
}

const ADVICE = 'declare smaller sizes, or proof: "sequential"';

/** What `checkUnbiased` allows, relative to 1 + the largest target. */
function allowed({ tolerance }: EstimatorCase, { dtype }: Place): ExpectationOptions & { readonly tolerance: number } {
  return { ...ENUMERATION, tolerance: dtype === "f64" ? Math.min(tolerance.f64, 1e-10) : tolerance.f32 };
}

/** The mean over all outcomes is the target, in every precision. */
export function unbiasedLaw(of: EstimatorCase, backend: Backend): SubjectLaw {
  return lawOver("is unbiased: the mean over all outcomes is the target", of.samples, async (sample) => {
    for (const place of places(backend)) {
      const { values, target, key } = question(of, sample, place);
      const check = () => checkUnbiased((at) => of.estimate(values, at), target, key, allowed(of, place));
      await enumerated(of.name, check, ADVICE);
    }
  });
}

function question(of: EstimatorCase, sample: Sample, place: Place) {
  const values = placed(of.inputs, sample, place);
  const target = of.target(values);
  const { shape } = valueAt(of, sample, place);
  if (sameShape(target.shape, shape)) return { values, target, key: keyOf(sample.seed, place.backend) };
  throw new Error(
    `${of.name}: the estimate has shape ${showShape(shape)} but must match target, ${showShape(target.shape)}`,
  );
}

/** The mean over all outcomes is as far from the target as is declared, in every precision. */
export function biasLaw(of: EstimatorCase, biased: Bias, backend: Backend): SubjectLaw {
  const { name, tolerance } = of;
  const isBounded = "within" in biased;
  const side = isBounded || biased.sign === "above" ? 1 : -1;
  const [title, right] = isBounded
    ? [`has a bias of at most ${biased.within}, over all outcomes`, `at most ${biased.within} in magnitude`]
    : [`is on average not ${side > 0 ? "below" : "above"} its target, over all outcomes`, side > 0 ? "≥ 0" : "≤ 0"];
  return lawOver(title, of.samples, async (sample) => {
    for (const place of places(backend)) {
      const { values, target, key } = question(of, sample, place);
      const wanted = await target.data();
      const mean = await enumerated(name, () => expectation((at) => of.estimate(values, at), key, ENUMERATION), ADVICE);
      const slack = tolerance[place.dtype] * largest(wanted);
      mean.forEach((value, i) => {
        const bias = value - wanted[i];
        const beyond = isBounded ? Math.abs(bias) - biased.within : -side * bias;
        if (isWithin(Math.max(0, beyond), slack)) return;
        throw new Error(
          `${name}: the bias is ${bias} at element ${i}, ${value} on average for ${wanted[i]}, but must be ${right}`,
        );
      });
    }
  });
}

/** The mean of the gradient over all outcomes is the gradient of the target, in every precision. */
export function gradientBiasLaw(of: EstimatorCase, input: string, backend: Backend): SubjectLaw {
  return lawOver(`has an unbiased gradient in ${input}, over all outcomes`, of.samples, async (sample) => {
    for (const place of places(backend)) {
      const { values, key } = question(of, sample, place);
      const slope = (f: (values: Placed) => Tensor) =>
        grad((x: Readonly<Record<string, Tensor>>) => mixed(f({ ...values, ...x })))(tensorsOf(values, [input]));
      const target = slope(of.target);
      const check = () => checkUnbiased((on) => slope((at) => of.estimate(at, on)), target, key, allowed(of, place));
      await enumerated(of.name, check, ADVICE);
    }
  });
}

/**
 * A backend gives what the reference gives in the same precision and with the same key: draws are the same then, which
 * they need not be in another.
 */
export function sameKeyLaw(of: EstimatorCase, backend: Backend, reference: Backend): SubjectLaw {
  const bounds = places(backend).map(({ dtype }) => `${of.tolerance[dtype]} in ${dtype}`);
  const title = `agrees with ${reference.name} where the key is the same, value and gradient, to ${listed(bounds)}`;
  return lawOver(title, of.samples, async (drawn) => {
    const sample = inSinglePrecision(drawn);
    const on = backend.dtypes.has("f64") ? reference : inSinglePrecisionOnly(reference);
    for (const { dtype } of places(backend)) {
      const expected = await everything(of, sample, { backend: on, dtype });
      for (const [part, values] of await everything(of, sample, { backend, dtype })) {
        const wanted = expected.get(part)!;
        checkNear(
          `${of.name}: ${part} in ${dtype} on ${backend.name}`,
          values,
          wanted,
          of.tolerance[dtype] * largest(wanted),
        );
      }
    }
  });
}

/** Draws that take so few samples that a law of many runs is still quick. */
const DRAWS = 20_000;

/** A sequential test rules out a bias of the stated fraction of the range, at a chance of error of 1e-9. */
export function sequentialLaw(
  of: EstimatorCase,
  range: (values: never, sizes: Sample["sizes"]) => Bounds,
  detectable: number,
  backend: Backend,
): SubjectLaw {
  const title = `is unbiased to ${detectable} of its range, by a sequential test`;
  const check = async (sample: Sample) => {
    const values = placed(of.inputs, sample, { backend, dtype: "f64" });
    const truth = await of.target(values).data();
    const bounds = range(sample.values as never, sample.sizes);
    const key = keyOf(sample.seed, backend);
    await checkUnbiasedSequential((_, index) => of.estimate(values, key.at(index)).data(), truth, bounds, {
      eps: detectable,
      budget: DRAWS,
      seed: sample.seed,
    });
  };
  return lawOver(title, of.samples, check, 3);
}
