import {
  concat,
  DTypeError,
  eigh,
  einsum,
  exp,
  grad,
  hvp,
  ShapeError,
  slice,
  sum,
  type Tensor,
  tensor,
} from "cotangent";
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
  matrices,
  orthogonal,
  symmetric,
  symmetricMatrices,
  times,
  turned,
} from "./support/matrices.js";

/** All that does not depend on signs: the values and each vector's projector. */
function withoutSigns(a: Tensor): Tensor {
  const { values, vectors } = eigh(a);
  return concat([values, einsum("ik,jk->kij", vectors, vectors).reshape([-1])]);
}

onEveryBackend("eigh", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const size of [1, 2, 5, 8]) {
    law(
      `V·diag(λ)·Vᵀ is the symmetric part, V orthogonal, λ ascending: size ${size}`,
      matrices(size, size),
      async (a) => {
        const { values, vectors } = eigh(on(a));
        const [lambda, v] = [await values.data(), asMatrix(await vectors.data(), size)];
        const part = a.values.map((x, i) => (x + a.values[(i % size) * size + Math.floor(i / size)]) / 2);
        await expectClose(symmetric(v, lambda).flat(), part, { tolerance: 1e-12 });
        await expectClose(times(turned(v), v).flat(), diagonalOf(lambda.map(() => 1)).flat(), { tolerance: 1e-12 });
        expect([...lambda]).toEqual([...lambda].sort((x, y) => x - y));
        for (const column of turned(v)) {
          const largest = Math.max(...column.map(Math.abs));
          expect(column.find((x) => Math.abs(x) >= largest * (1 - 1e-6))).toBeGreaterThan(0);
        }
      },
    );
  }

  law("finds the spectrum that a matrix was made of", orthogonal(4), floats([4]), async (basis, values) => {
    await expectClose(eigh(on(asInput(symmetric(basis, values)))).values, values.slice().sort(), { tolerance: 1e-12 });
  });

  batchLaw(
    symmetricMatrices(3),
    (a) => {
      const { values, vectors } = eigh(a);
      return [values, vectors];
    },
    backend,
  );
  opLaws({ name: "eigh", inputs: symmetricMatrices(3).map((a) => [a]), apply: withoutSigns }, backend);
  opLaws(
    {
      name: "eigenvalues at points",
      inputs: symmetricMatrices(2).map((a) => [a]),
      apply: (a) => eigh(a).values,
      points: [
        { inputs: [input([2, 1, 1, 2], [2, 2])], value: [1, 3], gradient: [1, 0, 0, 1] },
        { inputs: [input([5], [1, 1, 1])], value: [5], gradient: [1] },
        { inputs: [input([], [0, 0])], value: [] },
        { inputs: [input([], [0, 2, 2])], value: [] },
      ],
    },
    backend,
  );

  // Two values of 1 and one of 2 in a random basis: P projects onto the pair, 1 − P onto the third vector.
  const cluster = (basis: ReturnType<typeof asMatrix>) => ({
    a: on(asInput(symmetric(basis, [1, 1, 2]))),
    inside: on(asInput(symmetric(basis, [1, 1, 0]))),
    outside: on(asInput(symmetric(basis, [0, 0, 1]))),
  });
  const pairSum = (x: Tensor) => sum(slice(eigh(x).values, [0], [2]));

  law("at equal values a symmetric function of them has its gradient: tr exp a", orthogonal(3), async (basis) => {
    const { a } = cluster(basis);
    const traceExp = (x: Tensor) => sum(exp(eigh(x).values));
    await expectClose(grad(traceExp)(a), symmetric(basis, [Math.E, Math.E, Math.E ** 2]).flat());
    await checkGradient(traceExp, a);
  });

  law(
    "at equal values their sum has the projector for gradient, and its Hessian",
    orthogonal(3),
    matrices(3, 3),
    async (basis, d) => {
      const { a, inside, outside } = cluster(basis);
      await expectClose(grad(pairSum)(a), inside);
      const direction = on(d).add(on(d).transpose());
      const mixed = inside.matmul(direction).matmul(outside);
      await expectClose(hvp(pairSum, a, direction), mixed.add(mixed.transpose()).neg()); // 1/(1 − 2) = −1
    },
  );

  law("at equal values the projector of the pair has its gradient", orthogonal(3), matrices(3, 3), async (basis, w) => {
    const { a, inside, outside } = cluster(basis);
    const weight = on(w).add(on(w).transpose());
    const projected = (x: Tensor) => {
      const pair = slice(eigh(x).vectors, [0, 0], [3, 2]);
      return sum(pair.matmul(pair.transpose()).mul(weight));
    };
    const mixed = inside.matmul(weight).matmul(outside);
    await expectClose(grad(projected)(a), mixed.add(mixed.transpose()).neg());
  });

  it("has finite derivatives of both orders where all values are equal, right or not", async () => {
    const f = (x: Tensor) => sum(withoutSigns(x).mul(withoutSigns(x)));
    for (const scale of [0, 1, -1e200, 1e-200]) {
      const a = tensor(
        Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1).map((x) => x * scale),
        { shape: [3, 3], backend },
      );
      const direction = tensor(
        Float64Array.from({ length: 9 }, (_, i) => Math.cos(i)),
        { shape: [3, 3], backend },
      );
      expect((await grad(f)(a).data()).every(Number.isFinite)).toBe(true);
      if (Math.abs(scale) < 1e100) expect((await hvp(f, a, direction).data()).every(Number.isFinite)).toBe(true);
    }
  });

  it("lacks, in the Hessian of Σ λ² at a tie, what it says it lacks", async () => {
    const squares = (x: Tensor) => sum(eigh(x).values.mul(eigh(x).values));
    const identity = tensor(Float64Array.of(1, 0, 0, 1), { shape: [2, 2], backend });
    const along = (...values: number[]) => tensor(Float64Array.from(values), { shape: [2, 2], backend });
    await expectClose(grad(squares)(identity), [2, 0, 0, 2]);
    await expectClose(hvp(squares, identity, along(3, 0, 0, 5)), [6, 0, 0, 10]);
    await expectClose(hvp(squares, identity, along(0, 1, 1, 0)), [0, 0, 0, 0]);
  });

  it("tells close values apart down to its threshold", async () => {
    const first = (x: Tensor) => sum(slice(eigh(x).vectors, [0, 0], [1, 1]));
    const at = (gap: number) => tensor(Float64Array.of(1, 0, 0, 1 + gap), { shape: [2, 2], backend });
    const turning = (x: Tensor) => sum(slice(eigh(x).vectors, [1, 0], [2, 1]));
    await expectClose(grad(first)(at(0.5)), [0, 0, 0, 0]);
    await expectClose(grad(turning)(at(2 ** -40)), [0, -(2 ** 39), -(2 ** 39), 0]);
    await expectClose(grad(turning)(at(2 ** -48)), [0, 0, 0, 0]);
    await expectClose(grad(turning)(at(33 * 2 ** -52)), [0, -(2 ** 52) / 66, -(2 ** 52) / 66, 0]); // 16·n = 32
    await expectClose(grad(turning)(at(32 * 2 ** -52)), [0, 0, 0, 0]);
    const coarse = (gap: number) => tensor(Float32Array.of(1, 0, 0, 1 + gap), { shape: [2, 2], backend });
    await expectClose(grad(turning)(coarse(2 ** -12)), [0, -(2 ** 11), -(2 ** 11), 0]);
    await expectClose(grad(turning)(coarse(2 ** -22)), [0, 0, 0, 0]);
    expect((await grad(turning)(coarse(33 * 2 ** -23)).data())[1]).toBeLessThan(-(2 ** 16));
    await expectClose(grad(turning)(coarse(32 * 2 ** -23)), [0, 0, 0, 0]);
  });

  it("gives NaN for what is not finite, and the rest of the batch is unharmed", async () => {
    const values = Float64Array.of(1, Number.NaN, 0, 2, 0, 3, 3, 0);
    const result = eigh(tensor(values, { shape: [2, 2, 2], backend }));
    await expectClose(result.values, [Number.NaN, Number.NaN, -3, 3]);
    expect((await result.vectors.data()).slice(0, 4).every(Number.isNaN)).toBe(true);
  });

  it("is computed in f64 and rounded to f32, ties included", async () => {
    const a = tensor(
      [
        [2, 1, 1],
        [1, 2, 1],
        [1, 1, 2],
      ],
      { backend },
    );
    const { values, vectors } = eigh(a);
    expect([values.dtype, vectors.dtype]).toEqual(["f32", "f32"]);
    await expectClose(values, [1, 1, 4], { tolerance: 2 ** -22 });
    const third = 1 / 3;
    const inside = [2 * third, -third, -third, -third, 2 * third, -third, -third, -third, 2 * third];
    await expectClose(grad(pairSum)(a), inside, { tolerance: 2 ** -21 });
  });
});

describe("eigh", () => {
  it("names the argument that is wrong", () => {
    expect(() => eigh(tensor([[1, 2]]))).toThrow(
      new ShapeError("eigh: a has shape [1, 2] but its two last axes must have one size"),
    );
    expect(() => eigh(tensor([1]))).toThrow(new ShapeError("eigh: a has shape [1] but must have 2 axes or more"));
    expect(() => eigh(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("eigh: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
