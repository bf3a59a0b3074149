import { concat, DTypeError, exp, inverse, ShapeError, solve, tensor } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import { input, type OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import { matrices, wellConditioned } from "./support/matrices.js";

onEveryBackend("solve", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  law("solves: a·x = b", wellConditioned(4, 4), matrices(4, 3), async (a, b) => {
    await expectClose(on(a).matmul(solve(on(a), on(b))), b.values, { tolerance: 1e-12 });
  });

  law("inverse times the matrix is the identity, on either side", wellConditioned(3, 3), async (a) => {
    const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    await expectClose(on(a).matmul(inverse(on(a))), identity, { tolerance: 1e-12 });
    await expectClose(inverse(on(a)).matmul(on(a)), identity, { tolerance: 1e-12 });
  });

  law("broadcasts leading axes", wellConditioned(2, 2), matrices(2, 6), async (a, b) => {
    const many = tensor(b.values, { shape: [3, 2, 2], backend });
    await expectClose(on(a).matmul(solve(on(a), many)), many, { tolerance: 1e-12 });
  });

  batchLaw(wellConditioned(2, 2), (a) => [inverse(a), solve(a, concat([exp(a.mul(0.1)), a.mul(a)], -1))], backend);
  opLaws(
    {
      name: "solve",
      inputs: fc.tuple(wellConditioned(3, 3), matrices(3, 2)),
      apply: solve,
      points: [
        // A zero in the first pivot's place asks for an exchange of rows.
        { inputs: [input([0, 2, 1, 0], [2, 2]), input([4, 3], [2, 1])], value: [3, 2], gradient: [-1.5, -1, -3, -2] },
        { inputs: [input([], [0, 0]), input([], [0, 3])], value: [] },
      ],
    },
    backend,
  );
  opLaws({ name: "inverse", inputs: wellConditioned(2, 2).map((a) => [a]), apply: inverse }, backend);

  it("keeps its digits where the first pivot is tiny", async () => {
    const a = tensor(Float64Array.of(1e-20, 1, 1, 1), { shape: [2, 2], backend });
    await expectClose(solve(a, tensor(Float64Array.of(1, 2), { shape: [2, 1], backend })), [1, 1]);
  });

  it("solves in f32, in f64 inside", async () => {
    const x = inverse(
      tensor(
        [
          [
            [2, 0],
            [0, 4],
          ],
          [
            [0, 1],
            [1, 0],
          ],
        ],
        { backend },
      ),
    );
    expect(x.dtype).toBe("f32");
    await expectClose(x, [0.5, 0, 0, 0.25, 0, 1, 1, 0]);
  });

  it("shows that a matrix is singular by values that are not finite", async () => {
    const x = await inverse(tensor(Float64Array.of(1, 2, 2, 4), { shape: [2, 2], backend })).data();
    expect(x.some((value) => Number.isFinite(value))).toBe(false);
  });
});

describe("solve and inverse", () => {
  const a = tensor(new Float64Array(4), { shape: [2, 2] });
  const column = tensor(new Float64Array(3), { shape: [3, 1] });
  it("name the argument that is wrong", () => {
    expect(() => solve(column, a)).toThrow(
      new ShapeError("solve: a has shape [3, 1] but its two last axes must have one size"),
    );
    expect(() => solve(a, column)).toThrow(
      new ShapeError("solve: b has shape [3, 1] but must be [..., 2, any] for a, [2, 2]"),
    );
    expect(() => solve(a, tensor([[1], [2]]))).toThrow(
      new DTypeError("solve: b is f32 but must match a, f64; cast one of them"),
    );
    expect(() => inverse(column)).toThrow(
      new ShapeError("inverse: a has shape [3, 1] but its two last axes must have one size"),
    );
    expect(() => inverse(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("inverse: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
