import { grad, type Tensor, tensor } from "cotangent";
import {
  type Spreadout,
  spreadoutRegularizer,
  spreadoutSteepness,
  spreadoutStep,
  topKSpreadout,
} from "cotangent/methods/federated";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { classIds, dot, matrix, type Rows, simplexRows, unit, unitTable } from "./support/unit-table.js";

const rates = numbers({ min: 0.01, max: 0.5 });

/** One step by hand. */
async function stepped(rows: Rows, reg: (t: Tensor) => Tensor, rate: number): Promise<number[]> {
  const slope = await grad(reg)(matrix(rows)).data();
  const width = rows[0].length;
  return rows.flatMap((row, c) => [...unit(row.map((value, i) => value - rate * slope[c * width + i]))]);
}

describe("spreadoutStep", () => {
  law(
    "is a gradient step of λη on the regularizer, then unit rows",
    unitTable(4, 3),
    rates,
    rates,
    async (rows, eta, lambda) => {
      const cases: [Spreadout, (t: Tensor) => Tensor][] = [
        [{ kind: "hinge" }, (t) => spreadoutRegularizer(t)],
        [
          { kind: "hinge", distance: "euclidean", margin: 1.5 },
          (t) => spreadoutRegularizer(t, { distance: "euclidean", margin: 1.5 }),
        ],
        [{ kind: "topK", neighbours: 2 }, (t) => topKSpreadout(t, { neighbours: 2 })],
        [
          { kind: "topK", neighbours: 1, classes: classIds(2), candidates: classIds(0, 1) },
          (t) => topKSpreadout(t, { neighbours: 1, classes: classIds(2), candidates: classIds(0, 1) }),
        ],
      ];
      for (const [spreadout, reg] of cases) {
        const step = spreadoutStep(matrix(rows), { spreadout, learningRate: eta, multiplier: lambda });
        await expectClose(step, await stepped(rows, reg, eta * lambda), { tolerance: 1e-12 });
      }
    },
  );

  law(
    "leaves unit rows, to 1e-12, whatever length the rows had",
    floats([12], { min: 0.1, max: 9 }),
    async (values) => {
      const rows = tensor(values, { shape: [4, 3] });
      for (const spreadout of [{ kind: "hinge" }, { kind: "topK", neighbours: 2 }] as const) {
        const next = spreadoutStep(rows, { spreadout, multiplier: 1e-3 });
        await expectClose(next.mul(next).sum(1), [1, 1, 1, 1], { tolerance: 1e-12 });
      }
    },
  );

  law("only normalizes with a multiplier or a rate of 0", floats([12], { min: 0.1, max: 9 }), async (values) => {
    const rows = tensor(values, { shape: [4, 3] });
    const expected = [0, 3, 6, 9].flatMap((from) => [...unit(values.slice(from, from + 3))]);
    await expectClose(spreadoutStep(rows, { multiplier: 0 }), expected, { tolerance: 1e-15 });
    await expectClose(spreadoutStep(rows, { learningRate: 0 }), expected, { tolerance: 1e-15 });
  });

  it("only normalizes at a rate of 0, also where the regularizer has no finite slope", async () => {
    const rows = matrix([Float64Array.of(1e200, 0), Float64Array.of(3e200, 4e200)]);
    for (const options of [{ learningRate: 0 }, { multiplier: 0 }, { learningRate: 0, multiplier: 0 }]) {
      await expectClose(spreadoutStep(rows, options), [1, 0, 0.6, 0.8], { tolerance: 1e-15 });
    }
  });

  law("has the slope of its own step, by central differences", unitTable(3, 2), async (rows) => {
    const spreadout = { kind: "hinge", margin: 2 } as const; // smooth, but for opposite rows
    const factors = matrix([Float64Array.of(1, -2), Float64Array.of(0.5, 3), Float64Array.of(-1, 0.7)]);
    if (rows.some((a) => rows.some((b) => dot(a, b) < -0.99))) return;
    await checkGradient(
      (t: Tensor) => spreadoutStep(t, { spreadout, learningRate: 0.1, multiplier: 0.3 }).mul(factors).sum(),
      matrix(rows),
    );
  });

  law("has λ = 1/C with the hinge and 10 with neighbours, and η = 0.1", unitTable(4, 3), async (rows) => {
    const w = matrix(rows);
    await expectClose(spreadoutStep(w), spreadoutStep(w, { learningRate: 0.1, multiplier: 0.25 }), { tolerance: 0 });
    const spreadout = { kind: "topK", neighbours: 2 } as const;
    await expectClose(
      spreadoutStep(w, { spreadout }),
      spreadoutStep(w, { spreadout, learningRate: 0.1, multiplier: 10 }),
      { tolerance: 0 },
    );
  });

  it("rests at the simplex, and comes to it from random rows", async () => {
    const simplex = matrix(simplexRows(4));
    await expectClose(spreadoutStep(simplex), simplex, { tolerance: 1e-15 });
    let rows = matrix(
      simplexRows(4).map((row, c) => unit(row.map((value, i) => value + 0.3 * Math.sin(5 * c + 3 * i)))),
    );
    for (let step = 0; step < 2000; step++) {
      rows = tensor(
        (await spreadoutStep(rows, { spreadout: { kind: "hinge", margin: 4 / 3 } }).data()) as Float64Array,
        { shape: [4, 4] },
      );
    }
    expect(await spreadoutRegularizer(rows, { margin: 4 / 3 }).item()).toBeLessThan(1e-6);
  });

  it("gives NaN for a row without a direction", async () => {
    const rows = tensor([
      [1, 0],
      [0, 0],
    ]);
    expect((await spreadoutStep(rows, { multiplier: 0 }).data())[2]).toBeNaN();
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) =>
      spreadoutStep(
        tensor(
          [
            [1, 0],
            [0.8, 0.6],
            [0, 1],
          ],
          { backend },
        ),
      ),
    );
  });

  it("names the argument that is wrong", () => {
    const rows = tensor([
      [1, 0],
      [0, 1],
    ]);
    const call = (options: Parameters<typeof spreadoutStep>[1]) => () => spreadoutStep(rows, options);
    expect(call({ multiplier: -1 })).toThrow("spreadoutStep: multiplier is -1 but must be a finite number ≥ 0");
    expect(call({ multiplier: Number.NaN })).toThrow(
      "spreadoutStep: multiplier is NaN but must be a finite number ≥ 0",
    );
    expect(call({ learningRate: -1 })).toThrow("spreadoutStep: learningRate is -1 but must be a finite number ≥ 0");
    expect(call({ spreadout: { kind: "none" } as unknown as Spreadout })).toThrow(
      'spreadoutStep: kind is "none" but must be one of hinge, topK',
    );
    expect(call({ spreadout: { kind: "hinge", margin: 3 } })).toThrow(
      "spreadoutStep: margin is 3 but must be in (0, 2]",
    );
    expect(call({ spreadout: { kind: "topK", neighbours: 2 } })).toThrow(
      "spreadoutStep: neighbours is 2 but must be below 2, the number of candidates",
    );
    const few = { kind: "topK", neighbours: 1, candidates: classIds(1) } as const;
    expect(call({ spreadout: few })).toThrow(
      "spreadoutStep: neighbours is 1 but must be below 1, the number of candidates",
    );
    expect(() => spreadoutStep(tensor([[1, 0]]))).toThrow(
      "spreadoutStep: embeddings has shape [1, 2] but must have at least 2 classes",
    );
    expect(() => spreadoutStep(tensor([[1], [Number.NaN]]))).toThrow(
      "spreadoutStep: embeddings holds NaN at 1 but must hold finite numbers",
    );
  });
});

describe("spreadoutSteepness", () => {
  law(
    "is 4λη times the largest sum of violations of a row",
    unitTable(4, 3),
    rates,
    rates,
    async (rows, eta, lambda) => {
      const sums = rows.map((a) => rows.reduce((sum, b) => sum + (a === b ? 0 : Math.max(0, 0.3 + dot(a, b))), 0));
      const options = { spreadout: { kind: "hinge", margin: 1.3 }, learningRate: eta, multiplier: lambda } as const;
      await expectClose(spreadoutSteepness(matrix(rows), options), 4 * lambda * eta * Math.max(...sums), {
        tolerance: 1e-12,
      });
    },
  );

  law("is 4λη(C − 1)ν where everything has collapsed", unitTable(1, 3), async ([row]) => {
    await expectClose(spreadoutSteepness(matrix([row, row, row])), (4 / 3) * 0.1 * 2 * 1.2, { tolerance: 1e-12 });
  });

  it("tells a step that parts rows from one that throws them together", async () => {
    const rows = matrix(Array.from({ length: 12 }, (_, c) => unit(Float64Array.of(3, Math.sin(c), Math.cos(2 * c)))));
    const spread = async (multiplier: number) => {
      let now = rows;
      const steep = await spreadoutSteepness(now, { multiplier }).item();
      for (let step = 0; step < 300; step++) {
        now = tensor((await spreadoutStep(now, { multiplier }).data()) as Float64Array, { shape: [12, 3] });
      }
      return { steep, mean: ((await now.matmul(now.transpose()).sum().item()) - 12) / 132 };
    };
    const [safe, wild] = [await spread(1 / 12), await spread(1)];
    expect(safe.steep).toBeLessThan(1);
    expect(safe.mean).toBeLessThan(0);
    expect(wild.steep).toBeGreaterThan(1);
    expect(wild.mean).toBeGreaterThan(0.9);
  });

  it("names the argument that is wrong", () => {
    const rows = tensor([
      [1, 0],
      [0, 1],
    ]);
    const call = (options: Parameters<typeof spreadoutSteepness>[1]) => () => spreadoutSteepness(rows, options);
    expect(call({ spreadout: { kind: "topK", neighbours: 1 } })).toThrow(
      'spreadoutSteepness: kind is "topK" but must be one of hinge',
    );
    expect(call({ spreadout: { kind: "hinge", distance: "euclidean" } })).toThrow(
      'spreadoutSteepness: distance is "euclidean" but must be one of cosine',
    );
    expect(call({ multiplier: -1 })).toThrow("spreadoutSteepness: multiplier is -1 but must be a finite number ≥ 0");
    expect(() => spreadoutSteepness(tensor([[1, 0]]))).toThrow(
      "spreadoutSteepness: embeddings has shape [1, 2] but must have at least 2 classes",
    );
  });
});
