import { checkCount } from "../../autodiff/check.js";
import { checkDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { ShapeError, showShape, type Tensor, where } from "../../autodiff/index.js";
import { checkLastAxis } from "./check-utilities.js";

/** Two different nodes; in a directed graph the edge leads from the first to the second. */
export type Edge = readonly [from: number, to: number];

export interface GraphOptions {
  /** n, a whole number ≥ 2. */
  readonly nodes: number;
  /**
   * What the utilities belong to, in their order, no edge twice. Default all pairs: (0, 1), (0, 2), … (1, 2), …, and in a
   * directed graph (0, 1), (0, 2), … (1, 0), (1, 2), ….
   */
  readonly edges?: readonly Edge[];
  /** `[..., edges]`: which edges each graph of a batch has; it broadcasts against the utilities. Default: all. */
  readonly present?: Tensor<"bool">;
}

/** A graph whose options have been checked. */
export interface Graph {
  readonly nodes: number;
  readonly edges: readonly Edge[];
  readonly present: Tensor<"bool"> | undefined;
  /** Where trees start from; undefined in an undirected graph. */
  readonly root: number | undefined;
}

/**
 * Checks a graph: its nodes and edges, and that they connect; each graph of a batch where `present` is on the host. With
 * a root it is directed.
 */
export function graphOf(caller: string, { nodes, edges, present }: GraphOptions, root?: number): Graph {
  checkCount(caller, { nodes }, 2);
  if (root !== undefined && !(Number.isInteger(root) && root >= 0 && root < nodes)) {
    throw new RangeError(`${caller}: root is ${root} but must be a whole number in [0, ${nodes})`);
  }
  const graph = { nodes, edges: edges ?? allPairs(nodes, root !== undefined), present, root };
  checkEdges(caller, graph);
  const whole = Array<boolean>(graph.edges.length).fill(true);
  checkConnected(caller, "edges", graph, whole);
  if (present === undefined) return graph;
  checkDType(caller, { present }, "bool");
  if (present.shape.length === 0) {
    throw new ShapeError(`${caller}: present has shape [] but must end in ${graph.edges.length}, one for each edge`);
  }
  checkLastAxis(caller, "present", present as unknown as Tensor, graph.edges.length, "one for each edge");
  const held = hostValues(present) ?? [];
  for (let start = 0; start < held.length; start += graph.edges.length) {
    const row = whole.map((_, e) => held[start + e] !== 0);
    checkConnected(caller, `row ${start / graph.edges.length} of present`, graph, row);
  }
  return graph;
}

function allPairs(nodes: number, directed: boolean): Edge[] {
  const all = [...Array(nodes).keys()];
  return all.flatMap((i) => all.flatMap((j): Edge[] => ((directed ? i !== j : i < j) ? [[i, j]] : [])));
}

function checkEdges(caller: string, { nodes, edges, root }: Graph): void {
  const seen = new Map<number, number>();
  const isNode = (i: number) => Number.isInteger(i) && i >= 0 && i < nodes;
  edges.forEach(([from, to], e) => {
    if (!isNode(from) || !isNode(to) || from === to) {
      throw new RangeError(
        `${caller}: edges[${e}] is ${showShape([from, to])} but must join two different nodes in [0, ${nodes})`,
      );
    }
    const code = root === undefined ? Math.min(from, to) * nodes + Math.max(from, to) : from * nodes + to;
    const earlier = seen.get(code);
    if (earlier !== undefined) {
      throw new RangeError(
        `${caller}: edges[${e}] is ${showShape([from, to])} but must differ from edges[${earlier}], which joins the same nodes`,
      );
    }
    seen.set(code, e);
  });
}

function checkConnected(caller: string, name: string, graph: Graph, present: readonly boolean[]): void {
  const { nodes, edges, root = 0 } = graph;
  const isReached = Array<boolean>(nodes).fill(false);
  isReached[root] = true;
  for (let grows = true; grows; ) {
    grows = false;
    edges.forEach(([from, to], e) => {
      if (!present[e] || isReached[from] === isReached[to]) return;
      if (graph.root !== undefined && !isReached[from]) return;
      isReached[from] = isReached[to] = grows = true;
    });
  }
  const lost = isReached.indexOf(false);
  if (lost < 0) return;
  throw new RangeError(
    `${caller}: ${name} does not lead from node ${root} to node ${lost} but must connect all ${nodes} nodes`,
  );
}

/** Throws unless there is a utility for each edge. */
export function checkEdgeUtilities(caller: string, name: string, utilities: Tensor, { edges, present }: Graph): void {
  checkLastAxis(caller, name, utilities, edges.length, "one for each edge");
  if (present === undefined) return;
  const lead = utilities.shape.length - present.shape.length;
  const fits = present.shape.every((size, axis) => size === 1 || size === utilities.shape[lead + axis]);
  if (lead >= 0 && fits) return;
  throw new ShapeError(
    `${caller}: present has shape ${showShape(present.shape)} but must stretch to ${name}, ${showShape(utilities.shape)}`,
  );
}

/** −∞ where a graph lacks the edge; no gradient flows there. */
export function withoutAbsent(utilities: Tensor, { present }: Graph): Tensor {
  return present === undefined ? utilities : where(present, utilities, Number.NEGATIVE_INFINITY);
}
