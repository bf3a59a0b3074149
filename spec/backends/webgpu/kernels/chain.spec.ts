import {
  arange,
  type Backend,
  broadcastTo,
  cumsum,
  evaluate,
  flip,
  full,
  less,
  not,
  slice,
  type Tensor,
  tensor,
  transposeLast,
  where,
  xor,
} from "cotangent";
import { describe, expect, it } from "vitest";
import { linearize } from "../../../../src/autodiff/program.js";
import type { DType } from "../../../../src/backends/backend.js";
import { schedule } from "../../../../src/backends/schedule/index.js";
import { compileKernel } from "../../../../src/backends/webgpu/kernels/compile.js";
import { gpu } from "../../../support/law.js";
import { countedBackend } from "../support/counted.js";
import { expectSame, type Make, makeOn, scattered } from "./on-both.js";

/** A matrix of different numbers. */
const matrix = (make: Make, rows: number, columns: number) =>
  make(scattered(rows * columns), { shape: [rows, columns] });

/** The texts of a program's shaders, each once. */
function shadersOf(program: (make: Make, backend: Backend) => Tensor<DType>): ReadonlySet<string> {
  const { kernels } = schedule(linearize([program(makeOn(gpu!), gpu!)]).program);
  const compiled = kernels.map((kernel) => compileKernel(kernel, { subgroups: true, sharedMemory: true })!);
  return new Set(compiled.flatMap(({ dispatches }) => dispatches.map(({ code }) => code)));
}

const lengths = [0, 1, 3, 4, 5, 255, 256, 257];

describe.skipIf(gpu === undefined)("a chain's loads", () => {
  it("are neighbours, whatever the size", async () => {
    for (const size of lengths)
      await expectSame((make) =>
        make(scattered(size))
          .mul(3)
          .sub(make(scattered(size))),
      );
  });

  it("begin anywhere in memory", async () => {
    for (const start of [1, 2, 3, 4, 8, 300]) {
      for (const size of [1, 4, 5, 64]) {
        await expectSame((make) => {
          const x = make(scattered(400));
          return slice(x, [start], [start + size]).mul(slice(x, [7], [7 + size]));
        });
      }
    }
  });

  it("are one value for all elements, from memory or handed over", async () => {
    await expectSame((make) => make(scattered(9)).add(slice(make([3, 5, 7]), [2], [3])));
    await expectSame((make) => make(scattered(9)).add(make([3], { shape: [] })));
    for (const value of [0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e30]) {
      await expectSame((_, backend) => full([7], value, { backend }));
      await expectSame((make) => make([1, -1, 0, Number.NaN, 5]).mul(value));
    }
    for (const value of [-(2 ** 31), 2 ** 31 - 1, -1]) {
      await expectSame((_, backend) => full([7], value, { backend, dtype: "i32" }));
    }
    for (const value of [2 ** 32 - 1, 0]) {
      await expectSame((_, backend) => full([7], value, { backend, dtype: "u32" }));
    }
    for (const value of [0, 1]) {
      await expectSame((make, backend) =>
        xor(make([0, 1, 0], { dtype: "bool" }), full([3], value, { backend, dtype: "bool" })),
      );
    }
  });

  it("follow the constants of each run, though the plan is one", async () => {
    for (const value of [1, 2, 2, -0, 0, Number.NaN, 3]) {
      await expectSame((make) => make([5, 0, -1]).mul(value));
      await expectSame((make, backend) =>
        where(less(make([1, 2, 3]), full([], value, { backend })), value, make([7, 8, 9])),
      );
    }
  });

  it("are rows, whose lengths are multiples of four or not", async () => {
    for (const columns of [1, 3, 4, 6, 8, 65]) {
      for (const rows of [2, 5]) {
        await expectSame((make) => matrix(make, rows, columns).add(make(scattered(columns))));
        await expectSame((make) => matrix(make, rows, columns).add(make(scattered(rows), { shape: [rows, 1] })));
        await expectSame((make) => make(scattered(columns)).add(make(scattered(rows), { shape: [rows, 1] }).mul(1000)));
      }
    }
  });

  it("are rows within rows, of which several views share their indices", async () => {
    for (const width of [4, 5]) {
      await expectSame((make) => {
        const x = make(scattered(6 * 8 * width), { shape: [6, 8, width] });
        const y = make(scattered(6 * width), { shape: [6, 1, width] });
        const inner = slice(x, [1, 2, 0], [5, 6, width]);
        return inner.mul(slice(y, [1], [5])).add(slice(x, [2, 4, 0], [6, 8, width]));
      });
    }
  });

  it("are rows of which some can be read by fours, and some cannot", async () => {
    for (const columns of [8, 9, 10, 11, 12]) {
      await expectSame((make) => slice(matrix(make, 5, columns), [0, 0], [5, 8]).add(1));
      await expectSame((make) => slice(matrix(make, 5, columns), [0, 2], [5, 6]).add(1));
    }
  });

  it("are walked along axes that differ from load to load", async () => {
    for (const [a, b, c] of [
      [2, 3, 4],
      [4, 6, 8],
      [3, 2, 5],
    ]) {
      await expectSame((make) => {
        const x = make(scattered(b * c), { shape: [1, b, c] });
        return x.mul(1000).add(make(scattered(a * b), { shape: [a, b, 1] }));
      });
    }
  });

  it("run along, across and back", async () => {
    for (const [rows, columns] of [
      [4, 8],
      [3, 5],
      [8, 6],
      [1, 7],
      [7, 1],
    ]) {
      await expectSame((make) => transposeLast(matrix(make, rows, columns)).add(1));
      await expectSame((make) => transposeLast(matrix(make, rows, columns)).add(matrix(make, columns, rows)));
      await expectSame((make) => flip(matrix(make, rows, columns)).add(1));
      await expectSame((make) => flip(matrix(make, rows, columns), 0).add(matrix(make, rows, columns)));
      await expectSame((make) => flip(matrix(make, rows, columns), 1).add(matrix(make, rows, columns)));
    }
  });

  it("skip elements", async () => {
    for (const steps of [
      [1, 2],
      [2, 1],
      [3, 2],
      [2, 3],
    ]) {
      await expectSame((make) => slice(matrix(make, 12, 17), [1, 2], [12, 17], { steps }).add(1));
      await expectSame((make) => flip(slice(matrix(make, 12, 16), [0, 1], [12, 16], { steps })).add(1));
    }
    await expectSame((make) => slice(make(scattered(90)), [1], [90], { steps: [3] }).add(1));
  });

  it("are four axes deep", async () => {
    await expectSame((make) => {
      const x = make(scattered(2 * 3 * 4 * 5), { shape: [2, 3, 4, 5] });
      return x
        .transpose([3, 1, 0, 2])
        .add(flip(x.transpose([3, 1, 0, 2]), [1, 3]))
        .add(1);
    });
  });

  it("are numbers that count, through views too", async () => {
    for (const dtype of ["f32", "i32", "u32"] as const) {
      for (const size of [1, 4, 7, 300]) await expectSame((_, backend) => arange(size, { backend, dtype }));
      await expectSame((_, backend) => slice(arange(40, { backend, dtype }), [3], [40], { steps: [5] }));
      await expectSame((_, backend) => flip(arange(9, { backend, dtype })));
      for (const columns of [4, 6]) {
        await expectSame((_, backend) => broadcastTo(arange(columns, { backend, dtype }), [3, columns]));
        await expectSame((_, backend) => broadcastTo(arange(3, { backend, dtype }).reshape([3, 1]), [3, columns]));
        await expectSame((_, backend) => transposeLast(arange(5 * columns, { backend, dtype }).reshape([5, columns])));
      }
    }
  });

  it("are truth values, however they are walked", async () => {
    const truth = (make: Make, rows: number, columns: number) =>
      make(
        scattered(rows * columns).map((x) => Number(x % 3 === 0)),
        { shape: [rows, columns], dtype: "bool" },
      );
    for (const columns of [4, 5]) {
      await expectSame((make) => not(truth(make, 6, columns)));
      await expectSame((make) => transposeLast(truth(make, 6, columns)).reshape([6 * columns]));
      await expectSame((make) => xor(truth(make, 6, columns), slice(truth(make, 2, columns), [1], [2])));
      await expectSame((make) => where(truth(make, 6, 1), matrix(make, 6, columns), 0));
    }
    await expectSame((make) => where(slice(make([0, 1], { dtype: "bool" }), [1], [2]), make(scattered(9)), 0));
  });

  it("may be nothing at all", async () => {
    await expectSame((make) => make([], { shape: [0, 3] }).add(make([1, 2, 3])));
    await expectSame((make) => matrix(make, 3, 4).reshape([12]));
  });
});

describe.skipIf(gpu === undefined)("a chain that takes over memory", () => {
  it("reads its own element, or that of others, before it writes", async () => {
    for (const size of lengths.filter((length) => length > 0)) {
      const made = (backend: Backend) => {
        const x = evaluate(tensor(Float32Array.from(scattered(size)), { backend }).add(0.5));
        return evaluate(x.mul(2).add(tensor([1], { backend })), { donate: x });
      };
      await expectSame((_, backend) => made(backend));
    }
  });

  it("takes it in the middle of a program, shapes of any rank", async () => {
    for (const columns of [3, 4]) {
      await expectSame((make) => {
        const x = matrix(make, 7, columns);
        const sums = x.sum(1, { keepDims: true }); // reads x once more
        return x.mul(2).sub(sums).sum(0).mul(3).add(1);
      });
    }
  });

  it("holds truth values", async () => {
    await expectSame((_, backend) => {
      const x = evaluate(less(tensor([1, 5, 2, 7, 0], { backend }), 3));
      return evaluate(not(x), { donate: x });
    });
  });
});

describe.skipIf(gpu === undefined)("a dispatch", () => {
  it("of more workgroups than fit in a row is folded", async () => {
    const { backend } = await countedBackend(({ limits }) => ({
      limits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
        maxComputeWorkgroupsPerDimension: 3,
      },
    }));
    for (const size of [3 * 1024, 3 * 1024 + 1, 4 * 1024, 7 * 1024 + 5]) {
      await expectSame((make) => make(scattered(size)).add(1), backend);
      await expectSame((make) => cumsum(make(new Array(size).fill(1)).reshape([size, 1]), 1), backend);
    }
    backend.dispose();
  });
});

describe.skipIf(gpu === undefined)("the shaders of a chain", () => {
  it("are the same whatever the sizes, the constants and what is in front", () => {
    const shifted = (size: number, start: number, value: number) =>
      shadersOf((make) => slice(make(scattered(size)), [start], [size]).mul(value));
    expect(shifted(40, 4, 0.5)).toEqual(shifted(800, 8, 7));
    expect(shifted(40, 3, 0.5)).toEqual(shifted(801, 2, 7));
    const sized = (rows: number, columns: number) =>
      shadersOf((make) => matrix(make, rows, columns).add(make(scattered(columns))));
    expect(sized(2, 8)).toEqual(sized(70, 400));
    expect(sized(2, 7)).toEqual(sized(70, 399));
    expect(sized(2, 7)).not.toEqual(sized(2, 8));
  });
});
