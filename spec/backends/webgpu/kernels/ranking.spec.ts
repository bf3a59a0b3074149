import { argsort as argsortOf, tensor, topK as topKOf } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { argsort, topK } from "../../../../src/backends/reference/ordering.js";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { elementsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { dtypes, expectAgreement, law, shadersOf } from "./agreement.js";

/** Rows whose elements count those in front of them, and longer ones, which are sorted by digits. */
const lengths = fc.oneof(
  { weight: 2, arbitrary: fc.record({ rows: size(4), length: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { rows: 33, length: 128 },
      { rows: 33, length: 129 },
      { rows: 3, length: 600 },
      { rows: 1, length: 725 },
      { rows: 2, length: 800 },
    ),
  },
);

const cases = fc
  .record({ lengths, dtype: dtypes, offset: offsets })
  .map(({ lengths, ...rest }) => ({ ...lengths, ...rest }))
  .chain((sizes) =>
    fc.record({ sizes: fc.constant(sizes), values: elementsOf(sizes.dtype, sizes.rows * sizes.length) }),
  );

interface Rows {
  readonly rows: number;
  readonly length: number;
  readonly dtype: DType;
  readonly offset?: number;
}

function sorting({ rows, length, dtype, offset = 0 }: Rows, values: readonly number[], descending: boolean): Call {
  return {
    op: "argsort",
    inputs: [{ dtype, shape: [rows, length], values, offset }],
    shape: [rows, length],
    dtype: "i32",
    attributes: { descending },
    host: argsort,
  };
}

function selection({ rows, length, dtype, offset = 0 }: Rows, values: readonly number[], k: number): Call {
  return {
    op: "topK",
    inputs: [{ dtype, shape: [rows, length], values, offset }],
    shape: [rows, k],
    dtype: "i32",
    attributes: { k },
    host: topK,
  };
}

/** Many equals, all dtypes' extremes, and of floats NaN, both zeros and infinities. */
function motley(dtype: DType, count: number): number[] {
  const odd = dtype === "f32" ? [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-42] : [0];
  const [least, most] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, dtype === "bool" ? 1 : 2 ** 32 - 1];
  return Array.from({ length: count }, (_, i) => {
    const x = Math.sin(i * 12.9898) * 43758.5453;
    const share = x - Math.floor(x);
    if (i % 11 === 0) return odd[(i / 11) % odd.length];
    if (i % 13 === 0) return dtype === "f32" ? -share : i % 2 === 0 ? least : most;
    if (dtype === "bool") return share < 0.5 ? 0 : 1;
    return dtype === "f32" ? Math.round(share * 2000 - 1000) / 8 : Math.floor(least + share * (most - least));
  });
}

describe.skipIf(gpu === undefined)("argsort", () => {
  law("sorts rows of any dtype either way, equals in their order", cases, fc.boolean(), async (sample, descending) => {
    await expectAgreement(sorting(sample.sizes, sample.values, descending));
  });

  it("sorts rows of many chunks", async () => {
    for (const dtype of ["f32", "i32", "u32", "bool"] as const) {
      await expectAgreement(sorting({ rows: 2, length: 5003, dtype }, motley(dtype, 10_006), dtype === "i32"));
    }
  });
});

describe.skipIf(gpu === undefined)("topK", () => {
  const shares = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.01, 0.05, 0.25, 0.3, 1));

  law("finds the largest of rows of any dtype, the earlier of equals first", cases, shares, async (sample, share) => {
    await expectAgreement(selection(sample.sizes, sample.values, Math.ceil(share * sample.sizes.length)));
  });

  it("finds them in rows of many parts", async () => {
    for (const dtype of ["f32", "i32", "u32", "bool"] as const) {
      const values = motley(dtype, 3 * 7001);
      for (const k of [1, 6, 256, 257]) await expectAgreement(selection({ rows: 3, length: 7001, dtype }, values, k));
    }
    for (const k of [5, 200]) {
      await expectAgreement(selection({ rows: 1, length: 300_000, dtype: "f32" }, motley("f32", 300_000), k));
    }
  });

  it("finds the least that there is where there is nothing larger", async () => {
    const values = new Array(4000).fill(-(2 ** 31));
    await expectAgreement(selection({ rows: 1, length: 4000, dtype: "i32" }, values, 250));
  });
});

describe.skipIf(gpu === undefined)("NaN", () => {
  it("has one place whatever its sign", async () => {
    for (const length of [8, 800]) {
      const bits = new Uint32Array(length).map((_, i) => [0xff80_0001, 0x3f80_0000, 0x7fff_ffff, 0xffc0_0000][i % 4]);
      const values = tensor(new Float32Array(bits.buffer), { backend: gpu! });
      const ones = Array.from({ length: length / 4 }, (_, i) => 4 * i + 1);
      const others = Array.from({ length }, (_, i) => i).filter((i) => i % 4 !== 1);
      expect([...(await argsortOf(values).data())]).toEqual([...ones, ...others]);
      expect([...(await topKOf(values, length / 8).indices.data())]).toEqual(others.slice(0, length / 8));
    }
  });
});

describe("the shaders of a ranking", () => {
  it("are the same whatever the sizes", () => {
    const rows = (length: number): Rows => ({ rows: 2, length, dtype: "f32" });
    expect(shadersOf(sorting(rows(10), [], true))).toEqual(shadersOf(sorting(rows(100), [], true)));
    expect(shadersOf(sorting(rows(2000), [], true))).toEqual(shadersOf(sorting(rows(4000), [], true)));
    expect(shadersOf(selection(rows(20_000), [], 5))).toEqual(shadersOf(selection(rows(9000), [], 8)));
  });
});
