import { grad, type Tensor, tensor } from "cotangent";
import { csMutualInformation, normalizedCsMutualInformation } from "cotangent/methods/divergence";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { gram, matrix, mean, total } from "./support/samples.js";

const n = 5;
const [x, t] = [floats([2 * n]), floats([n])];
const widths = numbers({ min: 0.5, max: 2 });
const spread = distinctFloats([n], 0.3); // no two points so near that information is lost in rounding

describe("csMutualInformation", () => {
  law("is what its definition says", x, t, widths, widths, async (a, b, inputWidth, codeWidth) => {
    const [k, q] = [gram(a, a, 2, inputWidth), gram(b, b, 1, codeWidth)];
    const both = mean(k.map((row, i) => row.map((value, j) => value * q[i][j])));
    const across = total(k.map((row, i) => (total(row) / n) * (total(q[i]) / n))) / n;
    const expected = Math.log(both) + Math.log(mean(k) * mean(q)) - 2 * Math.log(across);
    const found = csMutualInformation(matrix(a, 2), matrix(b, 1), { inputWidth, codeWidth });
    await expectClose(found, expected, { tolerance: 1e-12 });
    const bits = csMutualInformation(matrix(a, 2), matrix(b, 1), { inputWidth, codeWidth, base: 2 });
    await expectClose(bits, expected / Math.LN2, { tolerance: 1e-12 });
  });

  law("is ≥ 0, symmetric, and 0 where one is constant", x, t, async (a, b) => {
    const found = await csMutualInformation(matrix(a, 2), matrix(b, 1)).item();
    expect(found).toBeGreaterThanOrEqual(-1e-13);
    await expectClose(csMutualInformation(matrix(b, 1), matrix(a, 2)), found, { tolerance: 1e-13 });
    const constant = matrix(new Float64Array(n).fill(b[0]), 1);
    await expectClose(csMutualInformation(matrix(a, 2), constant), 0, { tolerance: 1e-13 });
  });

  law("has a right gradient", x, t, async (a, b) => {
    const of = (p: { x: Tensor; t: Tensor }) => csMutualInformation(p.x, p.t);
    await checkGradient(of, { x: matrix(a, 2), t: matrix(b, 1) }, { order: 2 });
  });
});

describe("normalizedCsMutualInformation", () => {
  law("is information over the root of what each has of itself", x, spread, async (a, b) => {
    const self = (m: Tensor) => csMutualInformation(m, m).item();
    const [p, q] = [matrix(a, 2), matrix(b, 1)];
    const expected = (await csMutualInformation(p, q).item()) / Math.sqrt((await self(p)) * (await self(q)));
    if ((await self(p)) > 1e-3) {
      await expectClose(normalizedCsMutualInformation(p, q), expected, { tolerance: 1e-10 });
    }
  });

  law("is 1 of a sample with itself, and ≥ 0", spread, spread, widths, async (a, b, inputWidth) => {
    const options = { inputWidth, codeWidth: inputWidth };
    await expectClose(normalizedCsMutualInformation(matrix(a, 1), matrix(a, 1), options), 1, { tolerance: 1e-9 });
    expect(await normalizedCsMutualInformation(matrix(a, 1), matrix(b, 1)).item()).toBeGreaterThanOrEqual(-1e-9);
  });

  it("can exceed 1 in small samples", async () => {
    let most = 0;
    for (let i = 0; i < 100; i++) {
      const at = (phase: number) =>
        matrix(
          Float64Array.from({ length: 3 }, (_, j) => 3 * Math.sin(phase + i * (j + 1.7))),
          1,
        );
      most = Math.max(most, await normalizedCsMutualInformation(at(1), at(2)).item());
    }
    expect(most).toBeGreaterThan(1.001);
  });

  law("is 0 with slope 0 where one is constant", x, floats([1]), async (a, [value]) => {
    const constant = matrix(new Float64Array(n).fill(value), 1);
    for (const f of [
      (c: Tensor) => normalizedCsMutualInformation(matrix(a, 2), c),
      (c: Tensor) => normalizedCsMutualInformation(c, matrix(a, 2)),
    ]) {
      expect(await f(constant).item()).toBe(0);
      expect([...(await grad(f)(constant).data())]).toEqual(Array(n).fill(0));
    }
  });

  it("has a right gradient", async () => {
    const of = (p: { x: Tensor; t: Tensor }) => normalizedCsMutualInformation(p.x, p.t);
    await checkGradient(of, { x: matrix([0, 1, 2.5, -1, 0.4, 2], 2), t: matrix([1, -0.5, 3], 1) }, { order: 2 });
  });
});

describe.each([
  ["csMutualInformation", csMutualInformation],
  ["normalizedCsMutualInformation", normalizedCsMutualInformation],
] as const)("%s", (name, information) => {
  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (width: number, phase: number) =>
        tensor(
          Float32Array.from({ length: 6 * width }, (_, i) => 3 * Math.sin(2 * i + phase)),
          { shape: [6, width], backend },
        );
      return information(of(2, 0), of(1, 1));
    });
  });

  it("names what is wrong", () => {
    const z = tensor([[1], [2]]);
    expect(() => information(tensor([[1]]), z)).toThrow(
      `${name}: x has shape [1, 1] but must be [n, d] with at least 2 rows`,
    );
    expect(() => information(z, tensor([[1], [2], [3]]))).toThrow(`${name}: t has 3 rows but must have 2, as x has`);
    expect(() => information(z, tensor([[1], [Number.NaN]]))).toThrow(
      `${name}: t holds NaN at 1 but must hold finite numbers`,
    );
    expect(() => information(z, z, { inputWidth: 0 })).toThrow(
      `${name}: inputWidth is 0 but must be a finite number > 0`,
    );
    expect(() => information(z, z, { codeWidth: 0 })).toThrow(
      `${name}: codeWidth is 0 but must be a finite number > 0`,
    );
  });
});

it("csMutualInformation names a wrong base", () => {
  const z = tensor([[1], [2]]);
  expect(() => csMutualInformation(z, z, { base: 0.5 })).toThrow(
    "csMutualInformation: base is 0.5 but must be a finite number > 1",
  );
});
