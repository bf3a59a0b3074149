import { type Tensor, tensor } from "cotangent";
import { teacherOptimalRanking } from "cotangent/methods/distillation";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { matrix, rowsOf } from "./support/logit-pairs.js";

const rows = fc.integer({ min: 1, max: 6 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    logits: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 2 * classes, maxLength: 2 * classes }),
    labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 2, maxLength: 2 }),
  }),
);

describe("teacherOptimalRanking", () => {
  law(
    "has the label first, then the others by falling logit, equals by class",
    rows,
    async ({ classes, logits, labels }) => {
      const expected = rowsOf(logits, classes).map((row, i) => {
        const others = row.map((_, k) => k).filter((k) => k !== labels[i]);
        return [labels[i], ...others.sort((a, b) => row[b] - row[a] || a - b)];
      });
      const ranking = teacherOptimalRanking(
        matrix(Float64Array.from(logits), classes),
        tensor(Int32Array.from(labels)),
      );
      expect(ranking.dtype).toBe("i32");
      expect(rowsOf(await ranking.data(), classes)).toEqual(expected);
      const shifted = teacherOptimalRanking(
        matrix(
          Float64Array.from(logits, (z) => z + 7),
          classes,
        ),
        tensor(Int32Array.from(labels)),
      );
      expect(rowsOf(await shifted.data(), classes)).toEqual(expected);
    },
  );

  it("names what is wrong", () => {
    const t = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(0));
    const call = (...args: Parameters<typeof teacherOptimalRanking>) => expect(() => teacherOptimalRanking(...args));
    const name = "teacherOptimalRanking";
    call(tensor([1]), y).toThrow(`${name}: teacherLogits has shape [1] but must have 2 axes`);
    call(tensor(new Float32Array(0), { shape: [1, 0] }) as Tensor, y).toThrow(
      `${name}: teacherLogits has shape [1, 0] but must have a class`,
    );
    call(t, tensor(Int32Array.of(0, 1))).toThrow(`${name}: labels has shape [2] but must be [1]`);
    call(t, tensor(Int32Array.of(2))).toThrow(`${name}: labels is 2 at [0] but must be in [0, 2)`);
    call(tensor([[1, -Infinity]]), y).toThrow(
      `${name}: teacherLogits holds -Infinity at 1 but must hold finite numbers`,
    );
  });
});
