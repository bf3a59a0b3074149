import { grad, softmax, type Tensor, tensor } from "cotangent";
import { elrGradient, elrLoss } from "cotangent/methods/noisylabels";
import { floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [rows, classes] = [3, 4];
const logits = floats([rows, classes]); // no probability below 1e-4 but the rarest
const labels = ids(rows, classes);
const targets = floats([rows, classes], { min: 0, max: 1 / classes });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
/** λ g alone. */
const pullOf = async (z: Float64Array, t: ArrayLike<number>) => {
  const y = tensor(Int32Array.of(0, 0, 0));
  const at = (strength: number) => elrGradient(matrix(z), y, matrix(t), { strength });
  return at(1).sub(at(0)).data();
};

describe("elrGradient", () => {
  law(
    "is the gradient of elrLoss, rows that sum to 0",
    logits,
    labels,
    targets,
    numbers({ min: 0, max: 7 }),
    async (z, y, t, strength) => {
      if ((await softmax(matrix(z), 1).data()).some((p) => p < 1e-4)) return; // clamped
      const found = elrGradient(matrix(z), tensor(y), matrix(t), { strength });
      const slope = grad((x: Tensor) => elrLoss(x, tensor(y), matrix(t), { strength }).sum())(matrix(z));
      await expectClose(found, slope, { tolerance: 1e-12 });
      await expectClose(found.sum(1), [0, 0, 0], { tolerance: 1e-12 });
    },
  );

  law("has 3 for a strength", logits, labels, targets, async (z, y, t) => {
    const three = elrGradient(matrix(z), tensor(y), matrix(t), { strength: 3 });
    await expectClose(elrGradient(matrix(z), tensor(y), matrix(t)), three, { tolerance: 0 });
  });

  law("pulls by no more than 1", floats([rows, classes], { min: -30, max: 30 }), targets, async (z, t) => {
    for (const pull of await pullOf(z, t)) expect(Math.abs(pull)).toBeLessThanOrEqual(1 + 1e-12);
  });

  law("pulls towards the class of a one-hot target", logits, labels, async (z, k) => {
    const t = Float64Array.from({ length: rows * classes }, (_, i) =>
      Number(i % classes === k[Math.floor(i / classes)]),
    );
    const pull = await pullOf(z, t);
    const shares = await softmax(matrix(z), 1).data();
    pull.forEach((value, i) => {
      const own = shares[Math.floor(i / classes) * classes + k[Math.floor(i / classes)]];
      const expected = t[i] === 1 ? -shares[i] : (shares[i] * own) / (1 - own);
      expect(Math.abs(value - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)));
    });
  });

  it("names what is wrong", () => {
    const [z, y, t] = [matrix([0, 0], 2), tensor(Int32Array.of(1)), matrix([0.5, 0.5], 2)];
    expect(() => elrGradient(z, y, t, { strength: Number.NaN })).toThrow(
      "elrGradient: strength is NaN but must be a finite number ≥ 0",
    );
    expect(() => elrGradient(z, tensor(Int32Array.of(-1)), t)).toThrow(
      "elrGradient: labels is -1 at [0] but must be in [0, 2)",
    );
    expect(() => elrGradient(z, y, matrix([0.5], 1))).toThrow(
      "elrGradient: targets has shape [1, 1] but must be [1, 2]",
    );
  });
});
