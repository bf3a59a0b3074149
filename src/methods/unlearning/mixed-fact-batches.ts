import { checkCount } from "../../autodiff/check.js";
import { gather, type Key, permutation, slice, type Tensor } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { checkModified, unmodifiedOf } from "./facts.js";

/** Some modified and some unmodified facts. */
export interface FactBatch {
  /** `[a]`, ids of modified facts, each at most once. */
  readonly modified: Tensor<"i32">;
  /** `[b]`, ids of other facts, each at most once. */
  readonly unmodified: Tensor<"i32">;
}

export interface MixedFactBatchesOptions {
  /** a: modified facts in a batch, at most all of them. Default: all of them. */
  readonly modifiedCount?: number;
  /** b: other facts in a batch, at most all of them. Default: as many as modified ones, or all. */
  readonly unmodifiedCount?: number;
}

/**
 * Minibatches of modified facts together with as many of the others, drawn anew at each step.
 *
 * Each modified fact is in a batch with the same chance, and so is each of the others. Reach for it to train on both where
 * the unmodified facts are at hand: they hold the model where no constraint does.
 *
 * @param count - F, how many facts there are
 * @param modified - S: at least one fact, each in [0, F) and named once
 * @returns the batch of a step: the same step of the same key gives the same batch
 * @throws RangeError if `count` is not a whole number ≥ 1
 * @throws RangeError if `modified` is empty, names a fact twice or names none of the F
 * @throws RangeError if a batch is to hold more facts than there are
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §3 (fine-tuning on both)
 */
export function mixedFactBatches(
  key: Key,
  count: number,
  modified: ArrayLike<number>,
  options: MixedFactBatchesOptions = {},
): (step: number) => FactBatch {
  const caller = "mixedFactBatches";
  checkCount(caller, { count }, 1);
  checkModified(caller, modified, count);
  const others = unmodifiedOf(modified, count);
  const { modifiedCount = modified.length } = options;
  const { unmodifiedCount = Math.min(modifiedCount, others.length) } = options;
  checkCount(caller, { modifiedCount }, 1);
  checkCount(caller, { unmodifiedCount }, 0);
  checkAtMost(caller, "modifiedCount", modifiedCount, modified.length, "the modified facts");
  checkAtMost(caller, "unmodifiedCount", unmodifiedCount, others.length, "the other facts");

  const drawn = (from: ArrayLike<number>, wanted: number, stepKey: Key) => {
    const ids = fromValues(Int32Array.from(from), { backend: key.backend }) as Tensor<"i32">;
    return gather(ids, slice(permutation(stepKey, from.length), [0], [wanted]));
  };
  return (step) => {
    checkCount(caller, { step }, 0);
    return {
      modified: drawn(modified, modifiedCount, key.at("modified", step)),
      unmodified: drawn(others, unmodifiedCount, key.at("unmodified", step)),
    };
  };
}

function checkAtMost(caller: string, name: string, value: number, most: number, of: string): void {
  if (value > most) throw new RangeError(`${caller}: ${name} is ${value} but must be at most ${most}, ${of}`);
}
