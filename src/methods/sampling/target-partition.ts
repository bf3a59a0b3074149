import { checkCount } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { checkRank, logSumExp, type Tensor } from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { checkReduction, type Reduction, reduceLosses } from "../reduction.js";
import { type ClassTable, checkClassTable, scoresOfClasses, scoresOfLabels } from "./class-table.js";

/** Consecutive examples, and the classes among which their labels are. */
export interface TargetPart {
  /** First example of the part. */
  readonly start: number;
  /** The example after its last. */
  readonly end: number;
  /** Distinct labels of these examples, in ascending order. */
  readonly vocabulary: Int32Array;
}

/**
 * Cuts a corpus into parts of consecutive examples with few distinct labels each.
 *
 * @param labels - the label of each example, in the order of training
 * @param limit - distinct labels of a part at most, a whole number ≥ 1; every part but the last is full
 * @throws RangeError if `limit` is no whole number ≥ 1
 * @source Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", ACL 2015,
 * arXiv:1412.2007
 */
export function partitionTargets(labels: ArrayLike<number>, limit: number): TargetPart[] {
  checkCount("partitionTargets", { limit }, 1);
  const parts: TargetPart[] = [];
  let seen = new Set<number>();
  let start = 0;
  const close = (end: number) => {
    parts.push({ start, end, vocabulary: Int32Array.from(seen).sort() });
    seen = new Set();
    start = end;
  };
  for (let i = 0; i < labels.length; i++) {
    if (seen.size === limit && !seen.has(labels[i])) close(i);
    seen.add(labels[i]);
  }
  if (seen.size > 0) close(labels.length);
  return parts;
}

export interface TargetPartitionLossOptions {
  /** Default `"none"`, a loss for each row. */
  readonly reduction?: Reduction;
}

/**
 * Softmax cross-entropy restricted to the classes of one part of the corpus.
 *
 *     L = −o_y + log Σ_{j∈V} exp(o_j)      o_j = weights_j · hidden + bias_j
 *
 * This is importance sampling with a uniform proposal on V, each of its classes drawn once; the correction is a constant,
 * which applied to the label too cancels. It is biased low against the full loss, as the classes outside V are missing.
 *
 * Reach for it when moving rows of a large table is what costs: only the rows of V change while a part lasts.
 *
 * @param hidden - `[B, d]`
 * @param table - `weights` `[C, d]`, and `bias` `[C]` if there is one
 * @param labels - `[B]`, each in `vocabulary`
 * @param vocabulary - `[V]` distinct class ids: a part's from `partitionTargets`
 * @returns `[B]` loss for each row in nats, ≥ 0, or `[]` if reduced
 * @throws ShapeError if `hidden`, `table`, `labels` and `vocabulary` do not fit
 * @throws DTypeError if `hidden` and `table` differ in dtype
 * @throws RangeError if an id on the host is no class, `vocabulary` holds one twice, or a label is not in it
 * @source Jean et al., "On Using Very Large Target Vocabulary for Neural Machine Translation", ACL 2015,
 * arXiv:1412.2007
 */
export function targetPartitionLoss(
  hidden: Tensor,
  table: ClassTable,
  labels: Tensor<"i32">,
  vocabulary: Tensor<"i32">,
  { reduction = "none" }: TargetPartitionLossOptions = {},
): Tensor {
  const caller = "targetPartitionLoss";
  checkReduction(caller, reduction);
  checkClassTable(caller, hidden, table, labels);
  checkRank(caller, { vocabulary }, 1);
  checkClassIds(caller, { vocabulary }, table.weights.shape[0]);
  checkMembers(caller, hostValues(labels), hostValues(vocabulary));
  const total = logSumExp(scoresOfClasses(hidden, table, vocabulary), 1);
  return reduceLosses(total.sub(scoresOfLabels(hidden, table, labels)), reduction);
}

function checkMembers(
  caller: string,
  labels: ArrayLike<number> | undefined,
  vocabulary: ArrayLike<number> | undefined,
): void {
  if (vocabulary === undefined) return;
  const members = new Set<number>();
  for (let i = 0; i < vocabulary.length; i++) {
    if (members.has(vocabulary[i])) {
      throw new RangeError(`${caller}: vocabulary holds ${vocabulary[i]} twice but must hold each class once`);
    }
    members.add(vocabulary[i]);
  }
  for (let i = 0; i < (labels?.length ?? 0); i++) {
    if (!members.has(labels![i])) {
      throw new RangeError(`${caller}: labels holds ${labels![i]} at ${i} but must hold classes of vocabulary only`);
    }
  }
}
