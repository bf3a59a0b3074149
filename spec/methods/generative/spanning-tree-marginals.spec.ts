import { grad, jvp, logDeterminant, type Tensor, tensor } from "cotangent";
import { type Edge, spanningTreeLogPartition, spanningTreeMarginals } from "cotangent/methods/generative";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { forestExcess } from "./support/instances.js";
import { laplacian, resistances } from "./support/laplacian.js";
import { best, completeGraph, gibbs, marginals, sum, trees } from "./support/structures.js";

const five = { nodes: 5 };
const edges = completeGraph(5);
const all = trees(5, edges); // 125
const square: Edge[] = [
  [0, 1],
  [2, 1],
  [2, 3],
  [3, 0],
  [1, 3],
];

describe("spanningTreeMarginals", () => {
  law("is the mean of all 125 trees on five nodes", floats([10]), async (z) => {
    expect(all.length).toBe(125);
    await expectClose(spanningTreeMarginals(tensor(z), five), marginals(all, z), { tolerance: 1e-12 });
    await expectClose(spanningTreeLogPartition(tensor(z), five), [gibbs(all, z).logZ], { tolerance: 1e-12 });
  });

  law("is the mean of the trees of any connected graph", floats([5]), async (z) => {
    const expected = marginals(trees(4, square), z);
    await expectClose(spanningTreeMarginals(tensor(z), { nodes: 4, edges: square }), expected, { tolerance: 1e-12 });
  });

  law("obeys the forest constraints of every set of nodes", floats([10], { min: -9, max: 9 }), async (z) => {
    const mu = await spanningTreeMarginals(tensor(z), five).data();
    expect(Math.abs(sum(mu) - 4)).toBeLessThan(1e-12);
    expect(Math.max(...forestExcess(5, edges, mu))).toBeLessThan(1e-12);
  });

  law("is the gradient of the Laplacian's log-determinant", floats([10]), async (z) => {
    const logZ = (x: Tensor) => logDeterminant(laplacian(x, five)).logAbs;
    await expectClose(spanningTreeMarginals(tensor(z), five), grad(logZ)(tensor(z)), { tolerance: 1e-12 });
    await expectClose(spanningTreeLogPartition(tensor(z), five), logZ(tensor(z)), { tolerance: 1e-12 });
  });

  law("is w · R, and its Jacobian δ_ef μ_e − w_e w_f R_ef²", floats([10]), async (z) => {
    const { own, between } = await resistances(z, five);
    const w = z.map(Math.exp);
    const mu = w.map((weight, e) => weight * own[e]);
    await expectClose(spanningTreeMarginals(tensor(z), five), mu, { tolerance: 1e-12 });
    const unit = tensor(
      Float64Array.from({ length: 100 }, (_, at) => (at % 11 === 0 ? 1 : 0)),
      { shape: [10, 10] },
    );
    const rows = tensor(
      Float64Array.from({ length: 100 }, (_, at) => z[at % 10]),
      { shape: [10, 10] },
    );
    const { tangent } = jvp((x: Tensor) => spanningTreeMarginals(x, five), rows, unit);
    const jacobian = between.map((r, at) => {
      const [e, f] = [Math.floor(at / 10), at % 10];
      return (e === f ? mu[e] : 0) - w[e] * w[f] * r * r;
    });
    await expectClose(tangent, jacobian, { tolerance: 1e-11 }); // resistances of up to e³ enter squared
  });

  law("comes of resistances too, where z does not vary too much", floats([5]), async (z) => {
    const graph = { nodes: 4, edges: square };
    const exact = spanningTreeMarginals(tensor(z), graph);
    await expectClose(spanningTreeMarginals(tensor(z), { ...graph, method: "resistance" }), exact, {
      tolerance: 1e-12,
    });
    const slope = (method: "elimination" | "resistance") =>
      grad((x: Tensor) =>
        spanningTreeMarginals(x, { ...graph, method })
          .mul(tensor(z))
          .sum(),
      )(tensor(z));
    await expectClose(slope("resistance"), slope("elimination"), { tolerance: 1e-11 });
  });

  law("does not change when all z grow alike", floats([5]), numbers({ min: -60, max: 60 }), async (z, c) => {
    for (const method of ["elimination", "resistance"] as const) {
      const of = (by: number) =>
        spanningTreeMarginals(tensor(z.map((v) => v + by)), { nodes: 4, edges: square, method });
      await expectClose(of(c), of(0), { tolerance: 1e-11 });
    }
  });

  law("takes batches of any number of axes", floats([15]), async (z) => {
    const graph = { nodes: 4, edges: square };
    for (const shape of [
      [3, 5],
      [1, 3, 5],
      [3, 1, 1, 5],
    ]) {
      const [lead, rows] = [shape.slice(0, -1), tensor(z, { shape })];
      const each = [0, 1, 2].map((i) => z.slice(5 * i, 5 * i + 5));
      expect(spanningTreeLogPartition(rows, graph).shape).toEqual(lead);
      await expectClose(
        spanningTreeLogPartition(rows, graph),
        each.map((row) => gibbs(trees(4, square), row).logZ),
        { tolerance: 1e-12 },
      );
      for (const method of ["elimination", "resistance"] as const) {
        await expectClose(
          spanningTreeMarginals(rows, { ...graph, method }),
          each.flatMap((row) => marginals(trees(4, square), row)),
          { tolerance: 1e-12 },
        );
      }
    }
  });

  it("tends to the largest tree at any range, which clipped resistances do not", async () => {
    const z = Float64Array.of(0, -1, -300, -40, -42, -700, -3, -500, -44, -1000);
    const { object } = best(all, z);
    await expectClose(spanningTreeMarginals(tensor(z.map((v) => 20 * v)), five), object, { tolerance: 1e-8 });
    const clipped = await spanningTreeMarginals(tensor(z.map((v) => 20 * v)), { ...five, method: "resistance" }).data();
    expect(Math.max(...clipped.map((v, e) => Math.abs(v - object[e])))).toBeGreaterThan(0.1);
    const at = (maxRange: number) =>
      spanningTreeMarginals(tensor(z), { ...five, method: "resistance", maxRange }).data();
    expect(await spanningTreeMarginals(tensor(z), { ...five, method: "resistance" }).data()).toEqual(await at(15));
    expect(await at(16)).not.toEqual(await at(15));
    const wider = { ...five, method: "resistance", maxRange: 25 } as const;
    const [a, b] = [z.map((v) => Math.max(v, -25)), z];
    await expectClose(spanningTreeMarginals(tensor(b), wider), spanningTreeMarginals(tensor(a), wider), {
      tolerance: 1e-9, // the Laplacian's condition is e²⁵
    });
  });

  law("has graphs of its own for each row of a batch", floats([2, 5]), numbers(), async (z, c) => {
    const present = tensor(
      [
        [true, true, true, true, true],
        [true, true, true, false, true],
      ],
      { dtype: "bool" },
    );
    const rows = tensor(z, { shape: [2, 5] });
    const graph = { nodes: 4, edges: square, present };
    const withoutFourth = square.filter((_, e) => e !== 3);
    const rest = marginals(
      trees(4, withoutFourth),
      [...z.slice(5)].filter((_, e) => e !== 3),
    );
    const expected = [...marginals(trees(4, square), z.slice(0, 5)), ...rest.slice(0, 3), 0, rest[3]];
    await expectClose(spanningTreeMarginals(rows, graph), expected, { tolerance: 1e-12 });
    await expectClose(spanningTreeMarginals(rows, { ...graph, method: "resistance" }), expected, { tolerance: 1e-12 });
    const slope = await grad((x: Tensor) => spanningTreeMarginals(x, graph).mul(rows.add(c)).sum())(rows).data();
    expect(slope[8]).toBe(0);
    expect(slope.every(Number.isFinite)).toBe(true);
  });

  it("is 1 for the only edge of two nodes", async () => {
    await expectClose(spanningTreeMarginals(tensor(Float64Array.of(-1e4)), { nodes: 2 }), [1], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(10));
    expect(() => spanningTreeMarginals(z, { ...five, maxRange: 0 })).toThrow(
      "spanningTreeMarginals: maxRange is 0 but must be a finite number > 0",
    );
    expect(() => spanningTreeMarginals(z, { ...five, method: "determinant" as "resistance" })).toThrow(
      'spanningTreeMarginals: method is "determinant" but must be one of elimination, resistance',
    );
    expect(() => spanningTreeMarginals(z, { nodes: 4 })).toThrow(
      "spanningTreeMarginals: z has shape [10] but must end in 6, one for each edge",
    );
    expect(() => spanningTreeLogPartition(z, { nodes: 1 })).toThrow(
      "spanningTreeLogPartition: nodes is 1 but must be a whole number ≥ 2",
    );
    expect(() => spanningTreeLogPartition(tensor(Float64Array.of(Infinity)), { nodes: 2 })).toThrow(
      "spanningTreeLogPartition: z holds Infinity at 0 but must hold finite numbers",
    );
  });
});
