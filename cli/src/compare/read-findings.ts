import { type Evaluation, PLACES } from "../metrics.js";
import type { GradientQuality, GradientStudy, RunRecord, Scale } from "./comparison.js";
import type { TrialState } from "./trial.js";
import type { Findings } from "./unfinished.js";

/** Gives a value back as it must be; throws TypeError, which names the place, if it is not. */
type Reader<T> = (value: unknown, place: string) => T;
type Fields<T> = { readonly [K in keyof Required<T>]: Reader<T[K]> };

const text: Reader<string> = (value, place) => {
  if (typeof value !== "string") throw new TypeError(`${place} is not a text`);
  return value;
};

/** JSON writes `null` for what is no finite number, such as the median of no steps. */
const number: Reader<number> = (value, place) => {
  if (value === null) return Number.NaN;
  if (!Number.isFinite(value)) throw new TypeError(`${place} is not a number`);
  return value as number;
};

/** A finite number ≥ 0: a time, or a learning rate. */
const measure: Reader<number> = (value, place) => {
  if (!Number.isFinite(value) || (value as number) < 0) throw new TypeError(`${place} is not a finite number ≥ 0`);
  return value as number;
};

const count: Reader<number> = (value, place) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(`${place} is not a whole number ≥ 0`);
  return value as number;
};

const listOf =
  <T>(read: Reader<T>): Reader<T[]> =>
  (value, place) => {
    if (!Array.isArray(value)) throw new TypeError(`${place} is not a list`);
    return value.map((item, i) => read(item, `${place}[${i}]`));
  };

/** A field that is not there stays away. */
const optional =
  <T>(read: Reader<T>): Reader<T | undefined> =>
  (value, place) =>
    value === undefined ? undefined : read(value, place);

const objectOf =
  <T>(fields: Fields<T>): Reader<T> =>
  (value, place) => {
    if (typeof value !== "object" || value === null) throw new TypeError(`${place} is not an object`);
    const entries = Object.entries(fields as Record<string, Reader<unknown>>).flatMap(([name, read]) => {
      const field = read((value as Record<string, unknown>)[name], `${place}.${name}`);
      return field === undefined ? [] : [[name, field] as const];
    });
    return Object.fromEntries(entries) as T;
  };

/** A number for each of the places that a ranking is scored at. */
const atPlaces: Reader<number[]> = (value, place) => {
  const numbers = listOf(number)(value, place);
  if (numbers.length !== PLACES.length) throw new TypeError(`${place} is not ${PLACES.length} numbers long`);
  return numbers;
};

const scores = objectOf<Evaluation>({
  examples: count,
  scored: count,
  precision: atPlaces,
  ndcg: atPlaces,
  propensityScoredPrecision: atPlaces,
  recallAt5: number,
  balancedAccuracy: number,
  bands: listOf(
    objectOf<Evaluation["bands"][number]>({
      ...{ from: count, to: optional(count), labels: count, examples: count, precisionAt1: number },
    }),
  ),
});

const curve = listOf(objectOf<RunRecord["curve"][number]>({ steps: count, seconds: measure, precisionAt1: number }));

const record = objectOf<RunRecord>({
  ...{
    method: text,
    seed: count,
    learningRate: measure,
    steps: count,
    seconds: measure,
    stepTime: number,
    bytes: count,
  },
  ...({ curve, scores: optional(scores), diverged: optional(text) } as Pick<
    Fields<RunRecord>,
    "curve" | "scores" | "diverged"
  >),
});

const quality = objectOf<GradientQuality>({
  ...{ method: text, title: text, bias: number, resolution: number, noise: number },
  ...{ signalToNoise: optional(number) as Reader<number>, cosine: number },
});

const study = objectOf<GradientStudy>({ point: text, examples: count, draws: count, methods: listOf(quality) });
const scale = objectOf<Scale>({ method: text, classes: count, stepTime: number, bytes: count });
const state = objectOf<TrialState>({ steps: count, seconds: measure, bytes: count, stepTimes: listOf(measure), curve });

const findings = objectOf<Findings>({
  ...{ tries: listOf(record), runs: listOf(record), gradients: listOf(study), scales: listOf(scale) },
  current: optional(objectOf<NonNullable<Findings["current"]>>({ trial: text, state })) as Reader<
    NonNullable<Findings["current"]>
  >,
});

/**
 * What a comparison found, from JSON.
 *
 * @throws TypeError, which names the field, if something is missing or of another type
 */
export function findingsFromJson(json: unknown): Findings {
  return findings(json, "findings");
}
