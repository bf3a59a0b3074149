import {
  abs,
  add,
  and,
  cast,
  ceil,
  div,
  equal,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  neg,
  not,
  notEqual,
  or,
  remainder,
  round,
  shiftLeft,
  shiftRight,
  sign,
  sqrt,
  sub,
  type Tensor,
  truncate,
  where,
  xor,
} from "cotangent";
import { describe, expect, it } from "vitest";
import type { DType } from "../../../../src/backends/backend.js";
import { gpu } from "../../../support/law.js";
import { expectSame, onBoth } from "./on-both.js";

type Binary = (a: Tensor<never>, b: Tensor<never>) => Tensor<DType>;

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const most = 3.4028234663852886e38;

/** Numbers at which operations turn. */
const values: Readonly<Record<DType, readonly number[]>> = {
  f32: [
    ...[0, -0, nan, infinity, -infinity, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.49999997, -0.49999997, 3.7, -3.7],
    ...[2 ** 23 + 1, -(2 ** 23) - 1, 2 ** 22 + 0.5, most, -most, 7, -3],
    ...[2 ** 31, 2 ** 31 - 128, -(2 ** 31), -(2 ** 31) - 256, 2 ** 32, 2 ** 32 - 256, 4e9, -0.9, 1e20, -1e20],
  ],
  f64: [],
  i32: [0, 1, -1, 2, -2, 7, -7, 31, 32, 33, -32, 2 ** 31 - 1, -(2 ** 31), 65536, 2 ** 24 + 1, 123456789, -123456789],
  u32: [0, 1, 2, 7, 31, 32, 33, 2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 65536, 2 ** 24 + 1, 4294967040, 123456789],
  bool: [0, 1],
};

/** Each value with each, and in either number of lanes. */
async function expectPairs(dtype: DType, operation: Binary): Promise<void> {
  const all = values[dtype];
  const pairs = all.flatMap((a) => all.map((b) => [a, b]));
  await expectSame((make) => {
    const [a, b] = [0, 1].map(
      (i) =>
        make(
          pairs.map((pair) => pair[i]),
          { dtype },
        ) as Tensor<never>,
    );
    return operation(a, b);
  });
}

async function expectEach(dtype: DType, operation: (x: Tensor<never>) => Tensor<DType>): Promise<void> {
  await expectSame((make) => operation(make(values[dtype], { dtype }) as Tensor<never>));
}

const comparisons = { equal, notEqual, less, lessEqual, greater, greaterEqual };
const bitwise = { and, or, xor };
const extremes = { maximum, minimum };

describe.skipIf(gpu === undefined)("elementwise operations", () => {
  for (const dtype of ["f32", "i32", "u32", "bool"] as const) {
    it(`compare ${dtype}, of which NaN is unequal to all`, async () => {
      for (const operation of Object.values(comparisons)) await expectPairs(dtype, operation as Binary);
    });

    it(`choose the larger and the smaller of ${dtype}, NaN before all, zero before its negative`, async () => {
      for (const operation of Object.values(extremes)) await expectPairs(dtype, operation as Binary);
    });

    it(`choose between ${dtype} by a mask`, async () => {
      await expectPairs(dtype, (a, b) => where(less(a, b), a, b));
    });
  }

  it("do arithmetic on floats", async () => {
    for (const operation of [add, sub, mul]) await expectPairs("f32", operation as Binary);
  });

  it("divide and take roots within a few units in the last place", async () => {
    const far = (found: number, expected: number) =>
      !Object.is(found, expected) && !(Math.abs(found - expected) <= 4 * 2 ** -23 * Math.abs(expected) + 2 ** -126);
    const finite = values.f32.filter((x) => Math.abs(x) < 2 ** 100);
    const pairs = finite.flatMap((a) => finite.filter((b) => b !== 0).map((b) => [a, b]));
    const quotients = await onBoth((make) => div(make(pairs.map(([a]) => a)), make(pairs.map(([, b]) => b))));
    expect(quotients[0].findIndex((value, i) => far(value, quotients[1][i]))).toBe(-1);
    const roots = await onBoth((make) => sqrt(make(finite.map(Math.abs))));
    expect(roots[0].findIndex((value, i) => far(value, roots[1][i]))).toBe(-1);
  });

  it("round floats: half to even, and either way, and off", async () => {
    for (const operation of [round, floor, ceil, truncate, abs, sign, neg]) {
      await expectEach("f32", operation as (x: Tensor<never>) => Tensor<DType>);
    }
  });

  for (const dtype of ["i32", "u32"] as const) {
    it(`do arithmetic on ${dtype} that wraps, and divide by nothing to 0`, async () => {
      for (const operation of [add, sub, mul, div, remainder]) await expectPairs(dtype, operation as Binary);
      await expectEach(dtype, neg as (x: Tensor<never>) => Tensor<DType>);
    });

    it(`handle the bits of ${dtype}, shifts by their last five`, async () => {
      for (const operation of [...Object.values(bitwise), shiftLeft, shiftRight]) {
        await expectPairs(dtype, operation as Binary);
      }
      await expectEach(dtype, not as (x: Tensor<never>) => Tensor<DType>);
    });
  }

  it("combine truth values", async () => {
    for (const operation of Object.values(bitwise)) await expectPairs("bool", operation as Binary);
    await expectEach("bool", not as (x: Tensor<never>) => Tensor<DType>);
  });

  it("cast from each dtype to each: floats truncate and saturate, NaN is 0", async () => {
    const dtypes = ["f32", "i32", "u32", "bool"] as const;
    for (const from of dtypes) for (const to of dtypes) await expectEach(from, (x) => cast(x, to));
  });

  it("keep what they have cast, a constant too", async () => {
    await expectEach("f32", (x) => add(cast(cast(x, "i32"), "u32"), cast(cast(x, "bool"), "u32")));
  });
});

describe.skipIf(gpu === undefined)("elementwise operations, one at a time after a product", () => {
  /** A product of one column is stored an element at a time. */
  const single = (x: Tensor): Tensor =>
    x.reshape([x.size, 1]).matmul(x.mul(0).add(1).reshape([x.size, 1]).transpose().sum().reshape([1, 1]).div(x.size));

  it("give the same", async () => {
    const few = [0, 1, -1, 2.5, -2.5, 1e20, -1e20, 7, 2 ** 31];
    const programs: readonly ((x: Tensor) => Tensor<DType>)[] = [
      (x) => cast(x, "i32"),
      (x) => cast(x, "u32"),
      (x) => cast(x, "bool"),
      (x) => sign(x),
      (x) => round(x),
      (x) => maximum(x, 1),
      (x) => minimum(x, -1),
      (x) => div(cast(x, "i32"), cast(round(x), "i32")),
      (x) => shiftLeft(cast(x, "u32"), cast(x, "u32")),
      (x) => cast(less(x, 0.5), "f32"),
    ];
    for (const program of programs) await expectSame((make) => program(single(make(few))));
  });
});
