import { DTypeError, grad, qr, ShapeError, stack, sum, type Tensor, tensor, transposeLast } from "cotangent";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../../support/close.js";
import { law, onEveryBackend } from "../../../support/law.js";
import { opLaws } from "../../../support/op-laws.js";
import type { OpInput } from "../../op-row.js";
import { batchLaw } from "./support/batches.js";
import { matrices, wellConditioned } from "./support/matrices.js";

onEveryBackend("qr", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const [rows, columns] of [
    [1, 1],
    [3, 3],
    [5, 2],
    [6, 4],
  ]) {
    law(`q·r is the matrix again, of any rank: ${rows} × ${columns}`, matrices(rows, columns), async (a) => {
      const { q, r } = qr(on(a));
      await expectClose(q.matmul(r), a.values, { tolerance: 1e-12 });
      const identity = Array.from({ length: columns ** 2 }, (_, i) => (i % (columns + 1) === 0 ? 1 : 0));
      await expectClose(transposeLast(q).matmul(q), identity, { tolerance: 1e-12 });
      (await r.data()).forEach((x, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        if (row > column) expect(x).toBe(0);
        if (row === column) expect(x).toBeGreaterThanOrEqual(0);
      });
    });
  }

  law("the gradient through rᵀ·r = aᵀ·a is that of aᵀ·a", wellConditioned(3, 2), async (a) => {
    const weight = tensor(Float64Array.of(1, 2, 0, 3), { shape: [2, 2], backend });
    // rᵀr = aᵀa, so tr(rᵀr·w) has the gradient a·(w + wᵀ)
    const f = (x: Tensor) => sum(transposeLast(qr(x).r).matmul(qr(x).r).mul(weight));
    await expectClose(grad(f)(on(a)), on(a).matmul(weight.add(weight.transpose())));
  });

  batchLaw(
    wellConditioned(3, 2),
    (a) => {
      const { q, r } = qr(a);
      return [q, r];
    },
    backend,
  );
  opLaws({ name: "q", inputs: wellConditioned(3, 2).map((a) => [a]), apply: (a) => qr(a).q }, backend);
  opLaws({ name: "r", inputs: wellConditioned(3, 2).map((a) => [a]), apply: (a) => qr(a).r }, backend);
  opLaws(
    { name: "both, square", inputs: wellConditioned(3, 3).map((a) => [a]), apply: (a) => stack([qr(a).q, qr(a).r]) },
    backend,
  );

  it("keeps its digits at extreme scales, and completes the basis of a zero matrix", async () => {
    const values = Float64Array.of(3, 1, 4, 2, 0, 5);
    for (const scale of [1e-200, 1e200]) {
      const { q, r } = qr(
        tensor(
          values.map((x) => x * scale),
          { shape: [3, 2], backend },
        ),
      );
      await expectClose(q.matmul(r.mul(1 / scale)), values, { tolerance: 1e-14 });
    }
    const { q, r } = qr(tensor(new Float64Array(6), { shape: [3, 2], backend }));
    await expectClose(q, [1, 0, 0, 1, 0, 0]);
    await expectClose(r, [0, 0, 0, 0]);
  });

  it("decomposes batches, in f32 too, and empty matrices", async () => {
    const { q, r } = qr(
      tensor(
        [
          [[3], [4]],
          [[0], [-2]],
        ],
        { backend },
      ),
    );
    expect([q.dtype, r.dtype]).toEqual(["f32", "f32"]);
    await expectClose(q, [0.6, 0.8, 0, -1], { tolerance: 2 ** -23 });
    await expectClose(r, [5, 2]);
    const empty = qr(tensor(new Float64Array(0), { shape: [2, 0], backend }));
    expect([empty.q.shape, empty.r.shape]).toEqual([
      [2, 0],
      [0, 0],
    ]);
    await expectClose(empty.q, []);
  });
});

describe("qr", () => {
  it("names the argument that is wrong", () => {
    expect(() => qr(tensor([[1, 2]]))).toThrow(
      new ShapeError("qr: a has shape [1, 2] but must have as many rows as columns or more; decompose its transpose"),
    );
    expect(() => qr(tensor([1]))).toThrow(new ShapeError("qr: a has shape [1] but must have 2 axes or more"));
    expect(() => qr(tensor(Int32Array.of(1), { shape: [1, 1] }) as never)).toThrow(
      new DTypeError("qr: a is i32 but must be f32 or f64; cast it"),
    );
  });
});
