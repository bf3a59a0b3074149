import { checkCount, checkOneOf } from "../../autodiff/check.js";
import type { Key } from "../../autodiff/index.js";
import { aggregateDuplicateScores, type ScoredLabels } from "./aggregate-duplicate-scores.js";
import { balancedHierarchicalKMeans } from "./balanced-hierarchical-k-means.js";
import { checkLabelLists } from "./check-labels.js";
import { type DuplicatedLabels, duplicateLabels } from "./duplicate-labels.js";
import { type FeatureRow, type SparseRow, sparseRows } from "./feature-rows.js";
import type { FitScorer, Scorer } from "./fit-scorer.js";
import { labelEmbeddings } from "./label-embeddings.js";
import { linearScorer } from "./linear-scorer.js";

export interface PartitionXmcOptions {
  /** L, a whole number ≥ 1. */
  readonly labels: number;
  /** K, a whole number ≥ 1. */
  readonly clusters: number;
  readonly key: Key;
  /** d; sparse inputs have their features in [0, d). Default as many as the training inputs have. */
  readonly features?: number;
  /** b: clusters that an input is matched to, a whole number in [1, K]. Default 10, or K if that is less. */
  readonly beam?: number;
  /** Learns which clusters an input's labels are in. Default `linearScorer()`. */
  readonly matcher?: FitScorer;
  /** Learns to score the copies of labels, told apart from those in the clusters matched. Default `linearScorer()`. */
  readonly ranker?: FitScorer;
  /** What a copy's score makes of the confidences in its cluster and in itself. Default `"product"`. */
  readonly combine?: "product" | "sum";
  /** What a label's score makes of those of its copies in matched clusters. Default `"mean"`. */
  readonly merge?: "mean" | "max";
}

/**
 * Multi-label classifier for very many labels: it matches an input to a few clusters of labels, and ranks those only.
 *
 *     M_i = the b clusters with the largest f(u_c(x_i))      s_il = mean over copies (l, c), c in M_i, of f(u_c)·f(u_lc)
 *
 * A label may be in several clusters; it then has a copy in each, with a scorer of its own. The scorers and f come from
 * `linearScorer`, `centroidScorer` or your own function.
 *
 * Reach for it when an example has a few labels of 10⁴ or more. `disentangleAlternating` improves the clusters.
 *
 * @question An example has several labels; The softmax is my bottleneck; My data form a tree
 * @claim A partition classifier ranks a fraction of the labels at some cost in recall; what that costs, and what overlap
 * gives back, is measured for `disentangleAlternating`.
 * @source Liu et al., "Label Disentanglement in Partition-based Extreme Multilabel Classification", NeurIPS 2021,
 * arXiv:2106.12751, section 2; Prabhu et al., "Parabel: Partitioned Label Trees for Extreme Classification", WWW 2018
 */
export class PartitionXmc {
  /** `[L]` clusters of each label, S. */
  readonly assignment: readonly ArrayLike<number>[];
  /** Copies of labels, one for each cluster of a label. */
  readonly copies: DuplicatedLabels;
  /** `[N][b]` clusters that the training inputs are matched to, best first. */
  readonly trainingMatches: readonly Int32Array[];
  readonly #width: number;
  readonly #options: PartitionXmcOptions;
  readonly #matcher: Scorer;
  readonly #ranker: Scorer;

  private constructor(
    parts: Pick<PartitionXmc, "assignment" | "copies" | "trainingMatches">,
    width: number,
    options: PartitionXmcOptions,
    matcher: Scorer,
    ranker: Scorer,
  ) {
    ({ assignment: this.assignment, copies: this.copies, trainingMatches: this.trainingMatches } = parts);
    [this.#width, this.#options, this.#matcher, this.#ranker] = [width, options, matcher, ranker];
  }

  /**
   * Trains a matcher, and then a ranker on what it matches.
   *
   * @param inputs - `[N]`, N ≥ 1, dense or sparse; finite
   * @param labelLists - `[N][any]` labels of each input; at least one of them has one
   * @param assignment - `[L][≥ 1]` clusters of each label; default by balanced clustering of their embeddings
   * @throws RangeError if `labels`, `clusters` or `beam` is not a whole number ≥ 1, or `beam` more than `clusters`
   * @throws RangeError if there is no input or no label in any list, or an input is not finite or of another size
   * @throws RangeError if a label is out of range or comes twice, or the lists are not one an input
   * @throws RangeError if `assignment` is not one a label, or a label has no cluster or one out of range
   * @throws TypeError if `combine` or `merge` is not one of those listed
   */
  static async fit(
    inputs: readonly FeatureRow[],
    labelLists: readonly ArrayLike<number>[],
    options: PartitionXmcOptions,
    assignment?: readonly ArrayLike<number>[],
  ): Promise<PartitionXmc> {
    const { rows, width } = checkTraining(inputs, labelLists, options);
    const { clusters, key, matcher = linearScorer(), ranker = linearScorer() } = options;
    const s = assignment ?? Array.from(await partitionLabels(inputs, labelLists, options), (c) => [c]);
    checkAssignment(s, options);

    const targets = labelLists.map((list) => [...new Set(Array.from(list).flatMap((label) => Array.from(s[label])))]);
    const matching = await matcher({ inputs: rows, width, classes: clusters, targets, key: key.at("matcher") });
    const trainingMatches = rows.map((row) => bestClusters(matching, row, clusters, beamOf(options)).clusters);
    const copies = duplicateLabels(labelLists, s, trainingMatches);
    const ranking = await ranker({
      inputs: rows,
      width,
      classes: copies.labelOf.length,
      targets: copies.targets,
      candidates: trainingMatches.map((matched) => copiesOf(copies, matched)),
      key: key.at("ranker"),
    });
    return new PartitionXmc({ assignment: s, copies, trainingMatches }, width, options, matching, ranking);
  }

  /**
   * The clusters in which an input's labels are looked for.
   *
   * @param beam - a whole number in [1, K]; default as in training
   * @returns the best first
   * @throws RangeError if the input does not fit those of training, or is not finite
   * @throws RangeError if `beam` is not a whole number in [1, K]
   */
  match(input: FeatureRow, beam: number = beamOf(this.#options)): Int32Array {
    checkBeam("match", beam, this.#options.clusters);
    return bestClusters(this.#matcher, this.#row("match", input), this.#options.clusters, beam).clusters;
  }

  /**
   * Labels of an input, of those in the clusters that it is matched to.
   *
   * @param count - how many at most, a whole number ≥ 1; default all
   * @param beam - a whole number in [1, K]; default as in training
   * @returns best first, with scores in [0, 1], or [0, 2] for a sum
   * @throws RangeError if the input does not fit those of training, or is not finite
   * @throws RangeError if `count` or `beam` is not a whole number ≥ 1, or `beam` more than K
   */
  rank(input: FeatureRow, count?: number, beam: number = beamOf(this.#options)): ScoredLabels {
    const { clusters, combine = "product", merge = "mean" } = this.#options;
    if (count !== undefined) checkCount("rank", { count }, 1);
    checkBeam("rank", beam, clusters);
    const row = this.#row("rank", input);
    const matched = bestClusters(this.#matcher, row, clusters, beam);
    const copies = copiesOf(this.copies, matched.clusters);
    const ofCluster = new Map(Array.from(matched.clusters, (c, place) => [c, matched.logConfidences[place]]));
    const scores = this.#ranker.logConfidences(row, copies).map((own, at) => {
      const cluster = ofCluster.get(this.copies.clusterOf[copies[at]])!;
      return combine === "sum" ? Math.exp(cluster) + Math.exp(own) : Math.exp(cluster + own);
    });
    const { labels, scores: merged } = aggregateDuplicateScores(copies, scores, this.copies.labelOf, merge);
    return { labels: labels.slice(0, count), scores: merged.slice(0, count) };
  }

  #row(caller: string, input: FeatureRow): SparseRow {
    return sparseRows(caller, [input], this.#width).rows[0];
  }
}

/** The cluster of each label, by balanced clustering of the labels' embeddings. */
async function partitionLabels(
  inputs: readonly FeatureRow[],
  labelLists: readonly ArrayLike<number>[],
  { labels, clusters, key }: PartitionXmcOptions,
): Promise<Int32Array> {
  return balancedHierarchicalKMeans(labelEmbeddings(inputs, labelLists, labels), {
    clusters,
    key: key.at("partition"),
  });
}

const beamOf = ({ beam, clusters }: PartitionXmcOptions): number => beam ?? Math.min(10, clusters);

/** The clusters of largest confidence, best first; of equal ones the lower first. */
function bestClusters(
  matcher: Scorer,
  row: SparseRow,
  clusters: number,
  beam: number,
): { readonly clusters: Int32Array; readonly logConfidences: Float64Array } {
  const all = Int32Array.from({ length: clusters }, (_, c) => c);
  const scores = matcher.logConfidences(row, all);
  const best = all.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, beam);
  return { clusters: best, logConfidences: Float64Array.from(best, (c) => scores[c]) };
}

/** The copies in some clusters. */
function copiesOf({ copiesIn }: DuplicatedLabels, clusters: Int32Array): number[] {
  return Array.from(clusters).flatMap((c) => Array.from(copiesIn[c] ?? []));
}

function checkBeam(caller: string, beam: number, clusters: number): void {
  checkCount(caller, { beam }, 1);
  if (beam > clusters) throw new RangeError(`${caller}: beam is ${beam} but must be at most ${clusters}, the clusters`);
}

function checkTraining(
  inputs: readonly FeatureRow[],
  labelLists: readonly ArrayLike<number>[],
  options: PartitionXmcOptions,
) {
  const caller = "PartitionXmc.fit";
  const { labels, clusters, features, combine = "product", merge = "mean" } = options;
  checkCount(caller, { labels, clusters }, 1);
  if (features !== undefined) checkCount(caller, { features }, 1);
  checkBeam(caller, beamOf(options), clusters);
  checkOneOf(caller, "combine", combine, ["product", "sum"]);
  checkOneOf(caller, "merge", merge, ["mean", "max"]);
  const rows = sparseRows(caller, inputs, features);
  checkLabelLists(caller, "labelLists", labelLists, inputs.length, labels);
  if (!labelLists.some((list) => list.length > 0)) {
    throw new RangeError(`${caller}: labelLists has no label in any list but must have one to learn from`);
  }
  return rows;
}

function checkAssignment(assignment: readonly ArrayLike<number>[], { labels, clusters }: PartitionXmcOptions): void {
  checkLabelLists("PartitionXmc.fit", "assignment", assignment, labels, clusters, "a label");
  const without = assignment.findIndex((list) => list.length === 0);
  if (without >= 0) {
    throw new RangeError(`PartitionXmc.fit: assignment[${without}] is empty but must have a cluster`);
  }
}
