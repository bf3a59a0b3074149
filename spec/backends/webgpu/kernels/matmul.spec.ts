import { broadcastTo, cast, greater, slice, type Tensor, transposeLast } from "cotangent";
import { afterAll, describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { openEach } from "./abilities.js";
import { layouts, productOf, type Sizes, small } from "./matrices.js";
import { expectSame, type Make, makeOn, onBoth } from "./on-both.js";

const sizes: readonly Sizes[] = [
  ...([
    [1, 1, 1],
    [4, 4, 4],
    [5, 3, 7],
    [1, 9, 8],
    [8, 6, 1],
    [3, 0, 2],
  ] as const),
  ...([
    [17, 17, 17],
    [20, 18, 24],
    [64, 32, 68],
    [65, 33, 63],
  ] as const),
];

/** Few elements of long sums, which are split into parts, also such as differ in size. */
const long: readonly Sizes[] = [
  [3, 2000, 5],
  [4, 1025, 8],
  [20, 700, 20],
  [18, 1031, 19],
];

const devices = (await openEach()).filter(({ abilities }) => !abilities.sharedMemory);
afterAll(() => {
  for (const { backend } of devices) backend.dispose();
});

for (const { name, backend } of devices) {
  describe(`matmul ${name}`, () => {
    const expectProduct = async (size: Sizes, dtype: DType, from = 0) => {
      for (const [a, b] of layouts) await expectSame((make) => productOf(make, size, { dtype, a, b, from }), backend);
    };

    it("multiplies matrices of all sizes, however they lie in memory", async () => {
      for (const size of sizes) await expectProduct(size, "f32");
    });

    it("multiplies matrices that begin anywhere in memory", async () => {
      for (const size of [
        [5, 3, 7],
        [20, 18, 24],
      ] as const) {
        for (const from of [1, 2, 4]) await expectProduct(size, "f32", from);
      }
    });

    it("multiplies matrices of which columns are left out, and batches that are not in one piece", async () => {
      for (const steps of [
        [1, 1],
        [1, 2],
        [2, 3],
      ]) {
        await expectSame((make) => {
          const left = slice(make(small(40 * 64), { shape: [40, 64] }), [0, 2], [40, 64], { steps });
          return left.matmul(make(small(left.shape[1] * 20), { shape: [left.shape[1], 20] }));
        }, backend);
      }
      await expectSame((make) => {
        const left = make(small(6 * 4 * 5), { shape: [6, 4, 5] }).transpose([1, 0, 2]);
        return left.matmul(make(small(4 * 5 * 8), { shape: [4, 5, 8] }));
      }, backend);
    });

    it("splits long sums", async () => {
      for (const size of long) await expectProduct(size, "f32");
    });

    it("multiplies whole numbers, which wrap", async () => {
      for (const dtype of ["i32", "u32"] as const) {
        for (const size of [
          [5, 3, 7],
          [20, 20, 20],
          [3, 2000, 5],
        ] as const) {
          await expectSame((make) => productOf(make, size, { dtype, a: false, b: false }), backend);
        }
      }
      const x = makeOn(backend)(new Array(400).fill(2 ** 30 + 3), { dtype: "i32", shape: [20, 20] });
      const squares = await (x as Tensor<DType> as Tensor).matmul(x as Tensor<DType> as Tensor).data();
      expect([...squares]).toEqual(new Array(400).fill(180)); // 20 · (2³⁰ + 3)² = 20 · 9 modulo 2³²
    });

    it("multiplies batches, of which one side may have but one matrix", async () => {
      const batched = (make: Make, batch: number, height: number, width: number) =>
        make(small(batch * height * width), { shape: [batch, height, width] });
      for (const [rows, inner, columns] of [
        [3, 5, 2],
        [4, 4, 4],
        [20, 17, 24],
        [2, 900, 3],
      ]) {
        for (const [a, b] of [
          [3, 3],
          [1, 3],
          [3, 1],
        ]) {
          await expectSame((make) => batched(make, a, rows, inner).matmul(batched(make, b, inner, columns)), backend);
        }
        await expectSame((make) => {
          const right = transposeLast(batched(make, 3, columns, inner));
          return broadcastTo(batched(make, 1, rows, inner), [3, rows, inner]).matmul(right);
        }, backend);
      }
    });

    it("goes on with the product: broadcasts, other shapes, truth values", async () => {
      for (const size of [
        [4, 6, 8],
        [18, 20, 23],
        [2, 900, 3],
      ] as const) {
        const [rows, , columns] = size;
        const multiply = (make: Make) => productOf(make, size, { a: false, b: false }) as Tensor;
        const row = (make: Make) => make(small(columns));
        const column = (make: Make) => make(small(rows), { shape: [rows, 1] });
        await expectSame(
          (make) =>
            multiply(make)
              .mul(2)
              .reshape([rows * columns]),
          backend,
        );
        await expectSame((make) => greater(multiply(make).sub(column(make).mul(1000)), row(make)), backend);
        await expectSame((make) => {
          const z = multiply(make);
          const turned = transposeLast(make(small(rows * columns), { shape: [columns, rows] }));
          return cast(z.mul(z).add(turned), "i32");
        }, backend);
      }
    });

    it("carries NaN and infinities to their rows, and no further", async () => {
      for (const [rows, inner, columns] of [
        [5, 6, 7],
        [20, 18, 21],
        [3, 1030, 5],
      ]) {
        for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
          await expectSame((make) => {
            const values = small(rows * inner);
            values[2 * inner + inner - 1] = odd;
            values[inner] = odd; // behind row 0
            const left = make(values, { shape: [rows, inner] });
            return left.matmul(make(new Array(inner * columns).fill(2), { shape: [inner, columns] }));
          }, backend);
        }
      }
    });

    it("rounds no worse than the terms of its sums allow", async () => {
      for (const [rows, inner, columns] of [
        [7, 50, 9],
        [40, 300, 40],
        [2, 3000, 2],
      ]) {
        const multiply = (value: (i: number) => number) =>
          onBoth((make) => {
            const left = Array.from({ length: rows * inner }, (_, i) => value(i));
            const right = Array.from({ length: inner * columns }, (_, i) => value(i + 0.5));
            return make(left, { shape: [rows, inner] }).matmul(make(right, { shape: [inner, columns] }));
          }, backend);
        const [found, expected] = await multiply(Math.sin);
        const [, most] = await multiply((i) => Math.abs(Math.sin(i)));
        found.forEach((value, i) => {
          expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(inner * 2 ** -24 * most[i]);
        });
      }
    });
  });
}
