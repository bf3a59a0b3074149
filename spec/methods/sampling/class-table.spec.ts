import { type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkClassTable, scoresOfClasses, scoresOfLabels } from "../../../src/methods/sampling/class-table.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [batch, width, classes] = [3, 2, 4];
const matrix = (values: Float64Array) => tensor(values, { shape: [values.length / width, width] });
const ids = (values: readonly number[], shape: readonly number[]) => tensor(Int32Array.from(values), { shape });

describe("a table of classes", () => {
  law(
    "scores a class by weights · hidden + bias, for labels, for shared ids and for each row's own",
    floats([batch, width]),
    floats([classes, width]),
    floats([classes]),
    async (h, w, b) => {
      const score = (row: number, id: number) => h[2 * row] * w[2 * id] + h[2 * row + 1] * w[2 * id + 1];
      const own = [3, 1, 0, 2, 2, 1];
      for (const bias of [undefined, b]) {
        const table = { weights: matrix(w), ...(bias === undefined ? {} : { bias: tensor(bias) }) };
        const of = (row: number, id: number) => score(row, id) + (bias === undefined ? 0 : bias[id]);
        const labels = scoresOfLabels(matrix(h), table, ids([2, 0, 3], [batch]));
        await expectClose(labels, [of(0, 2), of(1, 0), of(2, 3)], { tolerance: 1e-14 });
        const shared = scoresOfClasses(matrix(h), table, ids([1, 3], [2]));
        await expectClose(
          shared,
          [0, 1, 2].flatMap((row) => [of(row, 1), of(row, 3)]),
          { tolerance: 1e-14 },
        );
        const apart = scoresOfClasses(matrix(h), table, ids(own, [batch, 2]));
        expect(apart.shape).toEqual([batch, 2]);
        await expectClose(
          apart,
          own.map((id, i) => of(i >> 1, id)),
          { tolerance: 1e-14 },
        );
      }
    },
  );

  it("is checked part by part", () => {
    const hidden = matrix(new Float64Array(6));
    const weights = matrix(new Float64Array(8));
    const check = (table: { weights: Tensor; bias?: Tensor }, labels = ids([0, 1, 3], [batch]), from = hidden) =>
      expect(() => checkClassTable("loss", from, table, labels));
    check({ weights }).not.toThrow();
    check({ weights, bias: tensor(new Float64Array(4)) }).not.toThrow();
    check({ weights, bias: tensor(new Float64Array(3)) }).toThrow("loss: bias has shape [3] but must be [4]");
    check({ weights, bias: tensor([1, 2, 3, 4]) }).toThrow("loss: bias is f32 but must match hidden, f64; cast one of");
    check({ weights: tensor([[1, 2]]) }).toThrow("loss: weights is f32 but must match hidden, f64; cast one of them");
    check({ weights: tensor(new Float64Array(8)) }).toThrow("loss: weights has shape [8] but must have 2 axes");
    check({ weights: tensor(new Float64Array(12), { shape: [4, 3] }) }).toThrow(
      "loss: weights has shape [4, 3] but must be [any, 2]",
    );
    const whole = tensor(new Int32Array(6), { shape: [3, 2] }) as unknown as Tensor;
    check({ weights }, ids([0, 1, 3], [batch]), whole).toThrow("loss: hidden is i32 but must be f32 or f64; cast it");
    check({ weights }, ids([0, 1], [2])).toThrow("loss: labels has shape [2] but must be [3]");
    check({ weights }, ids([0, 1, 4], [batch])).toThrow("loss: labels holds 4 at 2 but must be in [0, 4)");
  });

  it("needs a class besides the label, unless one is enough", () => {
    const hidden = matrix(new Float64Array(2));
    const one = { weights: matrix(new Float64Array(2)) };
    const none = { weights: tensor(new Float64Array(0), { shape: [0, 2] }) };
    expect(() => checkClassTable("loss", hidden, one)).toThrow(
      "loss: weights has shape [1, 2] but must have at least 2 classes",
    );
    expect(() => checkClassTable("loss", hidden, { weights: matrix(new Float64Array(4)) })).not.toThrow();
    expect(() => checkClassTable("loss", hidden, one, undefined, 1)).not.toThrow();
    expect(() => checkClassTable("loss", hidden, none, undefined, 1)).toThrow(
      "loss: weights has shape [0, 2] but must have at least 1 class",
    );
  });
});
