import {
  cast,
  coalesce,
  dense,
  gather,
  grad,
  ones,
  randomKey,
  rowSparse,
  rowsOf,
  scatterAdd,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from "cotangent";
import { floats, ids } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { addSparse } from "../../src/autodiff/row-sparse.js";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";

const rows = 5;
const table = (values: Float64Array) => tensor(values, { shape: [rows, 2] });
const sparse = (places: Int32Array, values: Float64Array) =>
  scatterAdd(zeros([rows, 2], { dtype: "f64" }), tensor(places), tensor(values, { shape: [places.length, 2] }));

/** What a row-sparse tensor stands for, row by row in plain numbers. */
function filled(places: Int32Array, values: Float64Array): Float64Array {
  const whole = new Float64Array(2 * rows);
  places.forEach((row, i) => {
    for (const j of [0, 1]) whole[2 * row + j] += values[2 * i + j];
  });
  return whole;
}

describe("rowSparse", () => {
  const four = ids(4, rows);

  law("sees through sums, signs, scalings and casts", four, floats([4, 2]), floats([4, 2]), async (places, a, b) => {
    const other = places.map((row) => (row + 1) % rows);
    const [x, y] = [sparse(places, a), sparse(other, b)];
    const whole = filled(places, a);
    const both = filled(other, b).map((value, i) => value + whole[i]);
    const factor = tensor(new Float64Array([-1.5]));
    const cases: readonly (readonly [Tensor, ArrayLike<number>])[] = [
      [x, whole],
      [x.neg(), whole.map((value) => -value)],
      [x.add(y), both],
      [x.mul(3), whole.map((value) => 3 * value)],
      [factor.mul(x), whole.map((value) => -1.5 * value)],
      [x.add(y.neg()).div(factor), both.map((_, i) => (2 * whole[i] - both[i]) / -1.5)],
      [cast(cast(x, "f32"), "f64"), whole.map(Math.fround)],
      [zeros([rows, 2], { dtype: "f64" }), new Float64Array(2 * rows)],
    ];
    for (const [i, [given, wanted]] of cases.entries()) {
      const found = rowSparse(given);
      expect(found, `case ${i}`).toBeDefined();
      const tolerance = i === 6 ? 1e-6 : 1e-12; // f32 rows are rounded before they are summed
      await expectClose(dense(found!), wanted, { tolerance });
      await expectClose(given, wanted, { tolerance });
    }
  });

  law("is undefined for what is not rows", four, floats([4, 2]), floats([rows, 2]), async (places, a, w) => {
    const x = sparse(places, a);
    expect(rowSparse(table(w))).toBeUndefined();
    expect(rowSparse(x.add(table(w)))).toBeUndefined();
    expect(rowSparse(x.mul(table(w)))).toBeUndefined();
    expect(rowSparse(x.div(table(w)))).toBeUndefined();
    expect(rowSparse(tensor(new Float64Array([2])).div(x))).toBeUndefined();
    const list = tensor(a, { shape: [4, 2] });
    for (const base of [table(w), ones([rows, 2], { dtype: "f64" })]) {
      expect(rowSparse(scatterAdd(base, tensor(places), list))).toBeUndefined();
    }
    expect(rowSparse(ones([rows, 2]))).toBeUndefined();
    expect(rowSparse(zeros([]))).toBeUndefined();
  });

  law("lets gradients through, to rows and to what they are scaled by", four, floats([4, 2]), async (places, a) => {
    const forms: readonly ((x: Tensor, by: Tensor) => Tensor)[] = [
      (x, by) => x.mul(by),
      (x, by) => by.mul(x),
      (x, by) => x.neg().div(by),
      (x, by) => x.add(x.mul(by)),
    ];
    for (const form of forms) {
      const given = ({ list, by }: { readonly list: Tensor; readonly by: Tensor }) =>
        form(scatterAdd(zeros([rows, 2], { dtype: "f64" }), tensor(places), list), by);
      const of = (see: (x: Tensor) => Tensor) =>
        grad((tree: { readonly list: Tensor; readonly by: Tensor }) =>
          see(given(tree))
            .mul(see(given(tree)))
            .sum(),
        )({
          ...{ list: tensor(a, { shape: [4, 2] }), by: tensor(new Float64Array([-1.5])) },
        });
      const [through, wanted] = [of((x) => dense(rowSparse(x)!)), of((x) => x)];
      await expectClose(through.list, await wanted.list.data());
      await expectClose(through.by, await wanted.by.data());
    }
  });

  law(
    "coalesce leaves each id where it first stands, with the sum of its rows",
    four,
    floats([4, 2]),
    async (places, a) => {
      const once = coalesce(rowSparse(sparse(places, a))!);
      const isFirst = [...places].map((id, i) => places.indexOf(id) === i);
      expect([...(await once.ids.data())]).toEqual(isFirst.map((first, i) => (first ? places[i] : -1)));
      const whole = filled(places, a);
      const sums = isFirst.flatMap((first, i) => [0, 1].map((j) => (first ? whole[2 * places[i] + j] : 0)));
      await expectClose(once.rows, sums);
      await expectClose(dense(once), whole);
      expect(once.distinct).toBe(true);
      expect(coalesce(once) === once).toBe(true);
    },
  );

  it("lists the rows of a sum one after the other, and those of nothing not at all", async () => {
    const list = (places: number[], distinct: boolean) =>
      scatterAdd(
        zeros([rows, 1], { dtype: "f64" }),
        tensor(Int32Array.from(places)),
        ones([places.length, 1], { dtype: "f64" }),
        {
          distinct,
        },
      );
    const nothing = zeros([rows, 1], { dtype: "f64" });
    const cases: readonly (readonly [Tensor, readonly number[], boolean])[] = [
      [list([3, 3], false), [3, 3], false],
      [list([3, 1], true), [3, 1], true],
      [list([3, 1], true).add(list([4], true)), [3, 1, 4], false],
      [list([4], true).add(list([3, 1], true)), [4, 3, 1], false],
      [list([3, 1], true).add(nothing), [3, 1], true],
      [nothing.add(list([3, 1], true)), [3, 1], true],
      [nothing, [], true],
      [nothing.add(nothing), [], true],
    ];
    for (const [given, places, distinct] of cases) {
      const found = rowSparse(given)!;
      expect(found.distinct).toBe(distinct);
      expect(found.shape).toEqual([rows, 1]);
      expect(found.rows.shape).toEqual([places.length, 1]);
      expect([...(await found.ids.data())]).toEqual(places);
    }
    expect(rowSparse(zeros([rows]))?.rows.shape).toEqual([0]);
  });

  law("rowsOf reads a table's rows, and fillers read some row", four, floats([rows, 2]), async (places, w) => {
    const once = coalesce(rowSparse(sparse(places, new Float64Array(8).fill(1)))!);
    const [got, at] = [await rowsOf(table(w), once).data(), await once.ids.data()];
    at.forEach((id, i) => {
      const row = Math.max(0, id);
      expect([got[2 * i], got[2 * i + 1]]).toEqual([w[2 * row], w[2 * row + 1]]);
    });
  });

  it("holds for gradients of draws that no host has seen", async () => {
    const where = cast(uniform(randomKey(1), [6]).mul(rows), "i32");
    const slope = grad((t: Tensor) => gather(t, where).sum())(table(new Float64Array(2 * rows)));
    expect(rowSparse(slope)?.ids.shape).toEqual([6]);
    await expectClose([await slope.sum().item()], [12]);
  });
});

describe("addSparse", () => {
  const list = (values: readonly number[], places: readonly number[], distinct = false) => {
    const given = tensor(Float64Array.from(values), { shape: [places.length, 2] });
    return scatterAdd(zeros([rows, 2], { dtype: "f64" }), tensor(Int32Array.from(places)), given, { distinct });
  };
  const [x, y] = [list([1, 2, 3, 4], [3, 0], true), list([5, 6], [3])];
  const whole = table(Float64Array.from({ length: 2 * rows }, (_, i) => i / 4 - 1));
  const onto = scatterAdd(whole, tensor(Int32Array.of(1)), tensor(Float64Array.of(7, 8), { shape: [1, 2] }));
  const pairs: readonly (readonly [string, Tensor, Tensor])[] = [
    ["two lists of rows", x, y],
    ["rows and a table", x, whole],
    ["a table and rows", whole, x],
    ["two tables", whole, whole],
    ["rows and a table that rows were added to", x, onto],
    ["a table that rows were added to, and rows", onto, x],
    ["a table that rows were added to, twice", onto, onto],
    ["such a table and another", onto, whole],
  ];
  it.each(pairs)("is the sum, and has its gradient: %s", async (_, a, b) => {
    await expectClose(addSparse(a, b), await a.add(b).data());
    const of = (plus: (a: Tensor, b: Tensor) => Tensor) =>
      grad((tree: readonly Tensor[]) => {
        const total = plus(a.mul(tree[0]), b.mul(tree[1]));
        return total.mul(total).sum();
      })([tensor(Float64Array.of(2)), tensor(Float64Array.of(-3))]);
    const [got, wanted] = [of(addSparse), of((one, other) => one.add(other))];
    for (const i of [0, 1]) await expectClose(got[i], await wanted[i].data());
  });

  it("keeps rows as rows, in order", async () => {
    const found = rowSparse(addSparse(x, y))!;
    expect([...(await found.ids.data())]).toEqual([3, 0, 3]);
    expect(found.distinct).toBe(false);
    expect(addSparse(x, y).origin.op).toBe("scatterAdd");
  });

  it("adds rows to a table as it is, without zeros", () => {
    for (const sum of [addSparse(x, whole), addSparse(whole, x)]) {
      const { op, inputs, attributes } = sum.origin;
      expect([op, attributes.distinct, inputs[0] === whole]).toEqual(["scatterAdd", true, true]);
    }
    expect(addSparse(onto, x).origin.inputs[0] === onto).toBe(true);
    for (const [a, b] of [
      [whole, whole],
      [onto, whole],
      [whole, onto],
    ]) {
      const { op, inputs } = addSparse(a, b).origin;
      expect([op, inputs[0] === a, inputs[1] === b]).toEqual(["add", true, true]);
    }
  });
});
