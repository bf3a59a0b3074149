import { exp, grad, inverse, logDeterminant, type Tensor, tensor } from "cotangent";
import { arborescenceLogPartition, arborescenceMarginals, spanningTreeMarginals } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, completeDigraph, completeGraph, gibbs, marginals, softmaxOf, trees } from "./support/structures.js";

const four = completeDigraph(4);
const roots = fc.integer({ min: 0, max: 3 });

/** `diag(column sums) − W` without row and column of root 0, from weights of the complete digraph on four nodes. */
function laplacian(z: Tensor): Tensor {
  const pick = (f: (from: number, to: number, i: number, j: number) => number) =>
    tensor(
      Float64Array.from(
        [1, 2, 3].flatMap((i) => [1, 2, 3].flatMap((j) => four.map(([from, to]) => f(from, to, i, j)))),
      ),
      { shape: [9, 12] },
    );
  const sums = pick((_, to, i, j) => Number(i === j && to === j));
  const entries = pick((from, to, i, j) => Number(from === i && to === j));
  return sums
    .sub(entries)
    .matmul(exp(z).reshape([12, 1]))
    .reshape([3, 3]);
}

describe("arborescenceMarginals", () => {
  law("is the mean of all 16 arborescences out of any root of four", floats([12]), roots, async (z, root) => {
    const all = trees(4, four, root, true);
    expect(all.length).toBe(16);
    await expectClose(arborescenceMarginals(tensor(z), { nodes: 4, root }), marginals(all, z), { tolerance: 1e-12 });
    await expectClose(arborescenceLogPartition(tensor(z), { nodes: 4, root }), [gibbs(all, z).logZ], {
      tolerance: 1e-12,
    });
  });

  law("is the gradient of the log-determinant, w_ij ([Λ⁻¹]_jj − [Λ⁻¹]_ji)", floats([12]), async (z) => {
    const logZ = (x: Tensor) => logDeterminant(laplacian(x)).logAbs;
    await expectClose(arborescenceMarginals(tensor(z), { nodes: 4 }), grad(logZ)(tensor(z)), { tolerance: 1e-11 });
    const green = await inverse(laplacian(tensor(z))).data();
    const at = (i: number, j: number) => (i === 0 ? 0 : green[3 * (i - 1) + j - 1]);
    // rows of Λ are from, columns to: [Λ⁻¹]_ji is entry (to, from)
    const expected = four.map(([from, to], e) =>
      to === 0 ? 0 : Math.exp(z[e]) * (at(to, to) - (from === 0 ? 0 : at(to, from))),
    );
    await expectClose(arborescenceMarginals(tensor(z), { nodes: 4 }), expected, { tolerance: 1e-11 });
  });

  law("does not change when all edges into a node grow alike", floats([12]), floats([4]), async (z, c) => {
    const shifted = z.map((v, e) => v + 30 * c[four[e][1]]);
    const root = 2;
    await expectClose(
      arborescenceMarginals(tensor(shifted), { nodes: 4, root }),
      arborescenceMarginals(tensor(z), { nodes: 4, root }),
      { tolerance: 1e-12 },
    );
  });

  law("has the edges of a star for certain, and a softmax where one node has a choice", floats([4]), async (z) => {
    const star = { nodes: 4, edges: four.slice(0, 3) };
    await expectClose(arborescenceMarginals(tensor(z.slice(0, 3)), star), [1, 1, 1], { tolerance: 0 });
    const [a, b] = softmaxOf([z[2], z[3]]);
    const choice = {
      nodes: 3,
      edges: [
        [0, 1],
        [1, 0],
        [0, 2],
        [1, 2],
      ] as const,
    };
    await expectClose(arborescenceMarginals(tensor(z), choice), [1, 0, a, b], { tolerance: 1e-14 });
  });

  law("adds up to spanning trees where both directions weigh alike", floats([6]), async (z) => {
    const both = Float64Array.from(
      four,
      ([i, j]) => z[completeGraph(4).findIndex(([a, b]) => a === Math.min(i, j) && b === Math.max(i, j))],
    );
    const directed = await arborescenceMarginals(tensor(both), { nodes: 4, root: 1 }).data();
    const folded = completeGraph(4).map(([a, b]) =>
      four.reduce((sum, [i, j], e) => (Math.min(i, j) === a && Math.max(i, j) === b ? sum + directed[e] : sum), 0),
    );
    await expectClose(spanningTreeMarginals(tensor(z), { nodes: 4 }), folded, { tolerance: 1e-12 });
  });

  it("tends to the best arborescence at any range", async () => {
    const z = Float64Array.from({ length: 12 }, (_, e) => 2000 * Math.sin(5 * e + 1));
    const { object } = best(trees(4, four, 0, true), z);
    await expectClose(arborescenceMarginals(tensor(z), { nodes: 4 }), object, { tolerance: 1e-12 });
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(12));
    for (const root of [-1, 4, 0.5]) {
      expect(() => arborescenceMarginals(z, { nodes: 4, root })).toThrow(
        `arborescenceMarginals: root is ${root} but must be a whole number in [0, 4)`,
      );
    }
    expect(() => arborescenceLogPartition(z, { nodes: 3 })).toThrow(
      "arborescenceLogPartition: z has shape [12] but must end in 6, one for each edge",
    );
    expect(() => arborescenceMarginals(tensor(Float64Array.of(Number.NaN, 0)), { nodes: 2 })).toThrow(
      "arborescenceMarginals: z holds NaN at 0 but must hold finite numbers",
    );
  });
});
