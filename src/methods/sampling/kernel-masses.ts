import {
  arange,
  broadcastTo,
  cast,
  equal,
  expandDims,
  gather,
  greater,
  maximum,
  minimum,
  shiftRight,
  stopGradient,
  type Tensor,
  transposeLast,
  where,
} from "../../autodiff/index.js";
import type { FeatureMap } from "./feature-map.js";
import { type KernelTreeSums, nodesAt } from "./kernel-tree-sums.js";

/** Nodes that a matrix product reads in the time that one takes to be gathered: it reads each for the whole batch. */
const PRODUCT = 16;

/** What the masses of a tree's nodes are made of. */
export interface KernelTreeState extends KernelTreeSums {
  readonly map: FeatureMap;
  /** Height of the lowest nodes whose sums are kept. */
  readonly bottom: number;
  /** Least mass of a class, δ. */
  readonly floor: number;
}

/**
 * The masses of a tree's nodes, for a batch of queries:
 *
 *     a_ν = max(φ(h)·S_ν, δ·count_ν)      with a label t below ν: max(φ(h)·(S_ν − φ(c_t)), δ·(count_ν − 1))
 *
 * and 0 where there is no class. Without gradient.
 */
export class KernelMasses {
  /** Rows of the batch. */
  readonly rows: number;
  readonly backend: Tensor["backend"];
  private readonly state: KernelTreeState;
  private readonly queries: Tensor;
  /** `[B, F]`. */
  private readonly features: Tensor;
  private readonly left: { readonly labels: Tensor<"i32">; readonly mass: Tensor } | undefined;

  /**
   * @param queries - `[B, d]`
   * @param labels - `[B]`, the class that is left out in each row, if any
   */
  constructor(state: KernelTreeState, queries: Tensor, labels?: Tensor<"i32">) {
    const { map, vectors } = state;
    this.rows = queries.shape[0];
    this.backend = queries.backend;
    this.state = state;
    this.queries = stopGradient(queries);
    this.features = map.apply(this.queries);
    if (labels === undefined) return;
    const mass = this.features.mul(map.apply(gather(vectors, labels))).sum(1, { keepDims: true }); // φ(h)·φ(c_t)
    this.left = { labels: expandDims(labels, 1), mass };
  }

  /**
   * @param nodes - `[B, K]`, ≥ 0, at the height
   * @returns `[B, K]`
   */
  at(height: number, nodes: Tensor<"i32">): Tensor {
    const { vectors, floor } = this.state;
    const [classes] = vectors.shape;
    const size = nodesAt(classes, height);
    const sum = this.sumAt(height, nodes, size); // anything for a node beyond the last, whose count is 0
    const count = maximum(minimum(nodes.mul(-(2 ** height)).add(classes), 2 ** height), 0);
    if (this.left === undefined) return massOf(sum, count, floor);
    const { labels, mass } = this.left;
    const isAbove = equal(nodes, shiftRight(labels, height));
    return massOf(where(isAbove, sum.sub(mass), sum), count.sub(cast(isAbove, "i32")), floor);
  }

  /** φ(h)·S of nodes, `[B, K]`; of all nodes at that height, where this takes no more. */
  private sumAt(height: number, nodes: Tensor<"i32">, size: number): Tensor {
    const { sums, bottom } = this.state;
    const { rows, features } = this;
    const [, count] = nodes.shape;
    const isKept = height >= bottom;
    if (isKept && size > PRODUCT * count) {
      return gather(sums[height - bottom], nodes)
        .matmul(expandDims(features, 2))
        .reshape([rows, count]);
    }
    if (!isKept && size > count) return this.kernels(gather(this.state.vectors, nodes));
    const all = isKept ? features.matmul(transposeLast(sums[height - bottom])) : this.allKernels();
    return gather(all.reshape([rows * size]), nodes.add(expandDims(arange(rows, nodes).mul(size), 1)));
  }

  private allKernels(): Tensor {
    const { vectors } = this.state;
    return this.kernels(broadcastTo(expandDims(vectors, 0), [this.rows, ...vectors.shape]));
  }

  /** φ(h)·φ(c) of vectors `[B, K, d]`. */
  private kernels(vectors: Tensor): Tensor {
    const { map } = this.state;
    if (map.kernel !== undefined) return map.kernel(this.queries, vectors);
    return map.apply(vectors).matmul(expandDims(this.features, 2)).reshape(vectors.shape.slice(0, 2));
  }
}

function massOf(sum: Tensor, count: Tensor<"i32">, floor: number): Tensor {
  return where(greater(count, 0), maximum(sum, cast(count, sum.dtype).mul(floor)), 0);
}
