import { all, any, broadcastTo, cast, max, min, sum, type Tensor, tensor } from "cotangent";
import { afterAll, describe, expect, it } from "vitest";
import { linearize } from "../../../../src/autodiff/program.js";
import type { DType } from "../../../../src/backends/backend.js";
import { schedule } from "../../../../src/backends/schedule/index.js";
import { compileKernel } from "../../../../src/backends/webgpu/kernels/compile.js";
import type { Abilities } from "../../../../src/backends/webgpu/kernels/dispatch.js";
import { gpu } from "../../../support/law.js";
import { openEach } from "./abilities.js";
import { expectSame, makeOn, scattered } from "./on-both.js";

type Sizes = readonly [outer: number, length: number, inner: number];

/** Columns; rows that one invocation totals; rows that a workgroup does; and each of them in parts. */
const columns: readonly Sizes[] = [
  [1, 5, 3],
  [3, 1, 4],
  [2, 70, 8],
  [1, 5000, 6],
];
const shortRows: readonly Sizes[] = [
  [1, 2, 1],
  [7, 63, 1],
  [300, 8, 1],
];
const longRows: readonly Sizes[] = [
  [3, 65, 1],
  [5, 300, 1],
  [70, 257, 1],
];
const inParts: readonly Sizes[] = [
  [1, 8192, 1],
  [2, 10_000, 1],
  [1, 8192, 3],
  [1, 9001, 1],
];

const sizes = { columns, "short rows": shortRows, "long rows": longRows, "rows in parts": inParts };

const devices = (await openEach()).filter(({ abilities }) => abilities.sharedMemory || abilities.subgroups);
afterAll(() => {
  for (const { backend } of devices) backend.dispose();
});

const operations = { sum, max, min };

const isOf = (dtype: DType) => (x: number) => (dtype === "bool" ? Number(x % 2 === 0) : dtype === "u32" ? x >>> 0 : x);

function sample(dtype: DType, [outer, length, inner]: Sizes) {
  return {
    values: scattered(outer * length * inner).map(isOf(dtype)),
    options: { dtype, shape: [outer, length, inner] },
  };
}

describe.skipIf(gpu === undefined)("reductions", () => {
  for (const [kind, list] of Object.entries(sizes)) {
    for (const { name, backend: device, abilities } of devices) {
      if (!kind.startsWith("long") && !abilities.subgroups) continue; // the same shaders
      it(`total ${kind} of each dtype, ${name}`, async () => {
        for (const size of list) {
          for (const dtype of ["f32", "i32", "u32"] as const) {
            const { values, options } = sample(dtype, size);
            for (const operation of Object.values(operations)) {
              await expectSame((make) => operation(make(values, options), 1), device);
            }
          }
        }
      });
    }

    it(`find whether any or all hold among ${kind}`, async () => {
      for (const [outer, length, inner] of list) {
        const shape = [outer, length, inner];
        for (const isRare of [true, false]) {
          const values = scattered(outer * length * inner).map((x) => Number((x % 97 === 0) === isRare));
          for (const operation of [any, all])
            await expectSame((make) => operation(make(values, { dtype: "bool", shape }), 1));
        }
      }
    });

    it(`carry NaN and infinities through ${kind}`, async () => {
      for (const [outer, length, inner] of list) {
        const shape = [outer, length, inner];
        for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const values = scattered(outer * length * inner).map((x, i) =>
            i === Math.floor((length * inner) / 2) ? odd : x,
          );
          for (const operation of Object.values(operations))
            await expectSame((make) => operation(make(values, { shape }), 1));
        }
      }
    });
  }

  it("begin with what changes nothing: all negative, all positive, none", async () => {
    for (const length of [0, 3, 64, 300]) {
      for (const sign of [1, -1]) {
        for (const dtype of ["f32", "i32"] as const) {
          const values = new Array(2 * length).fill(sign * 5);
          await expectSame((make) => max(make(values, { dtype, shape: [2, length] }), 1).add(0));
          await expectSame((make) => min(make(values, { dtype, shape: [2, length] }), 1).add(0));
          await expectSame((make) => sum(make(values, { dtype, shape: [2, length] }), 1).add(0));
        }
      }
    }
    await expectSame((make) => sum(make([], { shape: [0, 3] }), 1));
  });

  it("give infinities and the ends of whole numbers for maxima and minima of those", async () => {
    for (const dtype of ["f32", "i32", "u32"] as const) {
      const [low, high] = { f32: [-Infinity, Infinity], i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] }[dtype];
      for (const length of [3, 300]) {
        await expectSame((make) => max(make(new Array(length).fill(low), { dtype })));
        await expectSame((make) => min(make(new Array(length).fill(high), { dtype })));
      }
    }
  });

  it("wrap sums of whole numbers", async () => {
    for (const dtype of ["i32", "u32"] as const) {
      await expectSame((make) => sum(make(new Array(5000).fill(2 ** 30), { dtype })));
    }
  });

  it("read through chains and views", async () => {
    for (const length of [20, 21, 500]) {
      await expectSame((make) => {
        const x = make(scattered(6 * length), { shape: [6, length] });
        return sum(x.mul(2).add(make(scattered(length))), 1);
      });
      await expectSame((make) =>
        sum(
          make(scattered(6 * length), { shape: [length, 6] })
            .transpose()
            .mul(2),
          1,
        ),
      );
      await expectSame((make) => sum(cast(make(scattered(6 * length), { shape: [length, 6] }), "i32"), 0));
    }
  });

  it("do not pile up rounding: a million positive numbers, to 1e-6", async () => {
    const values = Float32Array.from({ length: 1_000_000 }, (_, i) => 0.1 + Math.sin(i) ** 2);
    const exact = values.reduce((a, b) => a + b, 0);
    for (const { backend: device } of devices) {
      const x: Tensor = tensor(values, { backend: device });
      const totals = [await sum(x).item(), ...(await sum(x.reshape([1_000_000, 1]), 0).data())];
      const across = await sum(x.reshape([250_000, 4]), 0).data();
      for (const total of [...totals, Array.from(across).reduce((a, b) => a + b, 0)]) {
        expect(Math.abs(total - exact)).toBeLessThanOrEqual(1e-6 * exact);
      }
    }
  });

  it("do not pile up rounding in sums that nothing splits", async () => {
    const length = 8000;
    for (const { backend } of devices) {
      const totals = await sum(broadcastTo(tensor([0.1], { backend }), [length, 4096]), 0).data();
      const exact = length * Math.fround(0.1);
      for (const total of totals) expect(Math.abs(total - exact)).toBeLessThanOrEqual(1e-6 * exact); // one by one: 1e-5
    }
  });

  it("have more workgroups than fit in a row", async () => {
    const { backend } = devices.find(({ abilities }) => abilities.sharedMemory)!;
    const rows = 65_535 + 2;
    const values = Float32Array.from({ length: rows * 68 }, (_, i) => (i % 68 === 7 ? Math.floor(i / 68) : 0));
    const totals = await sum(tensor(values, { shape: [rows, 68], backend }), 1).data();
    expect(totals.findIndex((total, i) => total !== i)).toBe(-1);
  });
});

describe.skipIf(gpu === undefined)("the shaders of reductions", () => {
  it("are the same whatever the sizes", () => {
    const shaders = (shape: Sizes, abilities: Abilities): ReadonlySet<string> => {
      const x = makeOn(gpu!)(scattered(shape[0] * shape[1] * shape[2]), { shape });
      const { kernels } = schedule(linearize([sum(x, 1)]).program);
      const compiled = kernels.map((kernel) => compileKernel(kernel, abilities)!);
      return new Set(compiled.flatMap(({ dispatches }) => dispatches.map(({ code }) => code)));
    };
    for (const { abilities } of devices) {
      expect(shaders([2, 5, 8], abilities)).toEqual(shaders([3, 70, 12], abilities));
      expect(shaders([2, 5, 7], abilities)).toEqual(shaders([3, 70, 9], abilities));
      expect(shaders([2, 8, 1], abilities)).toEqual(shaders([70, 64, 1], abilities));
      expect(shaders([2, 80, 1], abilities)).toEqual(shaders([5000, 640, 1], abilities));
      expect(shaders([2, 1024, 1], abilities)).toEqual(shaders([3, 8192, 1], abilities));
    }
  });
});
