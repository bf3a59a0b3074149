import { cpu, type Tensor, tensor } from "cotangent";
import { classIds, type Inputs, type Invariance, plainNumber, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { changeOf } from "../../../src/testing/subjects/invariance.js";

const backend = cpu();
const place = { backend, dtype: "f64" } as const;
const inputs: Inputs = {
  x: scores(["rows", "classes"]),
  y: scores(["rows"]),
  ids: classIds(["rows"], "classes"),
  margin: plainNumber(),
};
const sizes = { rows: 3, classes: 2 };
const host = { x: [1, 2, 3, 4, 5, 6], y: [10, 20, 30], ids: [1, 0, 1] };
const values = {
  x: tensor(Float64Array.from(host.x), { backend, shape: [3, 2] }),
  y: tensor(Float64Array.from(host.y), { backend }),
  ids: tensor(Int32Array.from(host.ids), { backend }),
  margin: 0.5,
};
const seeds = Array.from({ length: 60 }, (_, seed) => seed);
const numbers = async (x: unknown) => [...(await (x as Tensor).data())];

/** What a change makes of the inputs, and of a result of the axes given. */
async function changed(invariance: Invariance<Inputs>, seed: number, shape: readonly string[] = ["rows"]) {
  const { name, apply } = changeOf(invariance, inputs, shape);
  const after = apply(values, { sizes, values: {}, seed }, place);
  const { x, y, ids, margin } = after.values;
  const result = shape.length === 0 ? tensor(Float64Array.of(7)).reshape([]) : values.y;
  const value = await numbers(after.value(result));
  return { name, sizes: after.sizes, margin, x: await numbers(x), y: await numbers(y), ids: await numbers(ids), value };
}

const ends = (list: readonly number[]) => [Math.min(...list), Math.max(...list)];
/** All within ±2, and out to nearly that. */
function fillRange(list: readonly number[]) {
  const [low, high] = ends(list);
  expect(low).toBeGreaterThanOrEqual(-2);
  expect(low).toBeLessThan(-1.8);
  expect(high).toBeLessThanOrEqual(2);
  expect(high).toBeGreaterThan(1.8);
}

describe("a shift", () => {
  it("adds one number of [−2, 2] to all elements, another to each input", async () => {
    const amounts: number[] = [];
    for (const seed of seeds) {
      const { x, y, value, margin, ids } = await changed({ shift: ["x", "y"] } as never, seed);
      const [ofX, ofY] = [x[0] - 1, y[0] - 10];
      x.forEach((element, i) => {
        expect(element - host.x[i]).toBeCloseTo(ofX, 12);
      });
      y.forEach((element, i) => {
        expect(element - host.y[i]).toBeCloseTo(ofY, 12);
      });
      expect(ofX).not.toBeCloseTo(ofY, 6);
      expect([value, margin, ids]).toEqual([host.y, 0.5, host.ids]);
      amounts.push(ofX, ofY);
    }
    fillRange(amounts);
  });

  it("adds the same along an axis, and another number beside it", async () => {
    const { x, name } = await changed({ shift: "x", along: "classes" } as never, 3);
    const by = x.map((element, i) => element - host.x[i]);
    for (const row of [0, 2, 4]) expect(by[row]).toBeCloseTo(by[row + 1], 12);
    expect(new Set([by[0], by[2], by[4]].map((amount) => amount.toFixed(6))).size).toBe(3);
    expect(name).toBe("does not change where x is shifted along classes");
    expect((await changed({ shift: ["x", "y"] } as never, 3)).name).toBe("does not change where x and y are shifted");
  });
});

describe("a scale", () => {
  it("multiplies by a number from ¼ to 4, and the value by its power", async () => {
    const factors: number[] = [];
    for (const seed of seeds) {
      const plain = await changed({ scale: "x" } as never, seed);
      const by = plain.x[0];
      plain.x.forEach((element, i) => {
        expect(element / host.x[i]).toBeCloseTo(by, 12);
      });
      expect([plain.y, plain.value]).toEqual([host.y, host.y]);
      const cubed = await changed({ scale: ["x", "y"], degree: 3 } as never, seed);
      expect(cubed.y[2]).toBeCloseTo(30 * by, 10);
      expect(cubed.value[1] / (20 * by ** 3)).toBeCloseTo(1, 12);
      factors.push(by);
    }
    const logs = factors.map((by) => Math.log2(by));
    fillRange(logs);
  });

  it("says what it does", () => {
    expect(changeOf({ scale: "x" } as never, inputs, []).name).toBe("does not change where x is multiplied by s > 0");
    expect(changeOf({ scale: ["x", "y"], degree: -1 } as never, inputs, []).name).toBe(
      "is multiplied by s^-1 where x and y are multiplied by s > 0",
    );
  });
});

describe("a change of signs", () => {
  it("flips those of the inputs named, and that of the value if it is odd", async () => {
    const minus = host.y.map((y) => -y);
    const even = await changed({ negate: "y" } as never, 1);
    expect([even.y, even.x, even.value]).toEqual([minus, host.x, host.y]);
    expect(even.name).toBe("does not change where the signs of y are flipped");
    const stated = await changed({ negate: "y", odd: false } as never, 1);
    expect([stated.value, stated.name]).toEqual([host.y, even.name]);
    const odd = await changed({ negate: ["x", "y"], odd: true } as never, 1);
    expect([odd.value, odd.name]).toEqual([minus, "flips its sign where the signs of x and y are flipped"]);
  });
});

describe("a permutation", () => {
  it("takes an axis in any order, wherever it occurs, with the value if it has it", async () => {
    const orders = new Set<string>();
    for (const seed of seeds) {
      const { x, y, ids, value, name } = await changed({ permute: "rows" }, seed);
      const order = y.map((element) => host.y.indexOf(element));
      expect([...order].sort()).toEqual([0, 1, 2]);
      expect(x).toEqual(order.flatMap((row) => host.x.slice(2 * row, 2 * row + 2)));
      expect(ids).toEqual(order.map((row) => host.ids[row]));
      expect(value).toEqual(y);
      expect(name).toBe("does not depend on the order of rows, but that its values are in");
      orders.add(order.join());
    }
    expect(orders.size).toBe(6);
  });

  it("relabels ids that count the axis", async () => {
    const found = new Set<string>();
    for (const seed of seeds) {
      const { x, y, ids, value, name } = await changed({ permute: "classes" }, seed, []);
      const isSwapped = x[0] === 2;
      expect(x).toEqual(isSwapped ? [2, 1, 4, 3, 6, 5] : host.x);
      expect(ids).toEqual(isSwapped ? [0, 1, 0] : host.ids);
      expect([y, value]).toEqual([host.y, [7]]);
      expect(name).toBe("does not depend on the order of classes");
      found.add(String(isSwapped));
    }
    expect(found.size).toBe(2);
  });
});

describe("one element alone", () => {
  it("is any of the axis, cut out of all that has it", async () => {
    const found = new Set<number>();
    for (const seed of seeds) {
      const { x, y, ids, value, sizes: left, name } = await changed({ alone: "rows" }, seed);
      const row = host.y.indexOf(y[0]);
      expect([x, y, ids]).toEqual([host.x.slice(2 * row, 2 * row + 2), [host.y[row]], [host.ids[row]]]);
      expect([value, left, name]).toEqual([y, { rows: 1, classes: 2 }, "takes each of rows alone"]);
      found.add(row);
    }
    expect(found).toEqual(new Set([0, 1, 2]));
  });
});

describe("a change of one's own", () => {
  it("is handed a number of [−2, 2], and so is what becomes of the value", async () => {
    const amounts: number[] = [];
    for (const seed of seeds) {
      const own = {
        name: "adds",
        change: ({ y }: { y: Tensor }, amount: number) => ({ y: y.add(amount) }),
        value: (value: Tensor, amount: number) => value.mul(amount),
      };
      const { y, x, value, name } = await changed(own as never, seed);
      const amount = y[0] - 10;
      expect([x, name]).toEqual([host.x, "adds"]);
      expect(value[1]).toBeCloseTo(20 * amount, 10);
      amounts.push(amount);
    }
    fillRange(amounts);
    const { value } = await changed({ name: "nothing", change: (same: object) => same } as never, 1);
    expect(value).toEqual(host.y);
  });
});
