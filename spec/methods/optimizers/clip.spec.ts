import { coalesce, leavesOf, rowSparse, type Tensor, tensor } from "cotangent";
import { adagrad, chain, clipByGlobalNorm, globalNorm } from "cotangent/methods/optimizers";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { full, sparse, tableOf, tables, trajectory } from "./support/trajectories.js";

const bounds = numbers({ min: 0.1, max: 20 });
const squares = (...arrays: ArrayLike<number>[]) =>
  arrays.reduce((total, values) => total + Array.from(values).reduce((sum, value) => sum + value * value, 0), 0);
const clipped = <T>(tree: T, maxNorm: number) => clipByGlobalNorm(maxNorm).update(tree, {}, tree).updates;

describe("globalNorm", () => {
  law(
    "is the norm of all elements, rows of one id summed first",
    floats([3]),
    floats([]),
    tables,
    async (x, y, { steps }) => {
      const whole = await full(steps[0]).data();
      const norm = await globalNorm({ x: tensor(x), rest: [tensor(y).reshape([]), sparse(steps[0])] }).item();
      await expectClose([norm], Math.sqrt(squares(x, y, whole)), { tolerance: 1e-14 });
      await expectClose(globalNorm(full(steps[0])), globalNorm(sparse(steps[0])), { tolerance: 1e-14 });
    },
  );

  it("takes a tree of f32 and f64", async () => {
    expect(await globalNorm([tensor([3]), tensor(Float64Array.of(4))]).item()).toBe(5);
  });

  it("names the argument that is wrong", () => {
    expect(() => globalNorm([])).toThrow(new TypeError("globalNorm: tree holds no tensor but must hold at least one"));
  });
});

describe("clipByGlobalNorm", () => {
  law(
    "scales all by one factor, to the bound and no further",
    floats([3]),
    tables,
    bounds,
    async (x, { steps }, maxNorm) => {
      const tree = { x: tensor(x), table: sparse(steps[0]) };
      const whole = await full(steps[0]).data();
      const factor = Math.min(1, maxNorm / Math.sqrt(squares(x, whole)));
      const result = clipped(tree, maxNorm);
      await expectClose(
        result.x,
        x.map((value) => value * factor),
        { tolerance: 1e-14 },
      );
      await expectClose(
        result.table,
        whole.map((value) => value * factor),
        { tolerance: 1e-14 },
      );
      expect(await globalNorm(result).item()).toBeLessThanOrEqual(maxNorm * (1 + 1e-14));
    },
  );

  law("leaves row-sparse gradients row-sparse", tables, async ({ steps }) => {
    const found = rowSparse(clipped([sparse(steps[0])], 0.5)[0]);
    expect(found?.ids.shape).toEqual([4]);
    expect(await coalesce(found!).rows.data()).toHaveLength(8);
  });

  law("before an optimizer still touches only its rows", tables, async ({ table, steps }) => {
    const rule = chain(clipByGlobalNorm(1), adagrad({ learningRate: 0.1 }));
    const rows = await trajectory(rule, tableOf(table), steps.map(sparse));
    const whole = await trajectory(rule, tableOf(table), steps.map(full));
    for (const [i, at] of rows.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-14 });
    const untouched = [...Array(6).keys()].filter((row) => !steps.some(({ ids }) => ids.includes(row)));
    for (const row of untouched) {
      expect([...rows.path[3].subarray(2 * row, 2 * row + 2)]).toEqual([...table.subarray(2 * row, 2 * row + 2)]);
    }
  });

  it("leaves gradients of 0 at 0, and those at the bound alone", async () => {
    const zero = { x: tensor(new Float64Array(2)), table: tableOf(new Float64Array(12)) };
    for (const leaf of leavesOf(clipped(zero, 1))) expect((await leaf.data()).every((value) => value === 0)).toBe(true);
    expect([...(await clipped(tensor(Float64Array.of(3, 4)), 5).data())]).toEqual([3, 4]);
  });

  it("drops finite gradients whose norm overflows, and shows infinite ones and NaN", async () => {
    expect([...(await clipped(tensor([1e30, 1]), 5).data())]).toEqual([0, 0]);
    expect((await clipped(tensor([Infinity, 1]), 5).data())[0]).toBeNaN();
    expect((await clipped(tensor([Number.NaN, 1]), 5).data())[1]).toBeNaN();
  });

  it("clips a tree of f32 and f64, each in its dtype", async () => {
    const [a, b] = clipped([tensor([3]) as Tensor, tensor(Float64Array.of(4)) as Tensor], 2.5);
    expect([a.dtype, b.dtype]).toEqual(["f32", "f64"]);
    await expectClose(a, [1.5]);
    await expectClose(b, [2]);
  });

  it("can be differentiated, clipped or not", async () => {
    const x = { a: tensor(Float64Array.of(1, -2, 0.5)), b: tensor(Float64Array.of(0.7)) };
    for (const bound of [1, 10]) {
      await checkGradient(
        (t) =>
          clipped(t, bound)
            .a.mul(tensor(Float64Array.of(1, 2, 3)))
            .sum(),
        x,
        { order: 2 },
      );
    }
  });

  it("names the argument that is wrong", () => {
    for (const maxNorm of [0, -1, Infinity]) {
      expect(() => clipByGlobalNorm(maxNorm)).toThrow(
        new RangeError(`clipByGlobalNorm: maxNorm is ${maxNorm} but must be a finite number > 0`),
      );
    }
  });
});
