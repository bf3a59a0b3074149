import { tensor } from "cotangent";
import { type Edge, kSubsetBinaryEntropy, spanningTreeBinaryEntropy } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { forestExcess } from "./support/instances.js";
import { best, completeGraph, dot, sum, trees } from "./support/structures.js";

const edges = completeGraph(4);
const all = trees(4, edges);
const entropy = (p: number) => (p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log1p(-p));

describe("spanningTreeBinaryEntropy", () => {
  law("solves the optimality conditions: no tree lies further along the gradient", floats([6]), async (u) => {
    const x = spanningTreeBinaryEntropy(u, { nodes: 4 });
    expect(Math.abs(sum(x) - 3)).toBeLessThan(1e-12);
    expect(Math.max(...forestExcess(4, edges, x))).toBeLessThan(1e-12);
    const gradient = x.map((p, e) => u[e] - Math.log(p / (1 - p)));
    for (const tree of all) expect(dot(gradient, tree) - dot(gradient, x)).toBeLessThan(1e-9);
  });

  law("is a 2-subset of a triangle's edges", floats([3]), numbers({ min: 0.3, max: 2 }), async (u, t) => {
    const x = spanningTreeBinaryEntropy(u, { nodes: 3, temperature: t, tolerance: 1e-12 });
    const z = tensor(u.map((v) => v / t));
    await expectClose(kSubsetBinaryEntropy(z, 2), x, { tolerance: 1e-6 }); // the value is quadratic around its maximum
  });

  law("tends to the largest tree as t shrinks, losing at most t (max f − min f)", floats([6]), async (u) => {
    const { object, gap } = best(all, u);
    if (gap < 0.05) return;
    const temperature = gap / 20;
    const x = spanningTreeBinaryEntropy(u, { nodes: 4, temperature });
    await expectClose(x, object, { tolerance: 1e-3 });
    expect(dot(object, u) - dot(x, u)).toBeLessThanOrEqual(temperature * 6 * entropy(0.5));
  });

  it("holds bridges at 1", () => {
    const bridge: Edge[] = [
      [0, 1],
      [1, 2],
      [2, 3],
      [1, 3],
    ];
    const x = spanningTreeBinaryEntropy([-50, 0, 0, 0], { nodes: 4, edges: bridge });
    expect(x[0]).toBeCloseTo(1, 12);
    for (const e of [1, 2, 3]) expect(x[e]).toBeCloseTo(2 / 3, 6);
  });

  it("says what is wrong", () => {
    expect(() => spanningTreeBinaryEntropy([1], { nodes: 3 })).toThrow(
      "spanningTreeBinaryEntropy: utilities has 1 entries but must have 3, one for each edge",
    );
    expect(() => spanningTreeBinaryEntropy([1, Number.NaN, 0], { nodes: 3 })).toThrow(
      "spanningTreeBinaryEntropy: utilities holds NaN at 1 but must hold finite numbers",
    );
    expect(() => spanningTreeBinaryEntropy([1, 2, 3], { nodes: 3, temperature: 0 })).toThrow(
      "spanningTreeBinaryEntropy: temperature is 0 but must be a finite number > 0",
    );
    expect(() => spanningTreeBinaryEntropy([1, 2, 3], { nodes: 3, tolerance: 0 })).toThrow(
      "spanningTreeBinaryEntropy: tolerance is 0 but must be a finite number > 0",
    );
    expect(() => spanningTreeBinaryEntropy([1], { nodes: 1 })).toThrow(
      "spanningTreeBinaryEntropy: nodes is 1 but must be a whole number ≥ 2",
    );
  });
});
