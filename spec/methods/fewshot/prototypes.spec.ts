import { grad, type Tensor, tensor } from "cotangent";
import { prototypes } from "cotangent/methods/fewshot";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { labelled, matrix, rowsOf, sum } from "./support/labelled-points.js";

const labels = tensor(Int32Array.of(2, 0, 1, 0, 2));

describe("prototypes", () => {
  law("are the means of the classes, with equal shares of the gradient", floats([10]), async (x) => {
    const rows = rowsOf(x, 2);
    const members = [[1, 3], [2], [0, 4]];
    const means = members.flatMap((of) => [0, 1].map((k) => sum(of.map((i) => rows[i][k])) / of.length));
    await expectClose(prototypes(matrix(rows), labels, 3), means);
    const slope = grad((p: Tensor) => prototypes(p, labels, 3).sum())(matrix(rows));
    await expectClose(slope, [0.5, 0.5, 0.5, 0.5, 1, 1, 0.5, 0.5, 0.5, 0.5]);
  });

  it("says what is wrong with its input", () => {
    const { points } = labelled([[1], [2]], [0, 1]);
    expect(() => prototypes(points, tensor(Int32Array.of(0, 0)), 2)).toThrow(
      "prototypes: labels has no 1 but must have one for each of 2 classes",
    );
    expect(() => prototypes(points, tensor(Int32Array.of(0, 2)), 2)).toThrow(
      "prototypes: labels holds 2 at 1 but must be in [0, 2)",
    );
    expect(() => prototypes(points, tensor(Int32Array.of(0)), 1)).toThrow(
      "prototypes: labels has shape [1] but must be [2]",
    );
    expect(() => prototypes(tensor(Int32Array.of(1, 2), { shape: [2, 1] }) as never, labels, 1)).toThrow(
      "prototypes: points is i32 but must be f32 or f64; cast it",
    );
    expect(() => prototypes(points, labels, 0)).toThrow("prototypes: classes is 0 but must be a whole number ≥ 1");
    expect(() => prototypes(tensor([1]), labels, 1)).toThrow("prototypes: points has shape [1] but must have 2 axes");
  });
});
