import type { Arbitrary } from "fast-check";
import { type Float, type Key, showShape, Tensor } from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { keyOf } from "../../autodiff/random.js";
import type { Backend } from "../../backends/backend.js";
import { checkNear } from "../random-program-difference.js";
import { isWithin } from "../within.js";
import type { Tolerance } from "./computation.js";
import { listed } from "./computation-laws.js";
import { show } from "./declaration.js";
import type { Place } from "./inputs.js";
import { finest, places } from "./sample.js";
import { inSinglePrecisionOnly } from "./single-precision.js";
import { lawOver, type SubjectLaw } from "./subject.js";

/** What is verified of a sampler; the samplers of `cotangent/methods/sampling` have it. */
export interface SamplerUnderTest {
  /** Number of classes; ids lie in [0, classes). */
  readonly classes: number;
  /** n independent draws on the key's backend: `[n]`, i32. */
  draw(key: Key, n: number): Tensor<"i32">;
  /** Natural logarithm of the probability of each id, in the dtype of `like`, f32 by default; −Infinity where it is 0. */
  logProbability(ids: Tensor<"i32">, like?: { readonly dtype: Float }): Tensor;
}

/** Options that a sampler is made with, and where its keys start. */
export interface SamplerSample {
  readonly options: unknown;
  readonly seed: number;
}

export interface SamplerCase {
  readonly name: string;
  readonly sampler: (options: unknown, backend: Backend) => SamplerUnderTest;
  readonly samples: Arbitrary<SamplerSample>;
  readonly tolerance: Required<Tolerance>;
}

/** The sampler of a sample, on a backend. */
export function samplerOf(
  { name, sampler }: SamplerCase,
  { options }: SamplerSample,
  backend: Backend,
): SamplerUnderTest {
  const made = sampler(options, backend);
  if (!Number.isSafeInteger(made?.classes) || made.classes < 1) {
    throw new RangeError(`${name}: classes is ${show(made?.classes)} but must be a whole number ≥ 1`);
  }
  return made;
}

/** Log-probabilities of all classes, in order. */
export async function logProbabilitiesOf(sampler: SamplerUnderTest, { backend, dtype }: Place): Promise<Float64Array> {
  const ids = arange(sampler.classes, { backend, dtype: "i32" }) as Tensor<"i32">;
  return Float64Array.from(await sampler.logProbability(ids, { dtype }).data());
}

/** As many draws as asked for, each of them a class. */
export function drawsLaw(of: SamplerCase, backend: Backend): SubjectLaw {
  return lawOver("draws as many as asked for, each in [0, classes)", of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    for (const n of [1, 2 + (sample.seed % 63)]) {
      const drawn = sampler.draw(keyOf(sample.seed, backend), n);
      if (!(drawn instanceof Tensor) || drawn.dtype !== "i32" || showShape(drawn.shape) !== `[${n}]`) {
        const what = drawn instanceof Tensor ? `${drawn.dtype as string} ${showShape(drawn.shape)}` : show(drawn);
        throw new Error(`${of.name}: draw(key, ${n}) is ${what} but must be i32 [${n}]`);
      }
      const ids = await drawn.data();
      const bad = ids.find((id) => id < 0 || id >= sampler.classes);
      if (bad === undefined) continue;
      throw new Error(`${of.name}: draw(key, ${n}) holds ${bad} but must be in [0, ${sampler.classes})`);
    }
  });
}

/** The probabilities of all classes add up to 1. */
export function normalizationLaw(of: SamplerCase, backend: Backend): SubjectLaw {
  return lawOver("has probabilities that add up to 1", of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    for (const place of places(backend)) {
      const logs = await logProbabilitiesOf(sampler, place);
      if (logs.length !== sampler.classes) {
        throw new Error(
          `${of.name}: logProbability gives ${logs.length} numbers for ${sampler.classes} ids but must give one for each`,
        );
      }
      const total = logs.reduce((sum, log) => sum + Math.exp(log), 0);
      if (isWithin(Math.abs(total - 1), of.tolerance[place.dtype])) continue;
      throw new Error(
        `${of.name}: the probabilities of all classes add up to ${total} in ${place.dtype} but must to 1`,
      );
    }
  });
}

/** The probabilities are those of the definition. */
export function probabilitiesLaw(
  of: SamplerCase,
  probabilities: (options: unknown) => ArrayLike<number>,
  backend: Backend,
): SubjectLaw {
  return lawOver("has the probabilities of its definition", of.samples, async (sample) => {
    const place = finest(backend);
    const logs = await logProbabilitiesOf(samplerOf(of, sample, backend), place);
    const wanted = Float64Array.from(probabilities(sample.options));
    checkNear(`${of.name}: the probability`, logs.map(Math.exp), wanted, of.tolerance[place.dtype]);
  });
}

/** A key gives the same draws again, and another key others. */
export function keysLaw(of: SamplerCase, backend: Backend): SubjectLaw {
  return lawOver("draws the same with the same key, and not with another", of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    const key = () => keyOf(sample.seed, backend);
    const logs = await logProbabilitiesOf(sampler, finest(backend));
    const agree = logs.reduce((sum, log) => sum + Math.exp(2 * log), 0);
    const n = Math.min(4096, Math.max(8, Math.ceil(Math.log(1e-12) / Math.log(agree))));
    const first = await sampler.draw(key(), n).data();
    const again = await sampler.draw(key(), n).data();
    const place = first.findIndex((id, i) => id !== again[i]);
    if (place >= 0) {
      throw new Error(
        `${of.name}: draw ${place} is ${again[place]} the second time but must be ${first[place]}, as the first; the key alone decides`,
      );
    }
    if (agree ** n > 1e-9) return; // it all but always draws the same class
    const other = await sampler.draw(key().at(1), n).data();
    if (first.some((id, i) => id !== other[i])) return;
    throw new Error(`${of.name}: ${n} draws with another key are the same but must differ; draw from the key`);
  });
}

/** After drawing and asking for probabilities, the backend holds what it held before. */
export function samplerLeakLaw(of: SamplerCase, backend: Backend): SubjectLaw {
  return lawOver("leaves no buffer behind", of.samples, async (sample) => {
    const sampler = samplerOf(of, sample, backend);
    const once = async () => {
      const ids = sampler.draw(keyOf(sample.seed, backend), 8);
      await sampler.logProbability(ids, finest(backend)).data();
    };
    await once(); // tables that it makes once and keeps are no leak
    const before = backend.memory().buffers;
    await once();
    const leaked = backend.memory().buffers - before;
    if (leaked <= 0) return;
    throw new Error(
      `${of.name}: ${leaked} buffers on ${backend.name} outlive a call but must not; dispose of what it evaluates`,
    );
  });
}

/** A backend has the reference's draws, to the bit, and its log-probabilities. */
export function agreementOfSamplersLaw(of: SamplerCase, backend: Backend, reference: Backend): SubjectLaw {
  const bounds = places(backend).map(({ dtype }) => `${of.tolerance[dtype]} in ${dtype}`);
  const draws = backend === reference ? "" : `draws as ${reference.name} does, and `;
  const title = `${draws}agrees with ${reference.name} in f64, log-probability, to ${listed(bounds)}`;
  return lawOver(title, of.samples, async (sample) => {
    const [sampler, expected] = [backend, reference].map((on) => samplerOf(of, sample, on));
    if (backend !== reference) {
      const on = backend.dtypes.has("f64") ? reference : inSinglePrecisionOnly(reference);
      const [ids, wanted] = await Promise.all([
        sampler.draw(keyOf(sample.seed, backend), 64).data(),
        samplerOf(of, sample, on).draw(keyOf(sample.seed, on), 64).data(),
      ]);
      checkNear(`${of.name}: a draw on ${backend.name}`, ids, wanted, 0);
    }
    const wanted = await logProbabilitiesOf(expected, { backend: reference, dtype: "f64" });
    const magnitude = wanted.reduce((most, log) => (Number.isFinite(log) ? Math.max(most, -log) : most), 1);
    for (const place of places(backend)) {
      const logs = await logProbabilitiesOf(sampler, place);
      const what = `${of.name}: the log-probability in ${place.dtype} on ${backend.name}`;
      checkNear(what, logs, wanted, of.tolerance[place.dtype] * magnitude);
    }
  });
}
