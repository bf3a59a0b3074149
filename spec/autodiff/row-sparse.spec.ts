import {
  cast,
  coalesce,
  dense,
  gather,
  grad,
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
    expect(rowSparse(scatterAdd(table(w), tensor(places), tensor(a, { shape: [4, 2] })))).toBeUndefined();
  });

  law("coalesce leaves each id once, with the sum of its rows", four, floats([4, 2]), async (places, a) => {
    const once = coalesce(rowSparse(sparse(places, a))!);
    const kept = [...(await once.ids.data())].filter((id) => id >= 0);
    expect(kept.sort()).toEqual([...new Set(places)].sort());
    await expectClose(dense(once), filled(places, a));
    expect(once.distinct).toBe(true);
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
