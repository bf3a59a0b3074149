import { grad, type Tensor, tensor } from "cotangent";
import { spreadoutRegularizer } from "cotangent/methods/federated";
import { checkGradient, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { distance, dot, matrix, type Rows, rotated, simplexRows, unitTable } from "./support/unit-table.js";

const margins = numbers({ min: 0.5, max: 2 });
const kinds = ["cosine", "euclidean"] as const;
const measure = { cosine: (a: Float64Array, b: Float64Array) => 1 - dot(a, b), euclidean: distance };

/** Over ordered pairs. */
function pairs(rows: Rows, f: (a: Float64Array, b: Float64Array) => number): number[] {
  return rows.flatMap((a, i) => rows.flatMap((b, j) => (i === j ? [] : [f(a, b)])));
}

describe("spreadoutRegularizer", () => {
  law("is Σ max(0, ν − d)² over ordered pairs", unitTable(4, 3), margins, async (rows, margin) => {
    for (const kind of kinds) {
      const terms = pairs(rows, (a, b) => Math.max(0, margin - measure[kind](a, b)) ** 2);
      const expected = terms.reduce((sum, x) => sum + x);
      await expectClose(spreadoutRegularizer(matrix(rows), { margin, distance: kind }), expected, { tolerance: 1e-12 });
    }
  });

  law(
    "has gradient 4 Σ max(0, ν − 1 + w_c·w_c') w_c' in the cosine distance",
    unitTable(4, 3),
    margins,
    async (rows, margin) => {
      const expected = rows.flatMap((w, c) =>
        [0, 1, 2].map((i) =>
          rows.reduce((sum, v, k) => sum + (k === c ? 0 : 4 * Math.max(0, margin - 1 + dot(w, v)) * v[i]), 0),
        ),
      );
      const slope = grad((t: Tensor) => spreadoutRegularizer(t, { margin }))(matrix(rows));
      await expectClose(slope, expected, { tolerance: 1e-12 });
    },
  );

  law(
    "has gradient −4 Σ max(0, ν/d − 1) (w_c − w_c') in the Euclidean distance",
    unitTable(4, 3),
    margins,
    async (rows, margin) => {
      const push = (d: number) => (d === 0 ? 0 : -4 * Math.max(0, margin / d - 1));
      const expected = rows.flatMap((w) =>
        [0, 1, 2].map((i) => rows.reduce((sum, v) => sum + push(distance(w, v)) * (w[i] - v[i]), 0)),
      );
      const slope = grad((t: Tensor) => spreadoutRegularizer(t, { margin, distance: "euclidean" }))(matrix(rows));
      await expectClose(slope, expected, { tolerance: 1e-9 });
    },
  );

  it("agrees with finite differences to second order", async () => {
    const x = matrix([new Float64Array([1, 0.2]), new Float64Array([0.7, 0.6]), new Float64Array([-0.2, 0.9])]);
    for (const kind of kinds) {
      await checkGradient((t: Tensor) => spreadoutRegularizer(t, { margin: 1.3, distance: kind }), x, { order: 2 });
    }
  });

  law("is 0 exactly where all pairs are ν apart", unitTable(3, 2), margins, async (rows, margin) => {
    for (const kind of kinds) {
      const apart = pairs(rows, measure[kind]).every((d) => d >= margin);
      const value = await spreadoutRegularizer(matrix(rows), { margin, distance: kind }).item();
      expect(value === 0).toBe(apart);
    }
  });

  law(
    "can be 0 for C ≤ d + 1 up to ν = 1 + 1/(C − 1), by the simplex, and by nothing beyond",
    fc.integer({ min: 2, max: 7 }),
    unitTable(7, 6),
    async (count, rows) => {
      const most = 1 + 1 / (count - 1);
      const simplex = matrix(simplexRows(count));
      expect(await spreadoutRegularizer(simplex, { margin: most - 1e-9 }).item()).toBe(0);
      if (count > 2) expect(await spreadoutRegularizer(simplex, { margin: most + 1e-3 }).item()).toBeGreaterThan(1e-6);
      const beyond = spreadoutRegularizer(matrix(rows.slice(0, count)), { margin: Math.min(2, most + 1e-3) });
      if (count > 2) expect(await beyond.item()).toBeGreaterThan(0);
    },
  );

  law(
    "does not change under rotation or permutation of the rows",
    unitTable(4, 3),
    numbers(),
    margins,
    async (rows, angle, margin) => {
      for (const kind of kinds) {
        const value = await spreadoutRegularizer(matrix(rows), { margin, distance: kind }).item();
        for (const same of [rotated(rows, angle), [...rows].reverse()]) {
          // The distance of near rows has only half of the digits of their coordinates.
          const tolerance = kind === "cosine" ? 1e-12 : 1e-7;
          await expectClose(spreadoutRegularizer(matrix(same), { margin, distance: kind }), value, { tolerance });
        }
      }
    },
  );

  law("is C(C − 1)ν² where everything has collapsed", unitTable(1, 3), margins, async ([row], margin) => {
    const collapsed = matrix([row, row, row, row]);
    for (const kind of kinds) {
      await expectClose(spreadoutRegularizer(collapsed, { margin, distance: kind }), 12 * margin ** 2, {
        tolerance: 1e-12,
      });
    }
  });

  it("has gradient 0 at a Euclidean distance of 0", async () => {
    const rows = [new Float64Array([0.6, 0.8]), new Float64Array([0.6, 0.8])];
    const slope = grad((t: Tensor) => spreadoutRegularizer(t, { distance: "euclidean" }))(matrix(rows));
    await expectClose(slope, [0, 0, 0, 0], { tolerance: 0 });
  });

  it("takes two classes in one dimension, margin 1.2 and the cosine unless told otherwise", async () => {
    const apart = matrix([new Float64Array([1]), new Float64Array([-1])]);
    const together = matrix([new Float64Array([1]), new Float64Array([1])]);
    await expectClose(spreadoutRegularizer(apart), 0, { tolerance: 0 });
    await expectClose(spreadoutRegularizer(apart, { margin: 3, distance: "euclidean" }), 2);
    await expectClose(spreadoutRegularizer(together), 2 * 1.44);
  });

  it("is the same on every backend", async () => {
    for (const kind of kinds) {
      await expectSameEverywhere((backend) => {
        const rows = tensor(
          [
            [1, 0, 0.2],
            [0.8, 0.6, 0],
            [0, -0.6, 0.8],
          ],
          { backend },
        );
        return grad((t: Tensor) => spreadoutRegularizer(t, { distance: kind }))(rows);
      });
    }
  });

  it("names the argument that is wrong", () => {
    const rows = tensor([
      [1, 0],
      [0, 1],
    ]);
    expect(() => spreadoutRegularizer(rows, { margin: 2.5 })).toThrow(
      "spreadoutRegularizer: margin is 2.5 but must be in (0, 2]",
    );
    expect(() => spreadoutRegularizer(rows, { margin: 0, distance: "euclidean" })).toThrow(
      "spreadoutRegularizer: margin is 0 but must be a finite number > 0",
    );
    expect(() => spreadoutRegularizer(rows, { distance: "angle" as "cosine" })).toThrow(
      'spreadoutRegularizer: distance is "angle" but must be one of cosine, euclidean',
    );
    expect(() => spreadoutRegularizer(tensor([[1, 0]]))).toThrow(
      "spreadoutRegularizer: embeddings has shape [1, 2] but must have at least 2 classes",
    );
    expect(() => spreadoutRegularizer(tensor([1, 0]))).toThrow(
      "spreadoutRegularizer: embeddings has shape [2] but must have 2 axes",
    );
    expect(() => spreadoutRegularizer(tensor([[1], [Number.NaN]]))).toThrow(
      "spreadoutRegularizer: embeddings holds NaN at 1 but must hold finite numbers",
    );
    expect(() => spreadoutRegularizer(tensor([[1], [2]], { dtype: "i32" }) as unknown as Tensor)).toThrow(
      "spreadoutRegularizer: embeddings is i32 but must be f32 or f64; cast it",
    );
  });
});
