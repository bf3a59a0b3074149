import { grad, type Tensor, tensor } from "cotangent";
import { topKSpreadout } from "cotangent/methods/federated";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { classIds, distance, matrix, type Rows, rotated, unitTable } from "./support/unit-table.js";

const [count, width] = [6, 3];

/** The definition: for each class the squared distances to its nearest others, as pairs. */
function nearest(rows: Rows, k: number, classes: number[], candidates: number[]): [number, number][] {
  return classes.flatMap((c) =>
    candidates
      .filter((other) => other !== c)
      .sort((a, b) => distance(rows[c], rows[a]) - distance(rows[c], rows[b]))
      .slice(0, k)
      .map((other): [number, number] => [c, other]),
  );
}

const all = [...Array(count).keys()];
const some = (least: number) => fc.shuffledSubarray(all, { minLength: least });
const isTied = (rows: Rows) =>
  all.some((c) => {
    const d = all.filter((k) => k !== c).map((k) => distance(rows[c], rows[k]));
    return d.some((x, i) => d.some((y, j) => i < j && Math.abs(x - y) < 1e-6));
  });
const tables = unitTable(count, width).filter((rows) => !isTied(rows));

describe("topKSpreadout", () => {
  law(
    "is −Σ of squared distances to the nearest candidates",
    tables,
    some(1),
    some(4),
    fc.integer({ min: 1, max: 3 }),
    async (rows, classes, candidates, k) => {
      const pairs = nearest(rows, k, classes, candidates);
      const expected = -pairs.reduce((sum, [a, b]) => sum + distance(rows[a], rows[b]) ** 2, 0);
      const options = { neighbours: k, classes: classIds(...classes), candidates: classIds(...candidates) };
      await expectClose(topKSpreadout(matrix(rows), options), expected, { tolerance: 1e-12 });
    },
  );

  law(
    "has gradient −2(w_c − w_c') at one end of each pair and its opposite at the other",
    tables,
    some(1),
    some(4),
    fc.integer({ min: 1, max: 3 }),
    async (rows, classes, candidates, k) => {
      const expected = rows.map((row) => new Float64Array(row.length));
      for (const [a, b] of nearest(rows, k, classes, candidates)) {
        for (let i = 0; i < width; i++) {
          expected[a][i] -= 2 * (rows[a][i] - rows[b][i]);
          expected[b][i] += 2 * (rows[a][i] - rows[b][i]);
        }
      }
      const options = { neighbours: k, classes: classIds(...classes), candidates: classIds(...candidates) };
      const slope = grad((t: Tensor) => topKSpreadout(t, options))(matrix(rows));
      await expectClose(
        slope,
        expected.flatMap((row) => [...row]),
        { tolerance: 1e-12 },
      );
    },
  );

  law("agrees with finite differences away from ties", tables, fc.integer({ min: 1, max: 5 }), async (rows, k) => {
    await checkGradient((t: Tensor) => topKSpreadout(t, { neighbours: k }), matrix(rows));
  });

  law("is −Σ of all squared distances where all others are neighbours", unitTable(count, width), async (rows) => {
    const total = rows.reduce((sum, a) => sum + rows.reduce((part, b) => part + distance(a, b) ** 2, 0), 0);
    await expectClose(topKSpreadout(matrix(rows), { neighbours: count - 1 }), -total, { tolerance: 1e-12 });
  });

  law(
    "has the distance to the (k + 1)-th neighbour as its margin",
    tables,
    fc.integer({ min: 1, max: 4 }),
    async (rows, k) => {
      let expected = 0;
      for (const c of all) {
        const d = all.filter((other) => other !== c).map((other) => distance(rows[c], rows[other]));
        const margin = [...d].sort((a, b) => a - b)[k];
        for (const x of d) if (x < margin) expected -= x ** 2;
      }
      await expectClose(topKSpreadout(matrix(rows), { neighbours: k }), expected, { tolerance: 1e-12 });
    },
  );

  law("does not change under rotation or permutation", tables, numbers(), async (rows, angle) => {
    const value = await topKSpreadout(matrix(rows), { neighbours: 2 }).item();
    for (const same of [rotated(rows, angle), [...rows].reverse()]) {
      await expectClose(topKSpreadout(matrix(same), { neighbours: 2 }), value, { tolerance: 1e-12 });
    }
  });

  it("ranks by distance where rows are of different length", async () => {
    const rows = matrix([new Float64Array([2]), new Float64Array([3]), new Float64Array([0]), new Float64Array([-9])]);
    await expectClose(topKSpreadout(rows, { neighbours: 1, classes: classIds(0) }), -1);
    await expectClose(topKSpreadout(rows, { neighbours: 2, classes: classIds(0) }), -5);
    await expectClose(topKSpreadout(rows, { neighbours: 1, classes: classIds(0, 0) }), -2);
  });

  it("has 10 neighbours by default", async () => {
    const rows = matrix(Array.from({ length: 12 }, (_, i) => new Float64Array([i])));
    const expected = -[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].reduce((sum, x) => sum + x * x, 0);
    await expectClose(topKSpreadout(rows, { classes: classIds(0) }), expected);
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere((backend) => {
      const rows = tensor(
        [
          [1, 0, 0.2],
          [0.8, 0.6, 0],
          [0, -0.6, 0.8],
          [0.3, 0.3, 0.9],
        ],
        { backend },
      );
      return grad((t: Tensor) => topKSpreadout(t, { neighbours: 2 }))(rows);
    });
  });

  it("names the argument that is wrong", () => {
    const rows = tensor([[1], [2], [3]]);
    const call = (options: Parameters<typeof topKSpreadout>[1]) => () => topKSpreadout(rows, options);
    expect(call({})).toThrow("topKSpreadout: neighbours is 10 but must be below 3, the number of candidates");
    expect(call({ neighbours: 3 })).toThrow(
      "topKSpreadout: neighbours is 3 but must be below 3, the number of candidates",
    );
    expect(call({ neighbours: 2, candidates: classIds(0, 1) })).toThrow(
      "topKSpreadout: neighbours is 2 but must be below 2, the number of candidates",
    );
    expect(call({ neighbours: 0 })).toThrow("topKSpreadout: neighbours is 0 but must be a whole number ≥ 1");
    expect(call({ neighbours: 1, candidates: classIds(1, 1) })).toThrow(
      "topKSpreadout: candidates holds 1 twice but must hold each class once",
    );
    expect(call({ neighbours: 1, classes: classIds(3) })).toThrow(
      "topKSpreadout: classes holds 3 at 0 but must be in [0, 3)",
    );
    expect(call({ neighbours: 1, classes: classIds(0).reshape([1, 1]) })).toThrow(
      "topKSpreadout: classes has shape [1, 1] but must have 1 axis",
    );
    expect(() => topKSpreadout(tensor([[1]]))).toThrow(
      "topKSpreadout: embeddings has shape [1, 1] but must have at least 2 classes",
    );
    expect(() => topKSpreadout(tensor([[1], [Number.NaN]]), { neighbours: 1 })).toThrow(
      "topKSpreadout: embeddings holds NaN at 1 but must hold finite numbers",
    );
  });
});
