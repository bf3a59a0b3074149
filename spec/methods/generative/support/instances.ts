import {
  arborescenceSst,
  bernoulliSst,
  categoricalSst,
  chainSubsetSst,
  kSubsetSst,
  matchingSst,
  type StochasticSoftmax,
  spanningTreeSst,
} from "cotangent/methods/generative";
import {
  chainSubsets,
  completeDigraph,
  completeGraph,
  type Embedding,
  matchings,
  subsets,
  trees,
} from "./structures.js";

export interface Instance {
  readonly name: string;
  readonly family: StochasticSoftmax;
  readonly shape: readonly number[];
  readonly objects: readonly Embedding[];
  /** max f − min f over the polytope. */
  readonly spread: number;
  /** Whether the relaxation is the mean under chances ∝ exp ⟨z, x⟩. */
  readonly isExponential: boolean;
  /** Whether adding a constant to all utilities changes nothing. */
  readonly isShiftable: boolean;
  /** How much smaller t has to be for the relaxed object to be the hard one. */
  readonly hardness: number;
  /** Whether the relaxation has kinks. */
  readonly hasKinks: boolean;
}

const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
const fourNodes = { nodes: 4, edges: completeGraph(4) };
const plain = { isExponential: false, isShiftable: true, hardness: 1, hasKinks: false };

function exponential(name: string, family: StochasticSoftmax, shape: number[], objects: Embedding[]): Instance {
  return { ...plain, name, family, shape, objects, spread: Math.log(objects.length), isExponential: true };
}

const [n, k] = [5, 2];
const choose = subsets(n, k);

/** Every instance with every regularizer, at sizes that can be enumerated. */
export const instances: readonly Instance[] = [
  exponential("categorical, exponential family", categoricalSst(), [4], subsets(4, 1)),
  {
    ...plain,
    name: "categorical, Euclidean",
    family: categoricalSst({ regularizer: "euclidean" }),
    shape: [4],
    objects: subsets(4, 1),
    spread: (1 - 1 / 4) / 2,
    hasKinks: true,
  },
  { ...exponential("Bernoulli, exponential family", bernoulliSst(), [3], subsets(3)), isShiftable: false },
  {
    ...plain,
    name: "Bernoulli, Euclidean",
    family: bernoulliSst({ regularizer: "euclidean" }),
    shape: [3],
    objects: subsets(3),
    spread: 3 / 2,
    isShiftable: false,
    hasKinks: true,
  },
  exponential("k-subsets, exponential family", kSubsetSst({ k }), [n], choose),
  {
    ...plain,
    name: "k-subsets, binary entropy",
    family: kSubsetSst({ k, regularizer: "binaryEntropy" }),
    shape: [n],
    objects: choose,
    spread: n * entropy(k / n),
  },
  {
    ...plain,
    name: "k-subsets, categorical entropy",
    family: kSubsetSst({ k, regularizer: "categoricalEntropy" }),
    shape: [n],
    objects: choose,
    spread: k * Math.log(n / k),
    hasKinks: true,
  },
  {
    ...plain,
    name: "k-subsets, Euclidean",
    family: kSubsetSst({ k, regularizer: "euclidean" }),
    shape: [n],
    objects: choose,
    spread: (k - k ** 2 / n) / 2,
    hasKinks: true,
  },
  exponential("spanning trees", spanningTreeSst(fourNodes), [6], trees(4, fourNodes.edges)),
  exponential("arborescences", arborescenceSst({ nodes: 4 }), [12], trees(4, completeDigraph(4), 0, true)),
  {
    ...plain,
    name: "matchings, categorical entropy",
    family: matchingSst({ tolerance: 1e-13 }),
    shape: [3, 3],
    objects: matchings(3),
    spread: 3 * Math.log(3),
    hardness: 3,
  },
  exponential("matchings, exponential family", matchingSst({ regularizer: "exponentialFamily" }), [3, 3], matchings(3)),
  exponential("correlated k-subsets", chainSubsetSst({ k }), [2 * n - 1], chainSubsets(n, k)),
];

/** Distance of a vector from the objects' polytope's equations and bounds: sums of rows and columns, of incoming edges, …. */
export function infeasibility({ name, shape }: Instance, x: ArrayLike<number>): number {
  const values = Array.from(x);
  const total = (list: number[]) => list.reduce((a, b) => a + b, 0);
  const off = [...values.map((v) => Math.max(0, -v, v - 1))];
  if (name.startsWith("categorical")) off.push(total(values) - 1);
  if (name.startsWith("k-subsets")) off.push(total(values) - k);
  if (name.startsWith("correlated")) {
    off.push(total(values.slice(0, n)) - k);
    for (let i = 0; i + 1 < n; i++) {
      off.push(
        Math.max(0, values[n + i] - Math.min(values[i], values[i + 1]), values[i] + values[i + 1] - 1 - values[n + i]),
      );
    }
  }
  if (name.startsWith("matchings")) {
    for (let i = 0; i < shape[0]; i++) {
      off.push(total(values.slice(shape[1] * i, shape[1] * (i + 1))) - 1);
      off.push(total(values.filter((_, at) => at % shape[1] === i)) - 1);
    }
  }
  if (name === "spanning trees") off.push(total(values) - 3, ...forestExcess(4, completeGraph(4), values));
  if (name === "arborescences") {
    const edges = completeDigraph(4);
    for (let to = 0; to < 4; to++) off.push(total(values.filter((_, e) => edges[e][1] === to)) - (to === 0 ? 0 : 1));
    off.push(...forestExcess(4, edges, values));
  }
  return Math.max(...off.map(Math.abs));
}

/** How far each set of nodes S has more than |S| − 1 edges inside. */
export function forestExcess(nodes: number, edges: readonly (readonly number[])[], x: ArrayLike<number>): number[] {
  return subsets(nodes)
    .filter((set) => set.some((inside) => inside === 1))
    .map((set) => {
      let inside = 0;
      edges.forEach(([i, j], e) => {
        if (set[i] === 1 && set[j] === 1) inside += x[e];
      });
      return Math.max(0, inside - set.reduce((a, b) => a + b, 0) + 1);
    });
}
