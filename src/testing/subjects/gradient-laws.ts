import fc from "fast-check";
import { grad, type Tensor } from "../../autodiff/index.js";
import type { Backend } from "../../backends/backend.js";
import { checkGradient } from "../gradient.js";
import { type Computation, objectiveOf } from "./computation.js";
import type { Place } from "./inputs.js";
import { finest, type Placed, placed, type Sample, variablesOf } from "./sample.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** Gradient and Hessian agree with central differences: in each input, and in all of them at once. */
export function gradientLaws(
  computation: Computation,
  backend: Backend,
  order: 1 | 2,
  isJudged: (sample: Sample) => Promise<void>,
): SubjectLaw[] {
  const variables = variablesOf(computation.inputs);
  const groups = variables.length > 1 ? [...variables.map((name) => [name]), variables] : [variables];
  return groups.map((group) => {
    const what = group.length === 1 ? group[0] : "all inputs at once";
    const title = `agrees with central differences to order ${order}, in ${what}`;
    return lawOver(title, computation.samples, async (sample) => {
      await isJudged(sample);
      const { at, f } = objectiveOf(computation, sample, { backend, dtype: "f64" }, group);
      await checkGradient(f, at, { order, seed: sample.seed });
    });
  });
}

/** How far from a kink a point must be for differences to be judged there. */
const AWAY = 0.05;

/** Leaves out samples that lie next to a kink, where no difference converges. */
export function awayFromKinks(
  computation: Computation,
  backend: Backend,
  kinks: ((values: Placed) => Tensor) | undefined,
): (sample: Sample) => Promise<void> {
  return async (sample) => {
    if (kinks === undefined) return;
    const distances = await kinks(placed(computation.inputs, sample, finest(backend))).data();
    fc.pre(distances.every((distance) => Math.abs(distance) > AWAY));
  };
}

/** Nothing flows into an input that is said to be detached. */
export function detachedLaw(computation: Computation, backend: Backend, input: string): SubjectLaw {
  return lawOver(`lets no gradient into ${input}`, computation.samples, async (sample) => {
    const place: Place = finest(backend);
    const { at, f } = objectiveOf(computation, sample, place, [input]);
    const slope = await grad(f)(at)[input].data();
    const leak = slope.findIndex((value) => value !== 0);
    if (leak >= 0) {
      throw new Error(
        `${computation.name}: the gradient in ${input} is ${slope[leak]} at element ${leak} but must be 0; detach it with stopGradient`,
      );
    }
  });
}
