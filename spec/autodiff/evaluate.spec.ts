import {
  buffer,
  compile,
  cpu,
  evaluate,
  exp,
  flip,
  gather,
  prefetch,
  read,
  scatterAdd,
  sort,
  type Tensor,
  tensor,
} from "cotangent";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";
import { spyingBackend } from "./spying-backend.js";

describe("reading", () => {
  law("gives an array of the caller's own", floats([3]), async (x) => {
    const t = tensor(x);
    const first = await t.data();
    first.fill(0);
    await expectClose(t, x);
    x.fill(0);
    const once = exp(tensor([1, 2]));
    (await once.data()).fill(0);
    await expectClose(once, [Math.E, Math.E ** 2], { tolerance: 1e-6 });
  });

  it("reads a tree in one go", async () => {
    const x = tensor([1, 2]);
    const { a, b } = await read({ a: x.add(1), b: [x.mul(2)] });
    await expectClose(a, [2, 3]);
    await expectClose(b[0], [2, 4]);
  });

  it("item wants one element", async () => {
    await expect(tensor([1, 2]).item()).rejects.toThrow(
      "item: the tensor has shape [2] but must have one element; use data()",
    );
    expect(await tensor([[7]]).item()).toBe(7);
  });
});

describe("evaluate", () => {
  it("holds values until they are disposed, and gives distinct tensors", async () => {
    const backend = cpu();
    const x = tensor([1, 2], { backend });
    const held = evaluate({ a: x.add(1), again: x.add(1), leaf: x, view: x.reshape([2, 1]) });
    expect(backend.memory()).toEqual({ buffers: 4, bytes: 32 });
    held.a.dispose();
    await expectClose(held.again, [2, 3]);
    await expectClose(held.leaf, [1, 2]);
    {
      using view = held.view;
      await expectClose(view, [1, 2]);
    }
    held.leaf.dispose();
    await expectClose(x, [1, 2]);
    held.again.dispose();
    held.again.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it("takes over donated memory, and only that", async () => {
    const backend = cpu();
    const ids = tensor(Int32Array.of(1), { backend });
    let { table } = evaluate({ table: tensor([[1], [2], [3]], { backend }) });
    const kept = evaluate(table.mul(1).add(0));
    for (let i = 0; i < 3; i++) {
      const before: Tensor = table;
      const array = before.storage?.host;
      const row = gather(before, ids);
      ({ table } = evaluate({ table: scatterAdd(before, ids, row) }, { donate: before }));
      expect(table.storage?.host).toBe(array);
      await expect(before.data()).rejects.toThrow(
        "data: the tensor has been disposed; read it first or dispose of it later",
      );
    }
    await expectClose(table, [1, 16, 3]);
    await expectClose(kept, [1, 2, 3]);
    expect(backend.memory().buffers).toBe(2);
  });

  it("takes what is donated from its owner, also what nothing reads", async () => {
    const backend = cpu();
    const fresh = () => evaluate(tensor([1, 2], { backend }).mul(3));
    const [a, b] = [fresh(), fresh()];
    const result = evaluate(tensor([4], { backend }).mul(2), { donate: { a, list: [b] } });
    for (const given of [a, b]) {
      await expect(given.data()).rejects.toThrow(
        "data: the tensor has been disposed; read it first or dispose of it later",
      );
    }
    await expectClose(result, [8]);
    expect(backend.memory().buffers).toBe(1);
  });

  it("reads a donated tensor's old value wherever it is used, before it is overwritten", async () => {
    const backend = cpu();
    const ids = tensor(Int32Array.of(0, 0), { backend });
    const { table } = evaluate({ table: tensor([[1], [2]], { backend }) });
    const updated = scatterAdd(table, ids, gather(table, ids));
    const old = exp(exp(table.mul(0).add(table))).sum(); // deeper than the update
    const array = table.storage?.host;
    const results = evaluate({ updated, old }, { donate: table });
    expect(results.updated.storage?.host).toBe(array); // last of all, so in place
    await expectClose(results.updated, [3, 2]);
    await expectClose([await results.old.item()], [Math.exp(Math.E) + Math.exp(Math.exp(2))], { tolerance: 1e-6 });
  });

  it("does not overwrite what it still reads in another order", async () => {
    const count = 5000; // more than a kernel computes at a time
    const x = tensor(Float64Array.from({ length: count }, (_, i) => i));
    const twice = x.mul(2);
    const sums = await sort(twice.add(flip(twice))).data();
    expect(sums.every((value) => value === 2 * (count - 1))).toBe(true);
  });

  it("refuses what has been disposed", () => {
    const x = tensor([1]);
    x.dispose();
    expect(() => x.add(1)).toThrow("add: an input has been disposed; dispose it later");
  });
});

describe("tensor", () => {
  it("infers dtype and shape", () => {
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).toMatchObject({ dtype: "f32", shape: [2, 2] });
    expect(tensor(new Float64Array(2))).toMatchObject({ dtype: "f64", shape: [2] });
    expect(tensor([true])).toMatchObject({ dtype: "bool", shape: [1] });
    expect(tensor(3)).toMatchObject({ dtype: "f32", shape: [] });
    expect(tensor([])).toMatchObject({ shape: [0] });
  });

  it("says what is wrong with values, shape or dtype", () => {
    expect(() => tensor([[1], [1, 2]])).toThrow("tensor: values has rows of different lengths but must be rectangular");
    expect(() => tensor([1, 2], { shape: [3] })).toThrow("tensor: shape is [3] but values has 2 elements");
    expect(() => tensor([1.5], { dtype: "i32" })).toThrow(
      "tensor: a value is 1.5 but must be a whole number in [-2147483648, 2147483647] for i32",
    );
    expect(() => tensor([1], { shape: [-1] })).toThrow("tensor: shape is [-1] but its sizes must be whole numbers ≥ 0");
  });

  it("does not mix backends", () => {
    const here = tensor([1]);
    const there = tensor([1], { backend: cpu() });
    expect(() => here.add(there)).toThrow(
      "add: the inputs live on different backends, wasm and cpu; create them on one",
    );
  });
});

describe("memory", () => {
  const { backend, calls } = spyingBackend();
  const fresh = () => {
    for (const list of Object.values(calls)) list.length = 0;
    return tensor([1, 2], { backend });
  };

  it("of what is held is watched, so that it is given back once nobody needs it", async () => {
    const held = evaluate(fresh().mul(2));
    expect(calls.watched).toEqual([held.storage]);
    const step = compile((x: Tensor) => x.add(1));
    const argument = fresh().mul(3);
    const result = step(argument);
    expect(calls.watched).toEqual([argument.storage, result.storage]);
    expect([...(await result.data())]).toEqual([4, 7]);
  });

  it("is given back once", () => {
    const held = evaluate(fresh().mul(2));
    held.dispose();
    held.dispose();
    expect(calls.released).toEqual([held.storage]);
    const lazy = fresh().mul(2);
    lazy.dispose(); // nothing there yet
    expect(calls.released).toEqual([]);
  });

  it("is brought to the device ahead of time for values that are on the host, and stay as they are", () => {
    const x = fresh();
    const gone = fresh();
    gone.dispose();
    const { tensor: live } = buffer([2], { backend });
    const lazy = x.mul(2);
    const tree = { x, gone, live, lazy };
    expect(prefetch(tree)).toBe(tree);
    expect(calls.prefetched).toEqual([x.storage]);
  });

  it("is not needed for a tree without tensors", async () => {
    const tree = { a: [] };
    expect(evaluate(tree)).toEqual(tree);
    expect(await read(tree)).toEqual(tree);
  });
});
