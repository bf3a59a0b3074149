import { tensor } from "cotangent";
import { arborescenceMarginals, arborescenceSst, type Edge, maxArborescence } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

describe("arborescenceSst", () => {
  law("joins the two solvers", floats([12]), numbers({ min: 0.2, max: 3 }), async (u, t) => {
    for (const root of [0, 3]) {
      const family = arborescenceSst({ nodes: 4, root });
      await expectClose(family.hard(tensor(u)), maxArborescence(tensor(u), { nodes: 4, root }), { tolerance: 0 });
      const z = tensor(u.map((v) => v / t));
      await expectClose(family.relaxed(tensor(u), t), arborescenceMarginals(z, { nodes: 4, root }), {
        tolerance: 1e-14,
      });
    }
  });

  it("starts from node 0 unless told otherwise", async () => {
    const u = tensor(Float64Array.of(1, 2));
    await expectClose(arborescenceSst({ nodes: 2 }).hard(u), [1, 0], { tolerance: 0 });
    await expectClose(arborescenceSst({ nodes: 2, root: 1 }).relaxed(u, 1), [0, 1], { tolerance: 0 });
  });

  it("says what is wrong with a graph", () => {
    expect(() => arborescenceSst({ nodes: 3, root: 3 })).toThrow(
      "arborescenceSst: root is 3 but must be a whole number in [0, 3)",
    );
    const edges: Edge[] = [
      [0, 1],
      [2, 1],
      [2, 0],
    ];
    expect(() => arborescenceSst({ nodes: 3, edges })).toThrow(
      "arborescenceSst: edges does not lead from node 0 to node 2 but must connect all 3 nodes",
    );
    expect(() => arborescenceSst({ nodes: 3, edges, root: 2 })).not.toThrow();
    expect(() => arborescenceSst({ nodes: 3, edges: [...edges, [0, 1]], root: 2 })).toThrow(
      "arborescenceSst: edges[3] is [0, 1] but must differ from edges[0], which joins the same nodes",
    );
    expect(() => arborescenceSst({ nodes: 3 }).relaxed(tensor(new Float64Array(3)), 1)).toThrow(
      "arborescenceSst: utilities has shape [3] but must end in 6, one for each edge",
    );
  });
});
