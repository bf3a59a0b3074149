import { exp, greater, type Tensor } from "cotangent";
import { afterAll, describe, expect, it } from "vitest";
import { linearize } from "../../../../src/autodiff/program.js";
import { schedule } from "../../../../src/backends/schedule/index.js";
import { compileKernel } from "../../../../src/backends/webgpu/kernels/compile.js";
import type { Abilities } from "../../../../src/backends/webgpu/kernels/dispatch.js";
import { gpu } from "../../../support/law.js";
import { countedBackend } from "../support/counted.js";
import { layouts, productOf, type Sizes, small } from "./matrices.js";
import { expectSame, type Make, makeOn } from "./on-both.js";

// A software device takes long to compile these: a few cases for each path.

const opened = gpu && (await countedBackend(() => ({}), { isSoftware: false }));
afterAll(() => opened?.backend.dispose());

describe.skipIf(opened === undefined)("matmul in tiles", () => {
  const { backend } = opened!;

  it("multiplies matrices that fill no tile, however they lie in memory", async () => {
    for (const [a, b] of layouts) await expectSame((make) => productOf(make, [65, 33, 67], { a, b }), backend);
  });

  it("multiplies matrices of which fours are read, also from an offset", async () => {
    for (const [a, b] of layouts) {
      await expectSame((make) => productOf(make, [72, 36, 68], { a, b }), backend);
      await expectSame((make) => productOf(make, [72, 36, 68], { a, b, from: 4 }), backend);
    }
  });

  it("splits long sums into parts that differ in size", async () => {
    await expectSame((make) => productOf(make, [20, 1028, 20], { a: false, b: false }), backend);
    await expectSame((make) => productOf(make, [18, 1031, 19], { a: false, b: false }), backend);
  });

  it("multiplies whole numbers", async () => {
    await expectSame((make) => productOf(make, [20, 20, 20], { dtype: "i32", a: false, b: false }), backend);
  });

  it("multiplies batches, of which one side may have but one matrix", async () => {
    const batched = (make: Make, batch: number, height: number, width: number) =>
      make(small(batch * height * width), { shape: [batch, height, width] });
    for (const [a, b] of [
      [3, 3],
      [1, 3],
    ]) {
      await expectSame((make) => batched(make, a, 68, 20).matmul(batched(make, b, 20, 24)), backend);
    }
  });

  it("goes on with the product", async () => {
    for (const columns of [24, 23]) {
      await expectSame((make) => {
        const product = productOf(make, [18, 20, columns], { a: false, b: false }) as Tensor;
        const row = make(small(columns));
        return greater(product.add(row), make(small(18), { shape: [18, 1] }));
      }, backend);
    }
  });
});

describe.skipIf(gpu === undefined)("the shaders of a product", () => {
  const shaders = ([rows, inner, columns]: Sizes, abilities: Abilities): ReadonlySet<string> => {
    const make = makeOn(gpu!);
    const a = make(small(rows * inner), { shape: [rows, inner] });
    const b = make(small(inner * columns), { shape: [inner, columns] });
    const { kernels } = schedule(linearize([exp(a.matmul(b).add(make(small(columns))))]).program);
    const compiled = kernels.map((kernel) => compileKernel(kernel, abilities)!);
    return new Set(compiled.flatMap(({ dispatches }) => dispatches.map(({ code }) => code)));
  };

  it("are the same whatever the sizes", () => {
    for (const sharedMemory of [true, false]) {
      for (const subgroups of [true, false]) {
        for (const [a, b] of [
          [
            [4, 8, 12],
            [300, 16, 8],
          ],
          [
            [300, 20, 24],
            [400, 40, 80],
          ],
          [
            [300, 21, 25],
            [401, 39, 83],
          ],
          [
            [2, 2001, 2],
            [3, 3001, 3],
          ],
        ] as const) {
          expect(shaders(a, { sharedMemory, subgroups })).toEqual(shaders(b, { sharedMemory, subgroups }));
        }
      }
    }
  });
});
