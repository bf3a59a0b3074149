import {
  DTypeError,
  lowerTriangle,
  ShapeError,
  tensor,
  transposeLast,
  triangularSolve,
  upperTriangle,
} from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import type { OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import { matrices } from "./support/matrices.js";

/** Matrices with a diagonal far from 0; both triangles are filled. */
const squares = (size: number) =>
  matrices(size, size).map(({ shape, values }) => ({
    shape,
    values: values.map((x, i) => (i % (size + 1) === 0 ? (x < 0 ? x - 2 : x + 2) : x / 2)),
  }));

onEveryBackend("triangularSolve", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const lower of [true, false]) {
    for (const transpose of [false, true]) {
      const name = `${lower ? "lower" : "upper"}${transpose ? ", transposed" : ""}`;
      law(`solves: ${name}`, squares(4), matrices(4, 3), async (a, b) => {
        const x = triangularSolve(on(a), on(b), { lower, transpose });
        const triangle = lower ? lowerTriangle(on(a)) : upperTriangle(on(a));
        await expectClose((transpose ? transposeLast(triangle) : triangle).matmul(x), b.values, { tolerance: 1e-11 });
      });
      const inputs = fc.tuple(squares(3), matrices(3, 2));
      opLaws({ name, inputs, apply: (a, b) => triangularSolve(a, b, { lower, transpose }) }, backend);
    }
  }

  batchLaw(
    squares(3),
    (a) => [triangularSolve(a, a.mul(a).mul(0.1)), triangularSolve(a, a, { lower: false })],
    backend,
  );

  law("broadcasts leading axes", squares(2), matrices(2, 6), async (a, b) => {
    const many = tensor(b.values, { shape: [3, 2, 2], backend });
    const solutions = triangularSolve(on(a), many);
    expect(solutions.shape).toEqual([3, 2, 2]);
    await expectClose(lowerTriangle(on(a)).matmul(solutions), many, { tolerance: 1e-12 });
  });

  it("solves in f32, in f64 inside", async () => {
    const a = tensor(
      [
        [2, 7],
        [1, 3],
      ],
      { backend },
    );
    const x = triangularSolve(a, tensor([[4], [8]], { backend }));
    expect(x.dtype).toBe("f32");
    await expectClose(x, [2, 2]);
    await expectClose(triangularSolve(a, tensor([[1], [3]], { backend }), { lower: false }), [-3, 1]);
  });

  it("solves no systems, and systems of no unknowns", async () => {
    const nothing = (...shape: number[]) => tensor(new Float64Array(0), { shape, backend });
    await expectClose(triangularSolve(nothing(0, 0), nothing(0, 2)), []);
    await expectClose(triangularSolve(tensor(Float64Array.of(1), { shape: [1, 1], backend }), nothing(1, 0)), []);
  });
});

describe("triangles", () => {
  it("lowerTriangle and upperTriangle cut at the diagonal, also where the matrix is not square", async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    await expectClose(lowerTriangle(x), [1, 0, 0, 4, 5, 0]);
    await expectClose(upperTriangle(x), [1, 2, 3, 0, 5, 6]);
  });

  it("name the argument that is wrong", () => {
    expect(() => lowerTriangle(tensor([1]))).toThrow(
      new ShapeError("lowerTriangle: x has shape [1] but must have 2 axes or more"),
    );
    expect(() => upperTriangle(tensor([1]))).toThrow(
      new ShapeError("upperTriangle: x has shape [1] but must have 2 axes or more"),
    );
  });
});

describe("triangularSolve", () => {
  const a = tensor(new Float64Array(4), { shape: [2, 2] });
  const zeros = (...shape: number[]) =>
    tensor(new Float64Array(shape.reduce((size, length) => size * length, 1)), { shape });
  it("names the argument that is wrong", () => {
    expect(() => triangularSolve(zeros(2, 3), a)).toThrow(
      new ShapeError("triangularSolve: a has shape [2, 3] but its two last axes must have one size"),
    );
    expect(() => triangularSolve(zeros(2), a)).toThrow(
      new ShapeError("triangularSolve: a has shape [2] but must have 2 axes or more"),
    );
    expect(() => triangularSolve(a, zeros(2))).toThrow(
      new ShapeError("triangularSolve: b has shape [2] but must have 2 axes or more"),
    );
    expect(() => triangularSolve(a, zeros(3, 1))).toThrow(
      new ShapeError("triangularSolve: b has shape [3, 1] but must be [..., 2, any] for a, [2, 2]"),
    );
    expect(() => triangularSolve(zeros(2, 2, 2), zeros(3, 2, 1))).toThrow(
      new ShapeError("triangularSolve: shapes [2] and [3] do not broadcast"),
    );
    expect(() => triangularSolve(a, tensor([[1], [2]]))).toThrow(
      new DTypeError("triangularSolve: b is f32 but must match a, f64; cast one of them"),
    );
    expect(() => triangularSolve(tensor(Int32Array.of(1), { shape: [1, 1] }) as never, a)).toThrow(
      new DTypeError("triangularSolve: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
