import { broadcastTo, randomKey, tensor } from "cotangent";
import { type Edge, sampleHard, spanningTreeSst } from "cotangent/methods/generative";
import { checkSampler } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { completeGraph, permutations, sum, trees } from "./support/structures.js";

/** Chances of the maximum trees: the order of utilities is that of draws without replacement, and Kruskal takes it from there. */
function lawOfTrees(nodes: number, edges: readonly Edge[], theta: readonly number[]): Map<string, number> {
  const weights = theta.map(Math.exp);
  const chances = new Map<string, number>();
  for (const order of permutations(edges.length)) {
    let left = sum(weights);
    let chance = 1;
    const component = Array.from({ length: nodes }, (_, i) => i);
    const x = edges.map(() => 0);
    for (const e of order) {
      chance *= weights[e] / left;
      left -= weights[e];
      const [a, b] = edges[e].map((node) => component[node]);
      if (a === b) continue;
      x[e] = 1;
      component.forEach((c, node) => {
        if (c === a) component[node] = b;
      });
    }
    chances.set(x.join(""), (chances.get(x.join("")) ?? 0) + chance);
  }
  return chances;
}

describe("spanningTreeSst", () => {
  it("draws trees with the chances that all orders of the edges give", async () => {
    const theta = [0.4, -0.3, 0.9, 0, -0.8, 0.5];
    const chances = lawOfTrees(4, completeGraph(4), theta);
    expect(chances.size).toBe(trees(4, completeGraph(4)).length);
    const rows = broadcastTo(tensor(Float64Array.from(theta)), [40_000, 6]);
    const bits = await sampleHard(spanningTreeSst({ nodes: 4 }), randomKey(2), rows).hard.data();
    const codes = [...chances.keys()];
    const draws = Int32Array.from({ length: 40_000 }, (_, row) =>
      codes.indexOf(bits.slice(6 * row, 6 * row + 6).join("")),
    );
    const probabilities = [...chances.values()];
    expect(checkSampler({ draws, probabilities: probabilities.map((p) => p / sum(probabilities)) }).logE).toBeLessThan(
      Math.log(1e9),
    );
  });

  it("has graphs of its own for each row of a batch", async () => {
    const edges: Edge[] = [
      [0, 1],
      [1, 2],
      [0, 2],
    ];
    const present = tensor(
      [
        [true, true, true],
        [true, false, true],
      ],
      { dtype: "bool" },
    );
    const family = spanningTreeSst({ nodes: 3, edges, present });
    const u = tensor(Float64Array.of(1, 3, 2, 1, 3, 2), { shape: [2, 3] });
    await expectClose(family.hard(u), [0, 1, 1, 1, 0, 1], { tolerance: 0 });
    const relaxed = await family.relaxed(u, 1).data();
    await expectClose(relaxed.slice(3), [1, 0, 1], { tolerance: 1e-14 });
  });

  it("says what is wrong with a graph", () => {
    const make =
      (edges: Edge[], nodes = 3) =>
      () =>
        spanningTreeSst({ nodes, edges });
    expect(() => spanningTreeSst({ nodes: 1 })).toThrow("spanningTreeSst: nodes is 1 but must be a whole number ≥ 2");
    expect(make([[0, 3]])).toThrow("spanningTreeSst: edges[0] is [0, 3] but must join two different nodes in [0, 3)");
    expect(make([[1, 1]])).toThrow("spanningTreeSst: edges[0] is [1, 1] but must join two different nodes in [0, 3)");
    expect(
      make([
        [0, 1],
        [1, 0],
      ]),
    ).toThrow("spanningTreeSst: edges[1] is [1, 0] but must differ from edges[0], which joins the same nodes");
    expect(
      make(
        [
          [0, 1],
          [2, 3],
        ],
        4,
      ),
    ).toThrow("spanningTreeSst: edges does not lead from node 0 to node 2 but must connect all 4 nodes");
    const withMask = (values: boolean[][]) => () =>
      spanningTreeSst({ nodes: 3, present: tensor(values, { dtype: "bool" }) });
    expect(withMask([[true, true]])).toThrow(
      "spanningTreeSst: present has shape [1, 2] but must end in 3, one for each edge",
    );
    expect(
      withMask([
        [true, true, true],
        [true, false, false],
      ]),
    ).toThrow("spanningTreeSst: row 1 of present does not lead from node 0 to node 2 but must connect all 3 nodes");
    expect(() => spanningTreeSst({ nodes: 3, present: tensor([1, 1, 1]) as never })).toThrow(
      "spanningTreeSst: present is f32 but must be bool; cast it",
    );
    expect(() => spanningTreeSst({ nodes: 2, present: tensor(new Uint8Array(1).fill(1), { shape: [] }) })).toThrow(
      "spanningTreeSst: present has shape [] but must end in 1, one for each edge",
    );
    const two = spanningTreeSst({
      nodes: 3,
      present: tensor(
        [
          [true, true, true],
          [true, true, false],
        ],
        { dtype: "bool" },
      ),
    });
    expect(() => two.hard(tensor(new Float64Array(3)))).toThrow(
      "spanningTreeSst: present has shape [2, 3] but must stretch to utilities, [3]",
    );
    expect(() => two.relaxed(tensor(new Float64Array(9), { shape: [3, 3] }), 1)).toThrow(
      "spanningTreeSst: present has shape [2, 3] but must stretch to utilities, [3, 3]",
    );
    expect(() => two.hard(tensor(new Float64Array(4)))).toThrow(
      "spanningTreeSst: utilities has shape [4] but must end in 3, one for each edge",
    );
  });
});
