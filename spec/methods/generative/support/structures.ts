import type { Edge } from "cotangent/methods/generative";

/** An object of a structure, as its 0/1 vector. */
export type Embedding = readonly number[];

const range = (n: number) => [...Array(n).keys()];

/** All subsets of {0, …, n−1}, or those of a size, as 0/1 vectors. */
export function subsets(n: number, size?: number): Embedding[] {
  const all = range(2 ** n).map((bits) => range(n).map((i) => (bits >> i) & 1));
  return size === undefined ? all : all.filter((x) => sum(x) === size);
}

export function completeGraph(n: number): Edge[] {
  return range(n).flatMap((i) => range(n).flatMap((j): Edge[] => (i < j ? [[i, j]] : [])));
}

export function completeDigraph(n: number): Edge[] {
  return range(n).flatMap((i) => range(n).flatMap((j): Edge[] => (i !== j ? [[i, j]] : [])));
}

/** The sets of n − 1 edges along which every node is reached from the root; in either direction unless directed. */
export function trees(nodes: number, edges: readonly Edge[], root = 0, directed = false): Embedding[] {
  return subsets(edges.length, nodes - 1).filter((x) => {
    const reached = new Set([root]);
    for (let round = 1; round < nodes; round++) {
      edges.forEach(([from, to], e) => {
        if (x[e] === 0) return;
        if (reached.has(from)) reached.add(to);
        else if (!directed && reached.has(to)) reached.add(from);
      });
    }
    return reached.size === nodes;
  });
}

export function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) => range(n).map((at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]));
}

/** Permutation matrices, row after row. */
export function matchings(n: number): Embedding[] {
  return permutations(n).map((order) => order.flatMap((column) => range(n).map((j) => (j === column ? 1 : 0))));
}

/** k-subsets of a chain: n elements, then n − 1 pairs of neighbours. */
export function chainSubsets(n: number, k: number): Embedding[] {
  return subsets(n, k).map((x) => [...x, ...range(n - 1).map((i) => x[i] * x[i + 1])]);
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return sum(Array.from(a, (value, i) => value * b[i]));
}

/** The best object for utilities, and how much better it is than the next. */
export function best(objects: readonly Embedding[], u: ArrayLike<number>): { object: Embedding; gap: number } {
  const ranked = objects.map((object) => ({ object, value: dot(object, u) })).sort((a, b) => b.value - a.value);
  return { object: ranked[0].object, gap: ranked.length > 1 ? ranked[0].value - ranked[1].value : Infinity };
}

/** The chances of the objects, in proportion to `exp ⟨z, x⟩`, and the logarithm of their sum. */
export function gibbs(objects: readonly Embedding[], z: ArrayLike<number>): { chances: number[]; logZ: number } {
  const scores = objects.map((x) => dot(x, z));
  const largest = Math.max(...scores);
  const weights = scores.map((s) => Math.exp(s - largest));
  const total = sum(weights);
  return { chances: weights.map((w) => w / total), logZ: largest + Math.log(total) };
}

export function mean(objects: readonly Embedding[], chances: readonly number[]): number[] {
  return objects[0].map((_, i) => sum(objects.map((x, o) => x[i] * chances[o])));
}

/** The mean object under those chances. */
export function marginals(objects: readonly Embedding[], z: ArrayLike<number>): number[] {
  return mean(objects, gibbs(objects, z).chances);
}

/** Covariances of the entries under those chances: the Jacobian of `marginals`. */
export function covariances(objects: readonly Embedding[], z: ArrayLike<number>): number[][] {
  const { chances } = gibbs(objects, z);
  const mu = mean(objects, chances);
  return mu.map((mi, i) => mu.map((mj, j) => sum(objects.map((x, o) => chances[o] * (x[i] - mi) * (x[j] - mj)))));
}

export function softmaxOf(z: ArrayLike<number>): number[] {
  const weights = Array.from(z, Math.exp);
  return weights.map((w) => w / sum(weights));
}
