import { tensor } from "cotangent";
import { type Edge, maxArborescence } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { best, completeDigraph, dot, trees } from "./support/structures.js";

const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));
const four = completeDigraph(4);
/** Five nodes with cycles within cycles, out of 4. */
const nested: Edge[] = [
  [0, 1],
  [1, 0],
  [1, 2],
  [2, 0],
  [2, 3],
  [3, 1],
  [4, 3],
  [4, 0],
  [3, 2],
  [0, 3],
  [4, 2],
];
const allNested = trees(5, nested, 4, true);

describe("maxArborescence", () => {
  law(
    "is what brute force finds, out of any root of four",
    floats([12]),
    fc.integer({ min: 0, max: 3 }),
    async (u, root) => {
      const { object, gap } = best(trees(4, four, root, true), u);
      if (gap > 1e-9) await expectClose(maxArborescence(tensor(u), { nodes: 4, root }), object, { tolerance: 0 });
    },
  );

  law("is what brute force finds where cycles lie within cycles", floats([11]), async (u) => {
    // leaving the root costs: every node prefers the others
    const shy = u.map((v, e) => (nested[e][0] === 4 ? v - 20 : v));
    const { object, gap } = best(allNested, shy);
    const graph = { nodes: 5, edges: nested, root: 4 };
    if (gap > 1e-9) await expectClose(maxArborescence(tensor(shy), graph), object, { tolerance: 0 });
  });

  law(
    "is as good as the best where utilities tie",
    fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 12, maxLength: 12 }),
    async (u) => {
      const all = trees(4, four, 0, true);
      const found = await maxArborescence(f64(u), { nodes: 4 }).data();
      expect(all.map(String)).toContain([...found].join());
      expect(dot(found, u)).toBe(dot(best(all, u).object, u));
    },
  );

  it("gives ties to the earlier edge", async () => {
    await expectClose(maxArborescence(f64([1, 1, 1, 1, 1, 1]), { nodes: 3 }), [1, 1, 0, 0, 0, 0], { tolerance: 0 });
  });

  it("leaves out what a graph lacks", async () => {
    const present = tensor([false, true, true, true, true, true]);
    await expectClose(maxArborescence(f64([9, 0, 0, 0, 0, 0]), { nodes: 3, present }), [0, 1, 0, 0, 0, 1], {
      tolerance: 0,
    });
  });

  it("says what is wrong, and has NaN for what it cannot see in time", async () => {
    expect(() => maxArborescence(f64([1, 2]), { nodes: 3 })).toThrow(
      "maxArborescence: utilities has shape [2] but must end in 6, one for each edge",
    );
    expect(() => maxArborescence(f64([1, Infinity]), { nodes: 2 })).toThrow(
      "maxArborescence: utilities holds Infinity at 1 but must hold finite numbers",
    );
    expect(() => maxArborescence(f64([1, 2]), { nodes: 2, root: 2 })).toThrow(
      "maxArborescence: root is 2 but must be a whole number in [0, 2)",
    );
    const late = tensor(Float64Array.of(1, 2, 1, 2), { shape: [2, 2] }).div(tensor([[0], [1]], { dtype: "f64" }));
    await expectClose(maxArborescence(late, { nodes: 2 }), [Number.NaN, Number.NaN, 1, 0], { tolerance: 0 });
    const cut = tensor(Float64Array.of(-1, 2)).div(tensor(Float64Array.of(0, 1))); // −∞ on the only edge out of the root
    await expectClose(maxArborescence(cut, { nodes: 2 }), [Number.NaN, Number.NaN], { tolerance: 0 });
  });
});
