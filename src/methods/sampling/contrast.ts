import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { checkRank, ShapeError, showShape, type Tensor } from "../../autodiff/index.js";

/** A number for each positive and for each of its k noise samples. An alias, so that it is a tree for `grad`. */
export type Contrast = {
  /** `[B]`, one for each data sample. */
  readonly positive: Tensor;
  /** `[B, k]`, one for each noise sample of each data sample, k ≥ 1. */
  readonly noise: Tensor;
};

/** log p_n of the positives and of the noise samples, in nats; where all rows share their samples, `noise` may be `[k]`. */
export type NoiseLogProbability = Contrast;

/** Throws unless there is a score for each positive and k ≥ 1 for its noise, of one dtype and, on the host, none NaN. */
export function checkContrast(caller: string, scores: Contrast): void {
  const { positive, noise } = scores;
  const named = { "scores.positive": positive, "scores.noise": noise };
  checkFloat(caller, named);
  checkSameDType(caller, named);
  checkRank(caller, { "scores.positive": positive }, 1);
  if (noise.shape.length !== 2 || noise.shape[0] !== positive.size || noise.shape[1] < 1) {
    throw new ShapeError(
      `${caller}: scores.noise has shape ${showShape(noise.shape)} but must be [${positive.size}, k] with k ≥ 1`,
    );
  }
  for (const [name, tensor] of Object.entries(named)) {
    if (hostValues(tensor)?.some(Number.isNaN)) throw new RangeError(`${caller}: ${name} is NaN but must be a number`);
  }
}

/** Throws unless log p_n fits the scores and, on the host, is finite: what occurs must have a chance as noise. */
export function checkNoiseLogProbability(caller: string, scores: Contrast, logProbability: NoiseLogProbability): void {
  const { positive, noise } = logProbability;
  const named = { "logProbability.positive": positive, "logProbability.noise": noise };
  checkSameDType(caller, { "scores.positive": scores.positive, ...named });
  const [rows, k] = scores.noise.shape;
  if (positive.shape.length !== 1 || positive.size !== rows) {
    throw new ShapeError(
      `${caller}: logProbability.positive has shape ${showShape(positive.shape)} but must be [${rows}]`,
    );
  }
  const { shape } = noise;
  const isShared = shape.length === 1 && shape[0] === k;
  if (!isShared && !(shape.length === 2 && shape[0] === rows && shape[1] === k)) {
    throw new ShapeError(
      `${caller}: logProbability.noise has shape ${showShape(shape)} but must be [${rows}, ${k}], or [${k}] if the rows share their samples`,
    );
  }
  for (const [name, tensor] of Object.entries(named)) {
    const values = hostValues(tensor);
    const wrong = values?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (wrong >= 0) {
      throw new RangeError(
        `${caller}: ${name} is ${values?.[wrong]} at ${wrong} but must be finite; noise must be able to give every class that occurs`,
      );
    }
  }
}

/** Throws unless there is a log-normalizer for each row, or one for all. */
export function checkLogNormalizer(caller: string, { positive }: Contrast, logNormalizer: Tensor): void {
  checkSameDType(caller, { "scores.positive": positive, logNormalizer });
  const { shape } = logNormalizer;
  if (shape.length > 1 || (shape.length === 1 && shape[0] !== positive.size)) {
    throw new ShapeError(
      `${caller}: logNormalizer has shape ${showShape(shape)} but must be [${positive.size}], or [] for one of all rows`,
    );
  }
}
