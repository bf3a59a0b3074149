import { cpu, tensor } from "cotangent";
import { balancedError, classErrors } from "cotangent/methods/longtail";
import { floats, ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law } from "../../support/law.js";

const [n, classes] = [12, 4];
const samples = ids(n, classes);
const weights = floats([n], { min: 0, max: 3 });

/** Missed share of each class, in plain numbers. */
function errorsOf(found: Int32Array, labels: Int32Array, w: ArrayLike<number>): number[] {
  return Array.from({ length: classes }, (_, c) => {
    let [missed, total] = [0, 0];
    labels.forEach((label, i) => {
      if (label !== c) return;
      total += w[i];
      if (found[i] !== c) missed += w[i];
    });
    return missed / total;
  });
}

const meanOfPresent = (errors: readonly number[]) => {
  const present = errors.filter((error) => !Number.isNaN(error));
  return present.reduce((sum, error) => sum + error, 0) / present.length;
};

describe("balancedError", () => {
  law(
    "is the mean of the errors of the classes that are present",
    samples,
    samples,
    weights,
    async (found, labels, w) => {
      const options = { classes, weights: tensor(w) };
      const errors = errorsOf(found, labels, w);
      await expectClose(classErrors(tensor(found), tensor(labels), options), errors, { tolerance: 1e-13 });
      await expectClose(balancedError(tensor(found), tensor(labels), options), [meanOfPresent(errors)], {
        tolerance: 1e-13,
      });
      const even = errorsOf(found, labels, new Float64Array(n).fill(1));
      const plain = balancedError(tensor(found), tensor(labels), { classes });
      await expectClose(plain, [meanOfPresent(even)], { tolerance: 1e-6 }); // single precision
    },
  );

  law(
    "does not depend on how frequent the classes are",
    samples,
    samples,
    weights,
    floats([classes], { min: 0.1, max: 9 }),
    async (found, labels, w, by) => {
      const reweighted = w.map((weight, i) => weight * by[labels[i]]);
      const [a, b] = [w, reweighted].map((each) =>
        balancedError(tensor(found), tensor(labels), { classes, weights: tensor(each) }),
      );
      await expectClose(a, await b.data(), { tolerance: 1e-13 });
    },
  );

  law("is the ordinary error where the classes are equally frequent", samples, async (found) => {
    const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
    const wrong = found.filter((prediction, i) => prediction !== labels[i]).length;
    const options = { classes, weights: tensor(new Float64Array(n).fill(1)) };
    await expectClose(balancedError(tensor(found), tensor(labels), options), [wrong / n], { tolerance: 1e-14 });
  });

  it("is NaN where nothing has weight", async () => {
    const labels = tensor(Int32Array.of(0, 1));
    expect(await balancedError(labels, labels, { classes: 2, weights: tensor([0, 0]) }).item()).toBeNaN();
    expect([...(await classErrors(labels, labels, { classes: 3 }).data())]).toEqual([0, 0, Number.NaN]);
  });

  it("is the same on every backend", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const found = tensor(Int32Array.of(0, 1, 1, 2, 0, 3), place);
      const labels = tensor(Int32Array.of(0, 0, 1, 2, 2, 2), place);
      return [
        await balancedError(found, labels, { classes: 5 }).item(),
        ...(await classErrors(found, labels, { classes: 5 }).data()),
      ];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-6 }); // single precision
  });

  it("names what is wrong", () => {
    const y = tensor(Int32Array.of(0, 1));
    const none = tensor(new Int32Array(0));
    expect(() => balancedError(y, y, { classes: 0 })).toThrow(
      "balancedError: classes is 0 but must be a whole number ≥ 1",
    );
    expect(() => balancedError(none, none, { classes: 2 })).toThrow(
      "balancedError: labels has shape [0] but must have an example",
    );
    expect(() => balancedError(tensor(Int32Array.of(0)), y, { classes: 2 })).toThrow(
      "balancedError: predictions has shape [1] but must be [2]",
    );
    expect(() => balancedError(y, y.reshape([1, 2]), { classes: 2 })).toThrow(
      "balancedError: labels has shape [1, 2] but must have 1 axis",
    );
    expect(() => balancedError(y, y, { classes: 1 })).toThrow(
      "balancedError: labels is 1 at [1] but must be in [0, 1)",
    );
    expect(() => classErrors(y, y, { classes: 2, weights: tensor([1]) })).toThrow(
      "classErrors: weights has shape [1] but must be [2]",
    );
    expect(() => classErrors(y, y, { classes: 2, weights: tensor([1, -1]) })).toThrow(
      "classErrors: weights is -1 at [1] but must be a finite number ≥ 0",
    );
    expect(() => balancedError(tensor([0, 1]) as unknown as typeof y, y, { classes: 2 })).toThrow(
      "balancedError: predictions is f32 but must be i32; cast it",
    );
  });
});
