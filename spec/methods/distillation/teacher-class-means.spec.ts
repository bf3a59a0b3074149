import { type Tensor, tensor } from "cotangent";
import { teacherClassMeans } from "cotangent/methods/distillation";
import { checkGradient, floats, ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, weighed } from "./support/logit-pairs.js";

const labelsOf = (values: Int32Array) => tensor(Int32Array.from([...values, 0, 1, 2])); // each class at least once

describe("teacherClassMeans", () => {
  law("is the mean of each class's features", floats([14]), ids(4, 3), async (values, drawn) => {
    const labels = [...drawn, 0, 1, 2];
    const expected = [0, 1, 2].flatMap((k) =>
      [0, 1].map((column) => {
        const own = labels.flatMap((label, i) => (label === k ? [values[2 * i + column]] : []));
        return own.reduce((a, b) => a + b, 0) / own.length;
      }),
    );
    const means = teacherClassMeans(matrix(values, 2), labelsOf(drawn), 3);
    expect(means.shape).toEqual([3, 2]);
    await expectClose(means, expected, { tolerance: 1e-14 });
    await checkGradient((f: Tensor) => weighed(teacherClassMeans(f, labelsOf(drawn), 3)), matrix(values, 2));
  });

  it("takes labels that are not at hand as they are", async () => {
    const labels = tensor(Int32Array.of(0, -1, 0)).add(1) as Tensor<"i32">;
    const features = matrix(Float64Array.of(1, 2, 3, 4, 5, 6), 2);
    await expectClose(teacherClassMeans(features, labels, 2), [3, 4, 3, 4], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((features, { labels }) => teacherClassMeans(features, labels(4, 4), 4));
  });

  it("names what is wrong", () => {
    const f = tensor([[1, 2]]);
    const y = tensor(Int32Array.of(0));
    const call = (...args: Parameters<typeof teacherClassMeans>) => expect(() => teacherClassMeans(...args));
    const name = "teacherClassMeans";
    call(tensor([1]), y, 1).toThrow(`${name}: features has shape [1] but must have 2 axes`);
    call(f, y, 0).toThrow(`${name}: classes is 0 but must be a whole number ≥ 1`);
    call(f, tensor(Int32Array.of(0, 0)), 1).toThrow(`${name}: labels has shape [2] but must be [1]`);
    call(f, tensor(Int32Array.of(1)), 1).toThrow(`${name}: labels holds 1 at 0 but must be in [0, 1)`);
    call(f, tensor(Int32Array.of(1)), 2).toThrow(`${name}: labels has no example of class 0 but must have one of each`);
    call(f, y, 2).toThrow(`${name}: labels has no example of class 1 but must have one of each`);
    call(y as unknown as Tensor, y, 1).toThrow(`${name}: features has shape [1] but must have 2 axes`);
    call(tensor(Int32Array.of(0), { shape: [1, 1] }) as unknown as Tensor, y, 1).toThrow(
      `${name}: features is i32 but must be f32 or f64; cast it`,
    );
  });
});
