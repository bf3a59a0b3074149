import { less, tensor } from "cotangent";
import { kruskalMax } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, completeGraph, trees } from "./support/structures.js";

const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));

describe("kruskalMax", () => {
  law("is what brute force finds on five nodes", floats([10]), async (u) => {
    const { object, gap } = best(trees(5, completeGraph(5)), u);
    if (gap > 1e-12) await expectClose(kruskalMax(tensor(u), { nodes: 5 }), object, { tolerance: 0 });
  });

  it("gives ties to the earlier edge", async () => {
    await expectClose(kruskalMax(f64([1, 1, 1, 1, 1, 1]), { nodes: 4 }), [1, 1, 1, 0, 0, 0], { tolerance: 0 });
    await expectClose(kruskalMax(f64([0, 2, 2]), { nodes: 3 }), [0, 1, 1], { tolerance: 0 });
  });

  it("leaves out what a graph lacks", async () => {
    const present = tensor([false, true, true]);
    await expectClose(kruskalMax(f64([9, 2, 2]), { nodes: 3, present }), [0, 1, 1], { tolerance: 0 });
  });

  it("says what is wrong, and has NaN for what it cannot see in time", async () => {
    expect(() => kruskalMax(f64([1, 2]), { nodes: 3 })).toThrow(
      "kruskalMax: utilities has shape [2] but must end in 3, one for each edge",
    );
    expect(() => kruskalMax(f64([1, Number.NaN, 0]), { nodes: 3 })).toThrow(
      "kruskalMax: utilities holds NaN at 1 but must hold finite numbers",
    );
    expect(() => kruskalMax(f64([1]), { nodes: 3, edges: [[0, 1]] })).toThrow(
      "kruskalMax: edges does not lead from node 0 to node 2 but must connect all 3 nodes",
    );
    const late = tensor(Float64Array.of(1, 2, 3, 1, 2, 3), { shape: [2, 3] }).div(tensor([[0], [1]], { dtype: "f64" }));
    await expectClose(kruskalMax(late, { nodes: 3 }), [Number.NaN, Number.NaN, Number.NaN, 0, 1, 1], { tolerance: 0 });

    const lateMask = less(f64([1, 2, 3]), 2);
    await expectClose(
      kruskalMax(f64([1, 2, 3]), { nodes: 3, present: lateMask }),
      [Number.NaN, Number.NaN, Number.NaN],
      {
        tolerance: 0,
      },
    );
  });
});
