import { checkAbove, ShapeError } from "../../autodiff/check.js";
import { type GraphOptions, graphOf } from "./edge-graph.js";
import { kruskal } from "./kruskal-max.js";

export interface SpanningTreeBinaryEntropyOptions extends Omit<GraphOptions, "present"> {
  /** t > 0. Default 1. */
  readonly temperature?: number;
  /** How far from the maximum the value may be, > 0. Default 1e-10. */
  readonly tolerance?: number;
}

/**
 * The relaxed spanning tree under binary entropy, a reference for graphs of a few nodes: on the host, without gradient.
 *
 *     x = argmax_{x ∈ conv{trees}} ⟨utilities, x⟩ − t · Σ_e x_e log x_e + (1 − x_e) log(1 − x_e)
 *
 * By conditional gradients: x is a mixture of trees, and each step moves weight from the tree that is worst for the
 * gradient to the one that is best, which Kruskal's algorithm finds. What the best tree gains over x bounds the distance
 * from the maximum.
 *
 * Reach for it to see what the choice of regularizer does to trees; to train, take `spanningTreeMarginals`.
 *
 * @param utilities - one for each edge, finite
 * @param options - the graph, temperature and tolerance
 * @returns x, one for each edge
 * @throws ShapeError if there is not one utility for each edge
 * @throws RangeError if a utility is not finite, or `temperature` or `tolerance` is not > 0
 * @throws RangeError if there are fewer than 2 nodes, an edge is invalid or repeated, or the graph is disconnected
 * @source Paulus et al., "Gradient Estimation with Stochastic Softmax Tricks", NeurIPS 2020, arXiv:2006.08063 (the program);
 * Lacoste-Julien and Jaggi, "On the Global Linear Convergence of Frank-Wolfe Optimization Variants", NeurIPS 2015,
 * arXiv:1511.05932, algorithm 2
 */
export function spanningTreeBinaryEntropy(
  utilities: ArrayLike<number>,
  { temperature = 1, tolerance = 1e-10, ...options }: SpanningTreeBinaryEntropyOptions,
): Float64Array {
  const caller = "spanningTreeBinaryEntropy";
  checkAbove(caller, { temperature, tolerance }, 0);
  const { nodes, edges } = graphOf(caller, options);
  if (utilities.length !== edges.length) {
    throw new ShapeError(
      `${caller}: utilities has ${utilities.length} entries but must have ${edges.length}, one for each edge`,
    );
  }
  const u = Float64Array.from(utilities);
  const bad = u.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`${caller}: utilities holds ${u[bad]} at ${bad} but must hold finite numbers`);

  const ends = edges.flat();
  const bestTree = (scores: Float64Array) => {
    const tree = new Float64Array(edges.length);
    kruskal([scores], tree, { nodes, edges: ends }, { inputs: [], output: [] });
    return tree;
  };
  const mixture = firstMixture(edges.length, bestTree);
  const x = new Float64Array(edges.length);
  for (const { tree, weight } of mixture.values()) for (let e = 0; e < x.length; e++) x[e] += weight * tree[e];
  const slope = (at: Float64Array) =>
    at.map((value, e) => {
      const p = Math.max(least, Math.min(1 - least, value));
      return u[e] - temperature * (Math.log(p) - Math.log1p(-p));
    });

  for (let step = 0; step < mostSteps; step++) {
    const gradient = slope(x);
    const best = bestTree(gradient);
    if (gain(gradient, best, x) <= tolerance) break;
    let worst = [...mixture.values()][0];
    for (const atom of mixture.values()) if (gain(gradient, worst.tree, atom.tree) > 0) worst = atom;
    const share = bestShare(worst.weight, (s) =>
      gain(slope(x.map((p, e) => p + s * (best[e] - worst.tree[e]))), best, worst.tree),
    );
    for (let e = 0; e < x.length; e++) x[e] += share * (best[e] - worst.tree[e]);
    worst.weight -= share;
    if (worst.weight <= 0) mixture.delete(worst.tree.join());
    const held = mixture.get(best.join());
    if (held === undefined) mixture.set(best.join(), { tree: best, weight: share });
    else held.weight += share;
  }
  return x;
}

/** A few hundred are usual for four nodes. */
const mostSteps = 20_000;

/** What is nearer to 0 or 1 counts as this far from it: the entropy's slope is infinite there. */
const least = 1e-12;

interface Atom {
  readonly tree: Float64Array;
  weight: number;
}

/** Trees with and without every edge, so that no x_e is 0 or 1 unless it has to be. */
function firstMixture(edges: number, bestTree: (scores: Float64Array) => Float64Array): Map<string, Atom> {
  const mixture = new Map<string, Atom>();
  for (let e = 0; e < edges; e++) {
    for (const sign of [1, -1]) {
      const tree = bestTree(new Float64Array(edges).fill(sign, e, e + 1));
      const held = mixture.get(tree.join());
      if (held === undefined) mixture.set(tree.join(), { tree, weight: 1 / (2 * edges) });
      else held.weight += 1 / (2 * edges);
    }
  }
  return mixture;
}

/** `⟨gradient, a − b⟩`. */
function gain(gradient: Float64Array, a: Float64Array, b: Float64Array): number {
  return gradient.reduce((sum, slope, e) => sum + slope * (a[e] - b[e]), 0);
}

/** Where the falling slope crosses 0, in (0, most]. */
function bestShare(most: number, slopeAt: (share: number) => number): number {
  if (slopeAt(most) >= 0) return most;
  let [low, high] = [0, most];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (slopeAt(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
