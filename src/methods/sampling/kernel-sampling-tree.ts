import { checkShape } from "../../autodiff/check.js";
import { checkDType, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  and,
  arange,
  broadcastTo,
  cast,
  equal,
  evaluate,
  firstOccurrence,
  gather,
  greaterEqual,
  type Key,
  less,
  maximum,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
  where,
} from "../../autodiff/index.js";
import { checkClassIds } from "../class-ids.js";
import { shapeOf } from "./draw-shape.js";
import type { FeatureMap } from "./feature-map.js";
import { KernelMasses } from "./kernel-masses.js";
import { checkChangedIds, checkedTreeOptions, type KernelSamplingTreeOptions } from "./kernel-tree-options.js";
import { type KeptHeights, type KernelTreeSums, sumUp, withRows } from "./kernel-tree-sums.js";
import { flatDraws, type KernelDraws, treeDraws } from "./kernel-tree-walk.js";
import type { ConditionalSampler, Sampler } from "./sampler.js";

/**
 * Draws classes in proportion to a kernel, `q_j ∝ K(h, c_j)`, in O(F·log C) a draw, by a binary tree of summed features.
 *
 *     S_ν = Σ φ(c_j) over the classes below ν      a_ν = max(φ(h)·S_ν, δ·count_ν)
 *     q_j = Π a_ν / (a_ν + a_sibling)              over the nodes ν on the way to j
 *
 * Where an estimate φ(h)·S falls below its floor, q is no longer the ratio of one class to the sum of all; what is
 * reported is the product of the branch probabilities that are walked by, so it is exact all the same. `without(labels)`
 * takes φ(c_t) out of the sums above t, before the floor applies: with no floor in the way that is `q_j / (1 − q_t)`.
 * Class j lies below node `j >> h` at height h, so classes of neighbouring ids share nodes.
 *
 * With δ = 0 a walk may come to a node where neither side has a mass above 0: then the draw is −1, the log-probability of
 * what lies below is NaN, and `check` throws.
 *
 * Reach for it where the distribution changes with every input, and with every step, and classes are too many to score.
 * When vectors change, `update` takes O(F·log C) for each of them. Each draw multiplies 2·F numbers at each of the log₂ C
 * heights: sums of both children are kept, as a difference of parent and sibling would lose the small ones.
 *
 * @claim The source draws in O(F·log C) and follows the model in as much. Here a draw visits ⌈log₂ C⌉ nodes and reads 2·F
 * numbers at each, which is counted in the graph; with 16 times the classes (8 192 to 131 072) a draw took 1.1 to 1.4 times
 * as long, and an update of 64 rows no longer.
 * @question The softmax is my bottleneck
 * @source Blanc and Rendle, "Adaptive Sampled Softmax with Kernel Based Sampling", ICML 2018, arXiv:1712.00527, section 3.2
 * (the tree); Rawat et al., "Sampled Softmax with Random Fourier Features", NeurIPS 2019, arXiv:1907.10747, section 3. The
 * floor of a node, and the product of branch probabilities that goes with it, are ours
 */
export class KernelSamplingTree implements ConditionalSampler {
  /** Number of classes C. */
  readonly classes: number;
  readonly map: FeatureMap;
  readonly floor: number;
  readonly leafSize: number;
  readonly flat: boolean;
  private readonly rebuildEvery: number;
  private held: KernelTreeSums;
  private updates = 0;

  /**
   * @param map - φ; the caller's to dispose of
   * @param vectors - `[C, d]`, c; they are copied
   * @throws ShapeError if `vectors` has fewer than 2 rows or not d columns
   * @throws RangeError if `floor` is negative or not finite, `leafSize` no power of 2, or `rebuildEvery` no whole number ≥ 1
   * @throws TypeError if `flat` comes with a `leafSize`
   */
  constructor(map: FeatureMap, vectors: Tensor, options: KernelSamplingTreeOptions = {}) {
    checkShape("KernelSamplingTree", "vectors", vectors, [-1, map.width]);
    const { floor, leafSize, flat, rebuildEvery } = checkedTreeOptions("KernelSamplingTree", { vectors }, options);
    this.map = map;
    this.classes = vectors.shape[0];
    this.floor = floor;
    this.leafSize = leafSize;
    this.flat = flat;
    this.rebuildEvery = rebuildEvery;
    const copy = evaluate(vectors);
    this.held = { vectors: copy, sums: sumUp(map, copy, this.heights) };
  }

  /** Nodes that a draw visits. */
  get depth(): number {
    const { bottom, top } = this.heights;
    return this.flat ? 0 : top - bottom;
  }

  /** Σ φ(c_j) of the nodes, `[⌈C / span⌉, F]` for the spans leafSize, 2·leafSize, … below C. The tree's own: do not keep them. */
  get sums(): readonly Tensor[] {
    return this.held.sums;
  }

  private get heights(): KeptHeights {
    if (this.flat) return { bottom: 0, top: 1 };
    const top = Math.ceil(Math.log2(this.classes));
    return { bottom: Math.min(top, Math.log2(this.leafSize)), top };
  }

  /**
   * The distributions of a batch, as a sampler. It reads the tree: use it before the next update.
   *
   * @param queries - `[B, d]`, h; no gradient flows into them
   * @returns a sampler whose draws and ids have a shape `[B, ...]`, and that can leave a class out in each row
   * @throws ShapeError if the queries do not have d columns
   * @throws DTypeError if `queries` and the vectors differ in dtype
   * @throws RangeError if a query on the host is not finite
   */
  given(queries: Tensor): Sampler {
    const caller = "KernelSamplingTree.given";
    checkSameDType(caller, { "the vectors": this.held.vectors, queries });
    checkShape(caller, "queries", queries, [-1, this.map.width]);
    for (const value of hostValues(queries) ?? []) {
      if (!Number.isFinite(value)) throw new RangeError(`${caller}: a query is ${value} but must be finite`);
    }
    return {
      ...this.samplerOf(queries),
      without: (labels) => {
        checkDType("KernelSamplingTree.without", { labels }, "i32");
        checkShape("KernelSamplingTree.without", "labels", labels, [queries.shape[0]]);
        checkClassIds("KernelSamplingTree.without", { labels }, this.classes);
        return this.samplerOf(queries, labels);
      },
    };
  }

  private samplerOf(queries: Tensor, labels?: Tensor<"i32">): Sampler {
    const { map, floor, classes, held, heights, flat } = this;
    const masses = new KernelMasses({ ...held, map, floor, bottom: heights.bottom }, queries, labels);
    const draws: KernelDraws = flat ? flatDraws(masses, classes) : treeDraws(masses, heights);
    const { rows } = masses;
    return {
      classes,
      draw: (key: Key, shape: number | Shape) => {
        const sizes = shapeOf("KernelSamplingTree.draw", shape);
        checkRows("KernelSamplingTree.draw", "shape", sizes, rows);
        return draws
          .draw(
            key,
            sizes.slice(1).reduce((a, b) => a * b, 1),
          )
          .reshape(sizes);
      },
      logProbability: (ids, like = { dtype: "f32" }) => {
        checkClassIds("KernelSamplingTree.logProbability", { ids }, classes);
        checkRows("KernelSamplingTree.logProbability", "ids", ids.shape, rows);
        const isClass = and(greaterEqual(ids, 0), less(ids, classes));
        const logarithm = draws.logProbability(where(isClass, ids, 0).reshape([rows, ids.size / rows]));
        return cast(where(isClass, logarithm.reshape(ids.shape), Number.NaN), like.dtype) as Tensor;
      },
    };
  }

  /**
   * Follows vectors that have changed, in O(F·log C) for each of them, in place.
   *
   * @param ids - `[k]`, their classes: where one stands more than once its first row counts; −1 for none
   * @param rows - `[k, d]`, what they are now
   * @throws ShapeError if `rows` does not fit
   * @throws DTypeError if `rows` and the vectors differ in dtype
   * @throws RangeError if an id on the host is no class and not −1
   */
  update(ids: Tensor<"i32">, rows: Tensor): void {
    const caller = "KernelSamplingTree.update";
    const { map, held, heights, classes } = this;
    checkChangedIds(caller, ids, classes);
    checkSameDType(caller, { "the vectors": held.vectors, rows });
    checkShape(caller, "rows", rows, [ids.size, map.width]);
    if (ids.size === 0) return;
    const isFirst = equal(firstOccurrence(ids), arange(ids.size, ids));
    const once = where(isFirst, ids, -1);
    const before = gather(held.vectors, maximum(once, 0));
    this.held = evaluate(withRows(map, held, once, { before, after: rows }, heights.bottom), { donate: held });
    if (++this.updates >= this.rebuildEvery) this.rebuild();
  }

  /**
   * Sums everything anew, in O(C·F).
   *
   * @param vectors - `[C, d]`. Default: those that the tree has
   * @throws ShapeError if `vectors` does not have C rows and d columns
   * @throws DTypeError if it has another dtype than before
   */
  rebuild(vectors?: Tensor): void {
    const { map, held, classes, heights } = this;
    if (vectors !== undefined) {
      checkSameDType("KernelSamplingTree.rebuild", { "the vectors": held.vectors, vectors });
      checkShape("KernelSamplingTree.rebuild", "vectors", vectors, [classes, map.width]);
    }
    const kept = vectors === undefined ? held.vectors : evaluate(vectors);
    this.held = { vectors: kept, sums: sumUp(map, kept, heights) };
    this.updates = 0;
    for (const level of held.sums) level.dispose();
    if (kept !== held.vectors) held.vectors.dispose();
  }

  /**
   * Makes sure that no query comes to where no class has a mass, which only a floor of 0 allows. Takes O(C·F) a query.
   *
   * @param queries - `[B, d]`
   * @param labels - `[B]`, classes that are left out. Default none
   * @throws RangeError if it does
   */
  async check(queries: Tensor, labels?: Tensor<"i32">): Promise<void> {
    const { classes } = this;
    const given = this.given(queries);
    const sampler = labels === undefined ? given : given.without!(labels);
    const all = broadcastTo(arange(classes, { backend: queries.backend, dtype: "i32" }), [queries.shape[0], classes]);
    const place = (await sampler.logProbability(all, queries).data()).findIndex(Number.isNaN);
    if (place < 0) return;
    throw new RangeError(
      `KernelSamplingTree.check: row ${Math.floor(place / classes)} comes to where no class has a mass above 0 but must find one; set floor above 0`,
    );
  }

  /** Gives the memory of the sums and vectors back. */
  dispose(): void {
    for (const tensor of [this.held.vectors, ...this.held.sums]) tensor.dispose();
  }
}

function checkRows(caller: string, name: string, shape: Shape, rows: number): void {
  if (shape[0] !== rows) {
    throw new ShapeError(
      `${caller}: ${name} is ${showShape(shape)} but must be [${rows}, ...], a row for each of the queries`,
    );
  }
}
