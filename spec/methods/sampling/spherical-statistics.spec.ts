import { grad, type Tensor, tensor } from "cotangent";
import {
  logSphericalSoftmaxLoss,
  logTaylorSoftmaxLoss,
  sphericalMember,
  sphericalStatistics,
  zLoss,
} from "cotangent/methods/sampling";
import { floats, ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [rows, classes] = [2, 5];
const scores = floats([rows, classes]);
const targets = ids(rows, classes);
const matrix = (values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [rows, classes] });

describe("sphericalStatistics", () => {
  law("are sum, squares and the target's score", scores, targets, async (o, c) => {
    const { sum, squares, target } = sphericalStatistics(matrix(o), tensor(c));
    const row = (i: number) => Array.from(o.slice(i * classes, (i + 1) * classes));
    await expectClose(
      sum,
      [0, 1].map((i) => row(i).reduce((total, score) => total + score, 0)),
      { tolerance: 1e-13 },
    );
    await expectClose(
      squares,
      [0, 1].map((i) => row(i).reduce((total, score) => total + score ** 2, 0)),
      { tolerance: 1e-13 },
    );
    await expectClose(
      target,
      [0, 1].map((i) => row(i)[c[i]]),
      { tolerance: 0 },
    );
  });

  it("names what is wrong", () => {
    expect(() => sphericalStatistics(tensor([1, 2]), tensor(Int32Array.of(0)))).toThrow(
      "sphericalStatistics: scores has shape [2] but must have 2 axes",
    );
  });
});

describe("sphericalMember", () => {
  const members = [
    [
      sphericalMember("z", { sharpness: 1.3, offset: 1 }),
      (o: Tensor, c: Tensor<"i32">) => zLoss(o, c, { sharpness: 1.3, offset: 1 }),
    ],
    [sphericalMember("logTaylor"), (o: Tensor, c: Tensor<"i32">) => logTaylorSoftmaxLoss(o, c)],
    [
      sphericalMember("logSpherical", { epsilon: 0.1 }),
      (o: Tensor, c: Tensor<"i32">) => logSphericalSoftmaxLoss(o, c, { epsilon: 0.1 }),
    ],
  ] as const;

  law("is the loss of its name, its slopes assembled into the whole gradient", scores, targets, async (raw, c) => {
    const o = raw.map((score, i) => score + 2 * Math.sin(3 * i)); // rows that are not level
    const { sum, squares, target } = sphericalStatistics(matrix(o), tensor(c));
    const [s, q, own] = [await sum.data(), await squares.data(), await target.data()];
    for (const [member, loss] of members) {
      const slopes = [0, 1].map((i) => member({ sum: s[i], squares: q[i], target: own[i] }, classes));
      await expectClose(
        loss(matrix(o), tensor(c)),
        slopes.map(({ value }) => value),
        { tolerance: 1e-11 },
      );
      const expected = Array.from(o, (score, at) => {
        const [i, k] = [Math.floor(at / classes), at % classes];
        const { bySum, bySquares, byTarget } = slopes[i];
        return bySum + 2 * score * bySquares + (k === c[i] ? byTarget : 0);
      });
      await expectClose(grad((x: Tensor) => loss(x, tensor(c)).sum())(matrix(o)), expected, { tolerance: 1e-10 }); // q/D − μ² cancels
    }
  });

  it("has finite slopes where all scores are equal, and names what is wrong", () => {
    const { value, bySum, bySquares, byTarget } = members[0][0]({ sum: 15, squares: 45, target: 3 }, 5);
    for (const number of [value, bySum, bySquares, byTarget]) expect(Number.isFinite(number)).toBe(true);
    expect(() => sphericalMember("y" as "z")).toThrow(
      'sphericalMember: name is "y" but must be one of z, logTaylor, logSpherical',
    );
    expect(() => sphericalMember("z", { sharpness: -1 })).toThrow(
      "sphericalMember: sharpness is -1 but must be a finite number > 0",
    );
    expect(() => sphericalMember("logSpherical", { epsilon: 0 })).toThrow(
      "sphericalMember: epsilon is 0 but must be a finite number > 0",
    );
  });
});
