import {
  cholesky,
  DTypeError,
  diagonal,
  grad,
  inverse,
  log,
  ShapeError,
  type Tensor,
  tensor,
  transposeLast,
} from "cotangent";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import { input, type OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import { matrices, positiveDefinite } from "./support/matrices.js";

onEveryBackend("cholesky", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const size of [1, 2, 5]) {
    law(
      `L·Lᵀ is the matrix again, L lower triangular with a positive diagonal: size ${size}`,
      positiveDefinite(size),
      async (a) => {
        const factor = cholesky(on(a));
        await expectClose(factor.matmul(transposeLast(factor)), a.values, { tolerance: 1e-12 });
        const values = await factor.data();
        values.forEach((x, i) => {
          const [row, column] = [Math.floor(i / size), i % size];
          if (column > row) expect(x).toBe(0);
          if (column === row) expect(x).toBeGreaterThan(0);
        });
      },
    );
  }

  law("the gradient of log det through it is the inverse", positiveDefinite(3), async (a) => {
    const logDet = (x: Tensor) =>
      log(diagonal(cholesky(x)))
        .sum()
        .mul(2);
    await expectClose(grad(logDet)(on(a)), inverse(on(a)));
  });

  law("sees the symmetric part alone", positiveDefinite(3), matrices(3, 3), async (a, b) => {
    const skew = on(b).sub(on(b).transpose());
    await expectClose(cholesky(on(a).add(skew)), cholesky(on(a)), { tolerance: 1e-12 });
  });

  batchLaw(positiveDefinite(3), (a) => [cholesky(a)], backend);
  opLaws({ name: "cholesky", inputs: positiveDefinite(3).map((a) => [a]), apply: cholesky }, backend);
  opLaws(
    {
      name: "cholesky at points",
      inputs: positiveDefinite(1).map((a) => [a]),
      apply: cholesky,
      expected: ({ values }) => [Math.sqrt(values[0])],
      points: [
        { inputs: [input([4, 2, 2, 10], [2, 2])], value: [2, 0, 1, 3] },
        { inputs: [input([9], [1, 1, 1])], value: [3], gradient: [1 / 6] },
        { inputs: [input([], [0, 0])], value: [] },
        { inputs: [input([], [0, 2, 2])], value: [] },
      ],
    },
    backend,
  );

  it("gives NaN for what is not positive definite, and the rest of the batch is unharmed", async () => {
    const values = Float64Array.of(1, 2, 2, 1, 4, 0, 0, 9, 1, Number.NaN, 0, 1, 0, 0, 0, 1);
    const result = await cholesky(tensor(values, { shape: [4, 2, 2], backend })).data();
    const nan = Number.NaN;
    expect([...result]).toEqual([nan, nan, nan, nan, 2, 0, 0, 3, nan, nan, nan, nan, nan, nan, nan, nan]);
  });

  it("is computed in f64 and rounded to f32", async () => {
    const a = Float32Array.of(2, 1, 1, 3);
    const exact = await cholesky(tensor(Float64Array.from(a), { shape: [2, 2], backend })).data();
    const rounded = cholesky(tensor(a, { shape: [2, 2], backend }));
    expect(rounded.dtype).toBe("f32");
    expect([...(await rounded.data())]).toEqual([...exact].map(Math.fround));
  });
});

describe("cholesky", () => {
  it("names the argument that is wrong", () => {
    expect(() => cholesky(tensor([1]))).toThrow(
      new ShapeError("cholesky: a has shape [1] but must have 2 axes or more"),
    );
    expect(() => cholesky(tensor([[1, 2]]))).toThrow(
      new ShapeError("cholesky: a has shape [1, 2] but its two last axes must have one size"),
    );
    expect(() => cholesky(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("cholesky: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
