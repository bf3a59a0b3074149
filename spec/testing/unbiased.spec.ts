import { categorical, gather, grad, log, randomInt, randomKey, type Tensor, tensor } from "cotangent";
import { checkUnbiased, floats, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../support/law.js";

const f64 = (...list: number[]) => tensor(Float64Array.from(list));
const root = randomKey(0);

/** Σ x by importance sampling: x_i / (n · p_i) for n draws of i from p. */
const sampledSum = (key: typeof root, x: Tensor, p: Tensor, n = 2) => {
  const ids = categorical(key, log(p), [n]);
  return gather(x.div(p), ids).mean();
};

describe("checkUnbiased", () => {
  law("accepts an importance-sampled sum and its gradient", floats([4]), simplex(4), async (x, p) => {
    const estimate = (key: typeof root) => {
      const value = sampledSum(key, tensor(x), tensor(p));
      const slope = grad((t: Tensor) => sampledSum(key, t.mul(t), tensor(p)))(tensor(x));
      return { value, slope };
    };
    const target = { value: tensor(x).sum(), slope: tensor(x).mul(2) };
    // 1/p is at most 100, and 1e-10 is what is allowed
    const bias = await checkUnbiased(estimate, target, root);
    if (!(bias <= 1e-12)) throw new Error(`the bias is ${bias}`);
  });

  it("catches a bias of one in a million, and names its place", async () => {
    const estimate = (key: typeof root) => [f64(1, 2), gather(f64(1, 2, 6), randomInt(key, [], 3)).mul(1 + 1e-6)];
    await expect(checkUnbiased(estimate, [f64(1, 2), f64(3).reshape([])], root)).rejects.toThrow(
      /^checkUnbiased: the estimator is biased by 0\.00000\d+: element 0 of tensor 1 is 3\.00000\d+ on average but should be 3$/,
    );
    await expect(checkUnbiased(estimate, [f64(1, 2 + 1e-6), f64(3 + 3e-6)], root)).rejects.toThrow(
      /^checkUnbiased: the estimator is biased by [0-9.e-]+: element 1 of tensor 0 is 2 on average but should be 2\.000001$/,
    );
  });

  it("names the first of biases that are equal, to whichever side", async () => {
    await expect(checkUnbiased(() => f64(1, 1.5, 2.5), f64(1, 2, 2), root)).rejects.toThrow(
      new Error(
        "checkUnbiased: the estimator is biased by 0.5: element 1 of tensor 0 is 1.5 on average but should be 2",
      ),
    );
  });

  it("allows what the tolerance says, relative to the size of the target", async () => {
    const estimate = (key: typeof root) => gather(f64(1, 2, 6), randomInt(key, [], 3)).mul(1 + 1e-6);
    await checkUnbiased(estimate, f64(3), root, { tolerance: 1e-6 });
    await expect(checkUnbiased(estimate, f64(3), root, { tolerance: 7e-7 })).rejects.toThrow("is biased by");
  });

  it("refuses NaN on either side", async () => {
    await expect(checkUnbiased(() => f64(Number.NaN, 1), f64(0, 1), root)).rejects.toThrow(
      new Error(
        "checkUnbiased: the estimator is biased by NaN: element 0 of tensor 0 is NaN on average but should be 0",
      ),
    );
    await expect(checkUnbiased(() => f64(1, 0), f64(1, Number.NaN), root)).rejects.toThrow(
      new Error(
        "checkUnbiased: the estimator is biased by NaN: element 1 of tensor 0 is 0 on average but should be NaN",
      ),
    );
  });

  it("refuses estimates and targets of different form", async () => {
    const estimate = (key: typeof root) => gather(f64(1, 2), randomInt(key, [2], 2));
    await expect(checkUnbiased(estimate, f64(1.5, 1.5, 0), root)).rejects.toThrow(
      "checkUnbiased: the estimate has tensors of 2 elements but must match target, 3",
    );
    await expect(checkUnbiased((key) => [estimate(key)], [f64(1.5, 1.5), f64(0)], root)).rejects.toThrow(
      "checkUnbiased: the estimate has tensors of 2 elements but must match target, 2, 1",
    );
  });

  it("passes the budget on", async () => {
    const estimate = (key: typeof root) => gather(f64(1, 2), randomInt(key, [4], 2)).sum();
    await checkUnbiased(estimate, f64(6), root, { budget: 16 });
    await expect(checkUnbiased(estimate, f64(6), root, { budget: 15 })).rejects.toThrow(
      new RangeError("expectation: there are more outcomes than the budget, 15"),
    );
  });
});
