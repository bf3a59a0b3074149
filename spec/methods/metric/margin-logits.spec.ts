import { grad, type Tensor, tensor } from "cotangent";
import { arcFaceLogits, cosFaceLogits } from "cotangent/methods/metric";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const matrix = (values: ArrayLike<number>) => tensor(Float64Array.from(values), { shape: [2, 3] }) as Tensor;
const cosines = floats([6], { min: -0.98, max: 0.98 });
const margins = numbers({ min: 0, max: 1 });
const labels = tensor(Int32Array.of(2, 0));
const isLabel = (at: number) => at === 2 || at === 3;

describe("cosFaceLogits", () => {
  law("lower the label's cosine by the margin, and nothing else", cosines, margins, async (c, margin) => {
    await expectClose(
      cosFaceLogits(matrix(c), labels, { margin }),
      c.map((v, at) => (isLabel(at) ? v - margin : v)),
    );
    await expectClose(
      cosFaceLogits(matrix(c), labels),
      c.map((v, at) => (isLabel(at) ? v - 0.5 : v)),
    );
  });
});

describe("arcFaceLogits", () => {
  law("turn the label's angle by the margin, and nothing else", cosines, margins, async (c, margin) => {
    const turned = (m: number) => c.map((v, at) => (isLabel(at) ? Math.cos(Math.acos(v) + m) : v));
    await expectClose(arcFaceLogits(matrix(c), labels, { margin }), turned(margin));
    await expectClose(arcFaceLogits(matrix(c), labels), turned(0.5));
    await checkGradient((x: Tensor) => arcFaceLogits(x, labels, { margin }).mul(matrix(c)).sum(), matrix(c), {
      order: 2,
    });
  });

  it("is finite at ±1, value and gradient", async () => {
    const ends = matrix([0, 0, 1, -1, 0, 0]);
    await expectClose(arcFaceLogits(ends, labels), [0, 0, Math.cos(0.5), -Math.cos(0.5), 0, 0], { tolerance: 3e-4 }); // √(2·10⁻⁷) · sin ½
    const slope = await grad((x: Tensor) => arcFaceLogits(x, labels).sum())(ends).data();
    expect(slope.every(Number.isFinite)).toBe(true);
  });
});

it.each([
  ["cosFaceLogits", cosFaceLogits],
  ["arcFaceLogits", arcFaceLogits],
] as const)("%s says what is wrong with its input", (name, f) => {
  const x = matrix([0, 0, 0, 0, 0, 0]);
  expect(() => f(x, labels, { margin: -1 })).toThrow(`${name}: margin is -1 but must be a finite number ≥ 0`);
  expect(() => f(x, tensor(Int32Array.of(0, 3)))).toThrow(`${name}: labels holds 3 at 1 but must be in [0, 3)`);
  expect(() => f(x, tensor(Int32Array.of(0)))).toThrow(`${name}: labels has shape [1] but must be [2]`);
  expect(() => f(tensor([1, 2]), labels)).toThrow(`${name}: cosines has shape [2] but must have 2 axes`);
});
