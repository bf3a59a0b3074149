import { checkAtLeast, checkCount, type Key, normal, permutation, randomInt } from "../../autodiff/index.js";
import { finestFloat } from "../sampling/draw-shape.js";
import { type DenseMatrix, times } from "./dense-matrix.js";
import type { ReluMeasurements } from "./robust-recovery.js";

export interface SampleReluModelOptions {
  /** d, outputs: a whole number ≥ 1. */
  readonly dimension: number;
  /** k, latent dimensions: a whole number ≥ 1. */
  readonly rank: number;
  /** n: a whole number ≥ 1. */
  readonly samples: number;
  /** Deviation of the biases, ≥ 0. Default 1. */
  readonly biasScale?: number;
}

export interface ReluModelSample {
  /** `[d, n]`: Y = ReLU(A·C + b·1ᵀ). */
  readonly observations: DenseMatrix;
  /** `[d, k]`: A. */
  readonly dictionary: DenseMatrix;
  /** `[k, n]`: C. */
  readonly codes: DenseMatrix;
  /** `[d]`: b. */
  readonly bias: Float64Array;
}

/**
 * Draws a ReLU model and samples of it: dictionary, codes and biases normal.
 *
 *     Y = ReLU(A·C + b·1ᵀ)
 *
 * @throws RangeError if a size is not a whole number ≥ 1, or `biasScale` is negative or not finite
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §2
 */
export async function sampleReluModel(
  key: Key,
  { dimension, rank, samples, biasScale = 1 }: SampleReluModelOptions,
): Promise<ReluModelSample> {
  checkCount("sampleReluModel", { dimension, rank, samples }, 1);
  checkAtLeast("sampleReluModel", { biasScale }, 0);
  const dictionary = await normalMatrix(key.at("dictionary"), dimension, rank);
  const codes = await normalMatrix(key.at("codes"), rank, samples);
  const bias = (await normalMatrix(key.at("bias"), dimension, 1)).values.map((value) => biasScale * value);
  const values = new Float64Array(dimension * samples);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < samples; j++) {
      let sum = bias[i];
      for (let l = 0; l < rank; l++) sum += dictionary.values[i * rank + l] * codes.values[l * samples + j];
      values[i * samples + j] = Math.max(0, sum);
    }
  }
  return { observations: { rows: dimension, columns: samples, values }, dictionary, codes, bias };
}

export interface SampleReluMeasurementsOptions {
  /** d: a whole number ≥ 1. */
  readonly dimension: number;
  /** k, unknowns: a whole number ≥ 1. */
  readonly unknowns: number;
  /** s, gross errors: a whole number in [0, d]. Default 0. */
  readonly outliers?: number;
  /** Size of each gross error, whose sign is random; ≥ 0. Default 20. */
  readonly outlierSize?: number;
  /** Deviation of the noise on every measurement, ≥ 0. Default 0. */
  readonly noise?: number;
}

export interface ReluMeasurementsSample extends ReluMeasurements {
  /** `[k]`: c, of length 1. */
  readonly signal: Float64Array;
  /** Which measurements have a gross error. */
  readonly corrupted: readonly number[];
}

/**
 * Draws a normal matrix, a unit vector, and measurements of it through a ReLU, some of them grossly wrong.
 *
 *     v = ReLU(A·c) + e + w
 *
 * @throws RangeError if a size is not a whole number in its range, or `outlierSize` or `noise` is negative or not finite
 * @source Mazumdar and Rawat, "Representation Learning and Recovery in the ReLU Model", 2018, arXiv:1803.04304, §4
 */
export async function sampleReluMeasurements(
  key: Key,
  { dimension, unknowns, outliers = 0, outlierSize = 20, noise = 0 }: SampleReluMeasurementsOptions,
): Promise<ReluMeasurementsSample> {
  const caller = "sampleReluMeasurements";
  checkCount(caller, { dimension, unknowns }, 1);
  checkCount(caller, { outliers }, 0);
  checkAtLeast(caller, { outlierSize, noise }, 0);
  if (outliers > dimension) {
    throw new RangeError(`${caller}: outliers is ${outliers} but must be at most ${dimension}, the dimension`);
  }
  const matrix = await normalMatrix(key.at("matrix"), dimension, unknowns);
  const direction = (await normalMatrix(key.at("signal"), unknowns, 1)).values;
  const length = Math.hypot(...direction);
  const signal = direction.map((value) => value / length);
  const dense = (await normalMatrix(key.at("noise"), dimension, 1)).values;
  const measurements = times(matrix, signal).map((value, i) => Math.max(0, value) + noise * dense[i]);
  const corrupted = [...(await permutation(key.at("places"), dimension).data())].slice(0, outliers);
  const signs = await randomInt(key.at("signs"), [dimension], 2).data();
  for (const place of corrupted) measurements[place] += outlierSize * (2 * signs[place] - 1);
  return { matrix, measurements, signal, corrupted };
}

async function normalMatrix(key: Key, rows: number, columns: number): Promise<DenseMatrix> {
  const drawn = await normal(key, [rows, columns], { dtype: finestFloat(key.backend) }).data();
  return { rows, columns, values: Float64Array.from(drawn) };
}
