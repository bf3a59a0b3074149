import { oneHot, slice } from "../../autodiff/index.js";
import { keyOf } from "../../autodiff/random.js";
import type { Backend } from "../../backends/backend.js";
import { checkSampler } from "../check-sampler.js";
import { type ExpectationOptions, expectation } from "../expectation.js";
import { isWithin } from "../within.js";
import { finest } from "./sample.js";
import { logProbabilitiesOf, type SamplerCase, type SamplerSample, samplerOf } from "./sampler-laws.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** What a sampler states, to the last bit of a distribution. */
async function statedBy(of: SamplerCase, sample: SamplerSample, backend: Backend): Promise<Float64Array> {
  const probabilities = (await logProbabilitiesOf(samplerOf(of, sample, backend), finest(backend))).map(Math.exp);
  const total = probabilities.reduce((sum, q) => sum + q, 0);
  return probabilities.map((q) => q / total);
}

/** `expectation`, with advice where there is none. */
export async function enumerated<T>(name: string, compute: () => Promise<T>, instead: string): Promise<T> {
  try {
    return await compute();
  } catch (problem) {
    const { message } = problem as Error;
    const isOutOfReach = problem instanceof RangeError || message.includes("continuous randomness");
    if (!isOutOfReach) throw problem;
    throw new Error(`${name}: its outcomes cannot be enumerated (${message}) but must be; ${instead}`, {
      cause: problem,
    });
  }
}

/** How many outcomes are enumerated at most. */
export const ENUMERATION: ExpectationOptions = { budget: 20_000 };

/** The joint distribution of two draws, over all their outcomes, is the product of the probabilities that are stated. */
export function enumerationLaw(of: SamplerCase, backend: Backend): SubjectLaw {
  const title = "draws independently with the probabilities that it states, over all outcomes of two draws";
  return lawOver(title, of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    const { classes } = sampler;
    const stated = await statedBy(of, sample, backend);
    const key = keyOf(sample.seed, backend);
    const pair = await enumerated(
      of.name,
      () =>
        expectation(
          (at) => {
            const rows = oneHot(sampler.draw(at, 2), classes, "f64"); // [2, classes]
            const [first, second] = [0, 1].map((place) => slice(rows, [place, 0], [place + 1, classes]));
            return first.transpose().matmul(second);
          },
          key,
          ENUMERATION,
        ),
      'declare fewer classes, or proof: "evidence"',
    );
    for (let i = 0; i < classes; i++) {
      for (let j = 0; j < classes; j++) {
        const [found, wanted] = [pair[i * classes + j], stated[i] * stated[j]];
        if (isWithin(Math.abs(found - wanted), of.tolerance.f64)) continue;
        throw new Error(
          `${of.name}: the classes ${i} and then ${j} are drawn with probability ${found} but must be with ${wanted}, as logProbability states`,
        );
      }
    }
  });
}

/** Draws do not contradict the probabilities that are stated, in evidence whose chance to refuse a right sampler is 1e-9. */
export function evidenceLaw(of: SamplerCase, draws: number, backend: Backend): SubjectLaw {
  const title = `draws independently with the probabilities that it states, by the evidence of ${draws} draws`;
  return lawOver(title, of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    const probabilities = await statedBy(of, sample, backend);
    const drawn = await sampler.draw(keyOf(sample.seed, backend).at("evidence"), draws).data();
    checkSampler({ draws: drawn, probabilities, seed: sample.seed });
  });
}
