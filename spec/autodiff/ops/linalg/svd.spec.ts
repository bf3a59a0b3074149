import { concat, DTypeError, einsum, grad, hvp, ShapeError, slice, sum, svd, type Tensor, tensor } from "cotangent";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import { input, type OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import {
  asInput,
  asMatrix,
  diagonalOf,
  type Matrix,
  matrices,
  ofSingularValues,
  orthogonal,
  times,
  turned,
  wellConditioned,
} from "./support/matrices.js";

/** All that does not depend on signs: the values and each pair's `u·vᵀ`, in which both move every way they can. */
function withoutSigns(a: Tensor): Tensor {
  const { u, values, v } = svd(a);
  return concat([values, einsum("ik,jk->kij", u, v).reshape([-1])]);
}

const nuclearNorm = (x: Tensor) => sum(svd(x).values);
const pairSum = (x: Tensor) => sum(slice(svd(x).values, [0], [2]));

onEveryBackend("svd", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });
  const made = (left: Matrix, values: readonly number[], right: Matrix) =>
    on(asInput(ofSingularValues(left, values, right)));

  for (const [rows, columns] of [
    [1, 1],
    [3, 3],
    [5, 2],
    [2, 5],
    [6, 6],
  ]) {
    law(
      `u·diag(s)·vᵀ is the matrix again, u and v orthonormal, s descending: ${rows} × ${columns}`,
      matrices(rows, columns),
      async (a) => {
        const count = Math.min(rows, columns);
        const result = svd(on(a));
        const s = await result.values.data();
        const [u, v] = [asMatrix(await result.u.data(), count), asMatrix(await result.v.data(), count)];
        await expectClose(ofSingularValues(u, s, v).flat(), a.values, { tolerance: 1e-12 });
        const identity = diagonalOf(s.map(() => 1)).flat();
        await expectClose(times(turned(u), u).flat(), identity, { tolerance: 1e-12 });
        await expectClose(times(turned(v), v).flat(), identity, { tolerance: 1e-12 });
        expect([...s]).toEqual([...s].sort((x, y) => y - x));
        expect(s[count - 1]).toBeGreaterThanOrEqual(0);
        for (const column of turned(u)) {
          const largest = Math.max(...column.map(Math.abs));
          expect(column.find((x) => Math.abs(x) >= largest * (1 - 1e-6))).toBeGreaterThan(0);
        }
      },
    );
  }

  law(
    "finds the singular values that a matrix was made of, zeros too",
    orthogonal(4),
    orthogonal(3),
    floats([2], { min: 0 }),
    async (left, right, values) => {
      const expected = [...values, 0].sort((x, y) => y - x);
      await expectClose(svd(made(left, [values[0], 0, values[1]], right)).values, expected, { tolerance: 1e-12 });
    },
  );

  batchLaw(
    wellConditioned(3, 3),
    (a) => {
      const { u, values, v } = svd(a);
      return [u, values, v];
    },
    backend,
  );
  for (const [rows, columns] of [
    [3, 2],
    [2, 3],
    [3, 3],
  ]) {
    const inputs = wellConditioned(rows, columns).map((a) => [a]);
    opLaws({ name: `svd of ${rows} × ${columns}`, inputs, apply: withoutSigns }, backend);
  }
  opLaws(
    {
      name: "singular values at points",
      inputs: wellConditioned(2, 1).map((a) => [a]),
      apply: (a) => svd(a).values,
      expected: ({ values }) => [Math.hypot(...values)],
      points: [
        { inputs: [input([0, -2, 3, 0], [2, 2])], value: [3, 2], gradient: [0, -1, 1, 0] },
        { inputs: [input([-5], [1, 1, 1])], value: [5], gradient: [-1] },
        { inputs: [input([], [0, 2])], value: [] },
        { inputs: [input([], [0, 2, 2])], value: [] },
      ],
    },
    backend,
  );

  law(
    "the nuclear norm where all values are equal has gradient u·vᵀ = a / s, and its Hessian",
    orthogonal(3),
    orthogonal(3),
    orthogonal(2),
    async (left, right, small) => {
      for (const a of [made(left, [2, 2, 2], right), made(left, [2, 2], small), made(small, [2, 2], left)]) {
        await expectClose(grad(nuclearNorm)(a), a.mul(0.5));
      }
      await checkGradient(nuclearNorm, made(left, [2, 2], small), { order: 2 });
    },
  );

  law(
    "the sum of two equal values has gradient u·vᵀ of the pair",
    orthogonal(4),
    orthogonal(3),
    async (left, right) => {
      await expectClose(grad(pairSum)(made(left, [2, 2, 1], right)), made(left, [1, 1], right));
      await expectClose(grad(pairSum)(made(right, [2, 2, 1], left)), made(right, [1, 1], left));
    },
  );

  it("the sum of two equal values has its Hessian, and the projector of their vectors its gradient", async () => {
    const [left] = [asMatrix([0.6, 0.8, 0, -0.8, 0.6, 0, 0, 0, 1], 3)];
    const right = asMatrix([0, 0, 1, 0.28, 0.96, 0, -0.96, 0.28, 0], 3);
    const a = made(left, [2, 2, 1], right);
    await checkGradient(pairSum, a, { order: 2 });
    const weight = tensor(
      Float64Array.from({ length: 9 }, (_, i) => Math.cos(i * i)),
      { shape: [3, 3], backend },
    );
    for (const side of ["u", "v"] as const) {
      await checkGradient((x: Tensor) => {
        const pair = slice(svd(x)[side], [0, 0], [3, 2]);
        return sum(pair.matmul(pair.transpose()).mul(weight));
      }, a);
    }
    await checkGradient((x: Tensor) => {
      const { u, v } = svd(x);
      return sum(
        slice(u, [0, 0], [3, 2])
          .matmul(slice(v, [0, 0], [3, 2]).transpose())
          .mul(weight),
      );
    }, a);
  });

  law("Σ s² has gradient 2a at matrices of any rank", orthogonal(4), orthogonal(3), async (left, right) => {
    const squares = (x: Tensor) => sum(svd(x).values.mul(svd(x).values));
    for (const values of [
      [3, 1, 0],
      [2, 0, 0],
      [1, 1, 0],
      [0, 0, 0],
    ]) {
      for (const a of [made(left, values, right), made(right, values, left)]) {
        await expectClose(grad(squares)(a), a.mul(2));
      }
    }
  });

  law(
    "at values of zero, what does not look at them has its gradient: the first pair's projector",
    orthogonal(4),
    orthogonal(3),
    async (left, right) => {
      const a = made(left, [2, 0, 0], right);
      const first = (x: Tensor) => sum(slice(svd(x).values, [0], [1]));
      await expectClose(grad(first)(a), made(left, [1], right));
      const weight = tensor(
        Float64Array.from({ length: 12 }, (_, i) => Math.cos(i * i)),
        { shape: [4, 3], backend },
      );
      await checkGradient((x: Tensor) => {
        const { u, v } = svd(x);
        return sum(
          slice(u, [0, 0], [4, 1])
            .matmul(slice(v, [0, 0], [3, 1]).transpose())
            .mul(weight),
        );
      }, a);
    },
  );

  law(
    "at values of zero the nuclear norm has a subgradient: u·vᵀ plus what is orthogonal to it, none longer than 1",
    orthogonal(3),
    orthogonal(3),
    async (left, right) => {
      const a = made(left, [2, 0, 0], right);
      const slope = grad(nuclearNorm)(a);
      await expectClose(sum(slope.mul(a)), [2]);
      const [longest] = await svd(slope).values.data();
      expect(longest).toBeLessThanOrEqual(1 + 1e-12);
    },
  );

  it("completes u and v where values are 0", async () => {
    for (const values of [
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 3, 0, 0],
      [1, 0, 0, 0, 0, 2],
    ]) {
      for (const shape of [
        [2, 3],
        [3, 2],
      ]) {
        const { u, v } = svd(tensor(Float64Array.from(values), { shape, backend }));
        await expectClose(u.transpose().matmul(u), [1, 0, 0, 1]);
        await expectClose(v.transpose().matmul(v), [1, 0, 0, 1]);
      }
    }
  });

  it("has finite derivatives of both orders at matrices of zeros and ties, right or not", async () => {
    const f = (x: Tensor) => sum(withoutSigns(x).mul(withoutSigns(x)));
    for (const diagonal of [
      [0, 0],
      [1, 0],
      [1, 1],
    ]) {
      for (const shape of [
        [2, 2],
        [3, 2],
        [2, 3],
      ]) {
        const values = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) =>
          i % shape[1] === Math.floor(i / shape[1]) ? (diagonal[i % shape[1]] ?? 0) : 0,
        );
        const a = tensor(values, { shape, backend });
        const direction = tensor(
          values.map((_, i) => Math.cos(i)),
          { shape, backend },
        );
        expect((await grad(f)(a).data()).every(Number.isFinite)).toBe(true);
        expect((await hvp(f, a, direction).data()).every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("finds small values to full relative accuracy, and extreme scales", async () => {
    const a = tensor(Float64Array.of(1e150, 1e250, 1e150, -1e250), { shape: [2, 2], backend });
    const [large, small] = await svd(a).values.data();
    await expectClose([large / 1e250, small / 1e150], [Math.SQRT2, Math.SQRT2], { tolerance: 1e-14 });
  });

  it("gives NaN for what is not finite, and the rest of the batch is unharmed", async () => {
    const values = Float64Array.of(1, Number.POSITIVE_INFINITY, 0, 2, 0, 3, 4, 0);
    const result = svd(tensor(values, { shape: [2, 2, 2], backend }));
    await expectClose(result.values, [Number.NaN, Number.NaN, 4, 3]);
    await expectClose(slice(result.u, [1], [2]), [0, 1, 1, 0]);
    await expectClose(slice(result.v, [1], [2]), [1, 0, 0, 1]);
  });

  it("is computed in f64 and rounded to f32, ties included", async () => {
    const a = tensor(
      [
        [0.6, 0.8],
        [-0.8, 0.6],
      ],
      { backend },
    );
    const { u, values, v } = svd(a);
    expect([u.dtype, values.dtype, v.dtype]).toEqual(["f32", "f32", "f32"]);
    await expectClose(values, [1, 1], { tolerance: 2 ** -22 });
    await expectClose(grad(nuclearNorm)(a), a, { tolerance: 2 ** -21 });
  });
});

describe("svd", () => {
  it("names the argument that is wrong", () => {
    expect(() => svd(tensor([1]))).toThrow(new ShapeError("svd: a has shape [1] but must have 2 axes or more"));
    expect(() => svd(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("svd: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
