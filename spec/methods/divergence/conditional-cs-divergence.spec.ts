import { type Tensor, tensor } from "cotangent";
import { conditionalCsDivergence, csDivergence } from "cotangent/methods/divergence";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { gram, matrix, total } from "./support/samples.js";

const n = 5;
const [inputs, targets, predictions] = [floats([n * 2]), floats([n]), floats([n])];
const widths = numbers({ min: 0.5, max: 2 });
const forms = fc.constantFrom("squaredSum", "sumOfSquares");

const weightsOf = (k: number[][], form: string) =>
  k.map((row) => 1 / (form === "squaredSum" ? total(row) ** 2 : total(row.map((v) => v * v))));

describe("conditionalCsDivergence", () => {
  law(
    "is what its definition says, in both normalizations",
    ...([inputs, targets, predictions, widths, widths, forms] as const),
    async (x, y, z, inputWidth, outputWidth, normalization) => {
      const k = gram(x, x, 2, inputWidth);
      const w = weightsOf(k, normalization);
      const sum = (a: Float64Array, b: Float64Array) => {
        const l = gram(a, b, 1, outputWidth);
        return Math.log(total(k.map((row, j) => w[j] * total(row.map((value, i) => value * l[j][i])))));
      };
      const expected = sum(z, z) + sum(y, y) - 2 * sum(z, y);
      const options = { inputWidth, outputWidth, normalization };
      const found = conditionalCsDivergence(matrix(z, 1), matrix(y, 1), matrix(x, 2), options);
      await expectClose(found, expected, { tolerance: 1e-12 });
      const bits = conditionalCsDivergence(matrix(z, 1), matrix(y, 1), matrix(x, 2), { ...options, base: 2 });
      await expectClose(bits, expected / Math.LN2, { tolerance: 1e-12 });
      expect(expected).toBeGreaterThanOrEqual(-Math.log(Math.max(...w) / Math.min(...w)) - 1e-12);
    },
  );

  law("takes widths of 1 and squared sums by default", inputs, targets, predictions, async (x, y, z) => {
    const tensors = [matrix(z, 1), matrix(y, 1), matrix(x, 2)] as const;
    const spelled = { inputWidth: 1, outputWidth: 1, normalization: "squaredSum" } as const;
    await expectClose(conditionalCsDivergence(...tensors), conditionalCsDivergence(...tensors, spelled), {
      tolerance: 0,
    });
  });

  law("is 0 where predictions are the targets", inputs, targets, forms, async (x, y, normalization) => {
    const found = conditionalCsDivergence(matrix(y, 1), matrix(y, 1), matrix(x, 2), { normalization });
    await expectClose(found, 0, { tolerance: 1e-13 });
  });

  law(
    "is csDivergence where all inputs agree",
    targets,
    predictions,
    widths,
    forms,
    async (y, z, outputWidth, form) => {
      const same = matrix(new Float64Array(2 * n).fill(0.7), 2);
      const found = conditionalCsDivergence(matrix(z, 1), matrix(y, 1), same, { outputWidth, normalization: form });
      await expectClose(found, csDivergence(matrix(z, 1), matrix(y, 1), { width: outputWidth }), { tolerance: 1e-12 });
    },
  );

  law("is ≥ 0 on a regular polygon and on inputs far apart", targets, predictions, forms, async (y, z, form) => {
    const angle = (i: number) => (2 * Math.PI * i) / n;
    const polygon = Array.from({ length: n }, (_, i) => [Math.cos(angle(i)), Math.sin(angle(i))]).flat();
    const apart = Array.from({ length: n }, (_, i) => [100 * i, 0]).flat();
    for (const x of [polygon, apart]) {
      const found = conditionalCsDivergence(matrix(z, 1), matrix(y, 1), matrix(x, 2), { normalization: form });
      expect(await found.item()).toBeGreaterThanOrEqual(-1e-13);
    }
  });

  it("can be below 0, where rows weigh differently", async () => {
    const [x, y, z] = [
      [-2.4, -0.7, -1.2, -0.9],
      [1.9, -0.2, 2.5, 2.9],
      [2, 2.4, 3.2, -0.3],
    ];
    const found = await conditionalCsDivergence(matrix(z, 1), matrix(y, 1), matrix(x, 1)).item();
    expect(found).toBeLessThan(-0.029);
  });

  it.each(["squaredSum", "sumOfSquares"] as const)(
    "has a right gradient by all it takes, %s",
    async (normalization) => {
      const at = (phase: number, width: number) =>
        matrix(
          Float64Array.from({ length: n * width }, (_, i) => 1.5 * Math.sin(phase + 2 * i)),
          width,
        );
      const of = (p: { z: Tensor; y: Tensor; x: Tensor }) => conditionalCsDivergence(p.z, p.y, p.x, { normalization });
      await checkGradient(of, { z: at(0, 1), y: at(1, 1), x: at(2, 2) }, { order: 2 });
    },
  );

  it("stays finite where a plain kernel would vanish", async () => {
    const far = matrix([0, 1e4, -1e4], 1);
    const found = await conditionalCsDivergence(far, matrix([1e4, 0, 5], 1), matrix([0, 3e3, 9e3], 1)).item();
    expect(found).toBeGreaterThan(0);
    expect(Number.isFinite(found)).toBe(true);
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (width: number, phase: number) =>
        tensor(
          Float32Array.from({ length: 4 * width }, (_, i) => Math.sin(i + phase)),
          { shape: [4, width], backend },
        );
      return conditionalCsDivergence(of(1, 0), of(1, 1), of(2, 2));
    });
  });

  it("names what is wrong", () => {
    const z = tensor([[1], [2]]);
    const call =
      (...of: Parameters<typeof conditionalCsDivergence>) =>
      () =>
        conditionalCsDivergence(...of);
    expect(call(tensor([[1]]), z, z)).toThrow(
      "conditionalCsDivergence: predictions has shape [1, 1] but must be [n, d] with at least 2 rows",
    );
    expect(call(z, tensor([[1], [2], [3]]), z)).toThrow(
      "conditionalCsDivergence: targets has shape [3, 1] but must match predictions, [2, 1]",
    );
    expect(call(z, z, tensor([[1], [2], [3]]))).toThrow(
      "conditionalCsDivergence: inputs has 3 rows but must have 2, as predictions has",
    );
    expect(call(z, tensor([[Number.NaN], [1]]), z)).toThrow(
      "conditionalCsDivergence: targets holds NaN at 0 but must hold finite numbers",
    );
    expect(call(z, z, z, { inputWidth: -1 })).toThrow(
      "conditionalCsDivergence: inputWidth is -1 but must be a finite number > 0",
    );
    expect(call(z, z, z, { outputWidth: Number.NaN })).toThrow(
      "conditionalCsDivergence: outputWidth is NaN but must be a finite number > 0",
    );
    expect(call(z, z, z, { base: 0 })).toThrow("conditionalCsDivergence: base is 0 but must be a finite number > 1");
    expect(call(z, z, z, { normalization: "none" as never })).toThrow(
      'conditionalCsDivergence: normalization is "none" but must be one of squaredSum, sumOfSquares',
    );
  });
});
