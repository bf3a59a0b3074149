import { DTypeError, determinant, grad, logDeterminant, ShapeError, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import { input, type OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import { matrices, wellConditioned } from "./support/matrices.js";

/** Laplace's expansion along the first row. */
function byExpansion(matrix: readonly (readonly number[])[]): number {
  if (matrix.length === 0) return 1;
  return matrix[0].reduce((sum, x, j) => {
    const minor = matrix.slice(1).map((row) => row.filter((_, column) => column !== j));
    return sum + (j % 2 === 0 ? x : -x) * byExpansion(minor);
  }, 0);
}

const rowsOf = ({ shape: [n], values }: OpInput) =>
  Array.from({ length: n }, (_, i) => [...values.slice(i * n, i * n + n)]);

onEveryBackend("determinant", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  law("is Laplace's expansion", matrices(4, 4), async (a) => {
    await expectClose(determinant(on(a)), [byExpansion(rowsOf(a))], { tolerance: 1e-11 });
  });

  law("logDeterminant is its sign and logarithm", wellConditioned(3, 3), async (a) => {
    const value = byExpansion(rowsOf(a));
    const { sign, logAbs } = logDeterminant(on(a));
    await expectClose(sign, [Math.sign(value)]);
    await expectClose(logAbs, [Math.log(Math.abs(value))], { tolerance: 1e-12 });
  });

  batchLaw(
    wellConditioned(3, 3),
    (a) => {
      const { sign, logAbs } = logDeterminant(a);
      return [determinant(a).mul(0.1), sign, logAbs];
    },
    backend,
  );
  opLaws(
    {
      name: "determinant",
      inputs: wellConditioned(3, 3).map((a) => [a]),
      apply: determinant,
      points: [
        { inputs: [input([2, 0, 0, 3], [2, 2])], value: [6], gradient: [3, 0, 0, 2] },
        { inputs: [input([0, 1, 1, 0], [2, 2])], value: [-1], gradient: [0, -1, -1, 0] },
        { inputs: [input([1, 2, 2, 4], [2, 2])], value: [0] },
        { inputs: [input([1, 2, 3, 4, 2, 0, 0, 3], [2, 2, 2])], value: [-2, 6], gradient: [4, -3, -2, 1, 3, 0, 0, 2] },
        { inputs: [input([], [0, 0])], value: [1] },
        { inputs: [input([], [0, 2, 2])], value: [] },
      ],
    },
    backend,
  );
  opLaws(
    { name: "logDeterminant", inputs: wellConditioned(3, 3).map((a) => [a]), apply: (a) => logDeterminant(a).logAbs },
    backend,
  );

  it("logDeterminant neither overflows nor underflows, and is −∞ where the matrix is singular", async () => {
    const tiny = tensor(
      Float64Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? -1e-300 : 0)),
      { shape: [3, 3], backend },
    );
    await expectClose(logDeterminant(tiny).logAbs, [3 * Math.log(1e-300)]);
    await expectClose(logDeterminant(tiny).sign, [-1]);
    const singular = tensor(new Float64Array(4), { shape: [2, 2], backend });
    await expectClose(logDeterminant(singular).logAbs, [Number.NEGATIVE_INFINITY]);
    await expectClose(logDeterminant(singular).sign, [0]);
  });

  it("has the gradient NaN at a singular matrix", async () => {
    const singular = tensor(Float64Array.of(1, 2, 2, 4), { shape: [2, 2], backend });
    expect([...(await grad(determinant)(singular).data())]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it("takes f32", async () => {
    const value = determinant(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { backend },
      ),
    );
    expect(value.dtype).toBe("f32");
    await expectClose(value, [-2], { tolerance: 2 ** -22 });
  });
});

describe("determinant", () => {
  it("names the argument that is wrong", () => {
    expect(() => determinant(tensor([[1, 2]]))).toThrow(
      new ShapeError("determinant: a has shape [1, 2] but its two last axes must have one size"),
    );
    expect(() => logDeterminant(tensor([1]))).toThrow(
      new ShapeError("logDeterminant: a has shape [1] but must have 2 axes or more"),
    );
    expect(() => determinant(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("determinant: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
