import { checkAbove, checkBetween, checkCount } from "../../autodiff/check.js";
import { exponential, type Key } from "../../autodiff/index.js";
import { checkWorkerNumbers } from "./check-workers.js";
import { drawUniforms, smallest } from "./draw-uniforms.js";
import { checkSubsetCount, complement, subsets } from "./subsets.js";

/** Which workers fail to answer a task, and when the others do. Without latencies all that answer do so after 1. */
export type StragglerModel =
  /** These never answer. */
  | { readonly kind: "given"; readonly stragglers: readonly number[] }
  /** As many as `count`, in [0, workers], all sets equally likely. */
  | { readonly kind: "count"; readonly count: number }
  /** Each on its own with `probability`, in [0, 1]. */
  | { readonly kind: "independent"; readonly probability: number }
  /** The set of `count` for which `damage` is largest, the first of them in lexicographic order; all sets are tried. */
  | { readonly kind: "worst"; readonly count: number; readonly damage: (stragglers: readonly number[]) => number }
  /** Exponential latencies with the given `mean`, default 1; the last `drop` to come, in [0, workers), are not waited for. */
  | { readonly kind: "latency"; readonly drop: number; readonly mean?: number };

/** Who answered a simulated task. */
export interface StragglerRound {
  /** Workers in the order in which they answered. */
  readonly responding: readonly number[];
  /** Those that did not, or not in time; ascending. */
  readonly stragglers: readonly number[];
  /** How long the coordinator waited. */
  readonly elapsed: number;
}

/**
 * One round of simulated workers: who answers, in which order, and how long that takes.
 *
 *     given, count, independent, worst   R = [m] \ S, elapsed = 1
 *     latency                            T_i ~ mean · Exp(1), R = the m − drop least T_i, elapsed = max_{i ∈ R} T_i
 *
 * Reach for it to see what stragglers do to a method before there are real workers.
 *
 * @param workers - m, a whole number ≥ 1
 * @param model - who straggles
 * @param key - a key of its own for each round; not drawn from with `"given"` and `"worst"`
 * @throws RangeError if `workers` is not a whole number ≥ 1, or a number of the model is out of its range
 * @throws RangeError if `"worst"` would have to try more than 10⁶ sets, or `damage` is NaN
 * @source Lee et al., "Speeding Up Distributed Machine Learning Using Codes", IEEE Trans. Information Theory 2018,
 * arXiv:1512.02673, for exponential latencies
 */
export async function simulateStragglers(workers: number, model: StragglerModel, key: Key): Promise<StragglerRound> {
  const caller = "simulateStragglers";
  checkCount(caller, { workers }, 1);
  checkStragglerModel(caller, workers, model);
  switch (model.kind) {
    case "given":
      return without(workers, model.stragglers);
    case "count":
      return without(workers, smallest(await drawUniforms(key, workers), model.count));
    case "independent": {
      const uniforms = await drawUniforms(key, workers);
      return without(
        workers,
        Array.from(uniforms.keys()).filter((worker) => uniforms[worker] < model.probability),
      );
    }
    case "worst":
      return without(workers, worstSet(caller, workers, model.count, model.damage));
    case "latency": {
      const dtype = key.backend.dtypes.has("f64") ? "f64" : "f32";
      const drawn = await exponential(key, [workers], { dtype }).data();
      const latencies = Float64Array.from(drawn, (unit) => unit * (model.mean ?? 1));
      const inTime = smallest(latencies, workers - model.drop).sort((a, b) => latencies[a] - latencies[b]);
      const elapsed = latencies[inTime[inTime.length - 1]];
      return { responding: inTime, stragglers: complement(workers, inTime), elapsed };
    }
  }
}

/** Throws what `simulateStragglers` promises of its model. */
export function checkStragglerModel(caller: string, workers: number, model: StragglerModel): void {
  switch (model.kind) {
    case "given":
      checkWorkerNumbers(caller, "stragglers", model.stragglers, workers);
      break;
    case "independent":
      checkBetween(caller, { probability: model.probability }, 0, 1);
      break;
    case "latency":
      checkCount(caller, { drop: model.drop }, 0);
      checkAbove(caller, { mean: model.mean ?? 1 }, 0);
      if (model.drop >= workers) {
        throw new RangeError(`${caller}: drop is ${model.drop} but must be below workers, ${workers}`);
      }
      break;
    default:
      checkCount(caller, { count: model.count }, 0);
      if (model.count > workers) {
        throw new RangeError(`${caller}: count is ${model.count} but must be at most workers, ${workers}`);
      }
  }
}

function without(workers: number, set: readonly number[]): StragglerRound {
  return {
    responding: complement(workers, set),
    stragglers: [...set].sort((a, b) => a - b),
    elapsed: 1,
  };
}

function worstSet(
  caller: string,
  workers: number,
  count: number,
  damage: (stragglers: readonly number[]) => number,
): readonly number[] {
  checkSubsetCount(caller, "count", workers, count);
  let [worst, most]: [readonly number[], number] = [[], Number.NEGATIVE_INFINITY];
  for (const set of subsets(workers, count)) {
    const done = damage(set);
    if (Number.isNaN(done)) throw new RangeError(`${caller}: damage is NaN for [${set}] but must be a number`);
    if (done > most || worst.length < count) [worst, most] = [set, done];
  }
  return worst;
}
