import { checkAtLeast, checkCount } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { checkFinite, checkRows } from "./check-rows.js";
import { checkWorkerNumbers } from "./check-workers.js";
import { drawUniforms, smallest } from "./draw-uniforms.js";

export interface EncodeByFrameOptions {
  /** Number of workers m, ≥ 1. */
  readonly workers: number;
  /** Encoded rows for each row of the data at least, a finite number ≥ 1; their number is a power of 2. Default 2. */
  readonly redundancy?: number;
}

/** Encoded examples of a worker. */
export interface FrameShare {
  readonly design: readonly Float64Array[];
  readonly target: Float64Array;
}

/**
 * Encodes the examples of a least-squares problem with a random tight frame, and deals them to workers.
 *
 *     X̃ = S·X      ỹ = S·y      SᵀS = I      S = random columns and signs of the Hadamard matrix of order N ≥ redundancy · n
 *
 * `½·‖ỹ − X̃·θ‖²` is the same function of θ. The rows of X̃ are all alike, so that to lose any of them costs much the same.
 * By the fast Hadamard transform, O(N · log N) for each column of X.
 *
 * Reach for it as the baseline of `encodeMoments` that encodes data and not moments.
 *
 * @param design - X, n rows of k numbers, finite
 * @param target - y, `[n]`, finite
 * @param options - how many workers, how much redundancy
 * @param key - where columns, signs and the deal are drawn from
 * @returns what each worker holds
 * @throws RangeError if X has no rows, rows of different lengths or numbers that are not finite, or y does not fit it
 * @throws RangeError if `workers` is not a whole number ≥ 1, or `redundancy` not a finite number ≥ 1
 * @source Karakus, Sun, Diggavi and Yin, "Straggler Mitigation in Distributed Optimization Through Data Encoding",
 * NeurIPS 2017, arXiv:1711.04969
 */
export async function encodeByFrame(
  design: readonly ArrayLike<number>[],
  target: ArrayLike<number>,
  { workers, redundancy = 2 }: EncodeByFrameOptions,
  key: Key,
): Promise<readonly FrameShare[]> {
  const caller = "encodeByFrame";
  checkCount(caller, { workers }, 1);
  checkAtLeast(caller, { redundancy }, 1);
  const width = checkRows(caller, "design", design);
  if (target.length !== design.length) {
    throw new RangeError(
      `${caller}: target has ${target.length} numbers but must have ${design.length}, as design rows`,
    );
  }
  checkFinite(caller, "target", target);

  const order = 2 ** Math.ceil(Math.log2(redundancy * design.length));
  const columns = smallest(await drawUniforms(key.at("columns"), order), design.length);
  const signs = await drawUniforms(key.at("signs"), design.length);
  const encoded = Array.from({ length: order }, () => new Float64Array(width + 1));
  const column = new Float64Array(order);
  for (let j = 0; j <= width; j++) {
    column.fill(0);
    columns.forEach((place, example) => {
      const value = j < width ? design[example][j] : target[example];
      column[place] = signs[example] < 0.5 ? -value : value;
    });
    transformHadamard(column);
    for (let i = 0; i < order; i++) encoded[i][j] = column[i] / Math.sqrt(order);
  }
  const shuffle = await drawUniforms(key.at("deal"), order);
  const dealt = [...encoded.keys()].sort((a, b) => shuffle[a] - shuffle[b]);
  return Array.from({ length: workers }, (_, worker) => {
    const mine = dealt.filter((_row, place) => place % workers === worker).map((row) => encoded[row]);
    return {
      design: mine.map((row) => row.slice(0, width)),
      target: Float64Array.from(mine, (row) => row[width]),
    };
  });
}

/** What a worker does: the gradient of its part, `X̃_iᵀ·(X̃_i·θ − ỹ_i)`. */
export function partialGradient({ design, target }: FrameShare, parameters: ArrayLike<number>): Float64Array {
  const gradient = new Float64Array(parameters.length);
  design.forEach((row, example) => {
    let rest = -target[example];
    for (let j = 0; j < row.length; j++) rest += row[j] * parameters[j];
    for (let j = 0; j < row.length; j++) gradient[j] += rest * row[j];
  });
  return gradient;
}

/**
 * The gradient of least squares from the partial gradients of some workers.
 *
 *     ĝ = (m / |R|) · Σ_{i ∈ R} g_i      0 where R is empty
 *
 * Exact where all answer. Over the frame and the deal, its mean is the gradient for any R; any answers that miss leave an
 * error, where `momentEncodedGradient` is exact for few.
 *
 * Reach for it with `encodeByFrame`.
 *
 * @param answers - by worker, what `partialGradient` gave
 * @param workers - m
 * @param parameters - k
 * @returns `[k]`
 * @throws RangeError if `answers` names workers out of range, or an answer does not have k numbers
 * @source Karakus, Sun, Diggavi and Yin, "Straggler Mitigation in Distributed Optimization Through Data Encoding",
 * NeurIPS 2017, arXiv:1711.04969
 */
export function frameEncodedGradient(
  answers: ReadonlyMap<number, ArrayLike<number>>,
  workers: number,
  parameters: number,
): Float64Array {
  checkWorkerNumbers("frameEncodedGradient", "answers", answers.keys(), workers);
  const gradient = new Float64Array(parameters);
  for (const [worker, answer] of answers) {
    if (answer.length !== parameters) {
      throw new RangeError(
        `frameEncodedGradient: answer ${worker} has ${answer.length} numbers but must have ${parameters}, the parameters`,
      );
    }
    for (let j = 0; j < parameters; j++) gradient[j] += (answer[j] * workers) / answers.size;
  }
  return gradient;
}

/** Multiplies with the Hadamard matrix of entries ±1, in place; the length is a power of 2. */
function transformHadamard(values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [values[i], values[i + half]];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}
