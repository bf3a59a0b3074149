import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gpu } from "../../../support/law.js";
import type { Call } from "../../kernel-call.js";
import { idsOf, offsets, size } from "../../wasm/kernels/elements.js";
import { dispatchesOf, expectAgreement, law, numberDTypes, shadersOf, termsOf } from "./agreement.js";

/** Ids that look for their like among all, and more, which are sorted. */
const counts = fc.oneof(
  { weight: 3, arbitrary: size(12) },
  { weight: 1, arbitrary: fc.constantFrom(511, 512, 513, 1000) },
);

const shapes = fc.record({
  rows: fc.oneof(size(9), fc.constantFrom(15, 16, 17, 300)),
  width: fc.oneof(size(5), fc.constantFrom(8, 16, 17, 20, 33)),
  count: counts,
  offset: fc.constantFrom(0, 1, 4),
  idOffset: offsets,
  donated: fc.boolean(),
  distinct: fc.boolean(),
});

const samples = fc.record({ sizes: shapes, dtype: numberDTypes }).chain(({ sizes, dtype }) =>
  fc.record({
    sizes: fc.constant(sizes),
    dtype: fc.constant(dtype),
    base: fc.oneof(termsOf(dtype, sizes.rows * sizes.width), fc.constantFrom(0, 3)),
    ids: idsOf(sizes.rows, sizes.count),
    rows: termsOf(dtype, sizes.count * sizes.width),
  }),
);

describe.skipIf(gpu === undefined)("scatterAdd", () => {
  const name = "adds rows in their order, to a copy or in place or to a constant";
  law(name, samples, async ({ sizes, dtype, base, ids, rows }) => {
    await expectAgreement({
      op: "scatterAdd",
      inputs: [
        { dtype, shape: [sizes.rows, sizes.width], values: base, offset: sizes.donated ? 0 : sizes.offset },
        {
          dtype: "i32",
          shape: [sizes.count],
          values: sizes.distinct ? ids.map((id, i) => (ids.indexOf(id) === i ? id : -1)) : ids,
          offset: sizes.idOffset,
        },
        { dtype, shape: [sizes.count, sizes.width], values: rows, offset: sizes.offset },
      ],
      shape: [sizes.rows, sizes.width],
      dtype,
      attributes: { distinct: sizes.distinct },
      donated: sizes.donated && typeof base !== "number",
    });
  });

  it("adds to one row as often as it is asked to, in order", async () => {
    for (const count of [512, 3000]) {
      const values = Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i % 7)));
      await expectAgreement(scatter({ rows: 3, width: 1, ids: new Array(count).fill(1), values }));
    }
  });

  it("tells the first rows from those out of range", async () => {
    for (const rows of [1, 15, 16, 17, 256]) {
      const ids = Array.from({ length: 1000 }, (_, i) => [0, rows, rows - 1, -1][i % 4]);
      await expectAgreement(scatter({ rows, width: 1, ids, values: ids.map((_, i) => i) }));
    }
  });
});

interface Scatter {
  readonly rows: number;
  readonly width: number;
  readonly ids: readonly number[];
  readonly values: readonly number[];
  readonly donated?: boolean;
  readonly distinct?: boolean;
}

function scatter({ rows, width, ids, values, donated = false, distinct = false }: Scatter): Call {
  return {
    op: "scatterAdd",
    inputs: [
      { dtype: "f32", shape: [rows, width], values: new Array(rows * width).fill(1) },
      { dtype: "i32", shape: [ids.length], values: ids },
      { dtype: "f32", shape: [ids.length, width], values },
    ],
    shape: [rows, width],
    dtype: "f32",
    attributes: { distinct },
    donated,
  };
}

describe("the shaders of scatterAdd", () => {
  const sized = (rows: number, count: number, distinct: boolean) =>
    scatter({ rows, width: 8, ids: new Array(count).fill(0), values: [], donated: true, distinct });

  it("touch only the rows that are added to, where memory is taken over", () => {
    for (const [count, distinct] of [
      [100, true],
      [100, false],
      [5000, false],
    ] as const) {
      const work = [1100, 2000].map((rows) =>
        dispatchesOf(sized(rows, count, distinct)).reduce((sum, { workgroups }) => sum + workgroups, 0),
      );
      expect(work[0]).toBe(work[1]);
    }
  });

  it("are the same whatever the sizes", () => {
    expect(shadersOf(sized(1000, 100, false))).toEqual(shadersOf(sized(77, 512, false)));
    expect(shadersOf(sized(1000, 1000, false))).toEqual(shadersOf(sized(7000, 4000, false)));
  });
});
