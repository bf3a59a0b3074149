import { evaluate, gather, grad, leavesOf, read, type Tensor, tensor } from "cotangent";
import { adagrad, adam, type Optimizer, rmsprop, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { runs, sparse, tableOf, tables, trajectory } from "./support/trajectories.js";

const rules: readonly (readonly [string, Optimizer])[] = [
  ["sgd", sgd({ learningRate: 0.1 })],
  ["sgd with momentum", sgd({ learningRate: 0.1, momentum: 0.9 })],
  ["adagrad", adagrad({ learningRate: 0.1 })],
  ["rmsprop", rmsprop({ learningRate: 0.1, lazy: true })],
  ["adam", adam({ learningRate: 0.1, lazy: true })],
];

describe.each(rules)("the tree of %s", (_, rule) => {
  law("is treated leaf by leaf", runs, tables, async ({ start, gradients }, { table, steps }) => {
    const params = { x: tensor(start), nested: [tableOf(table)] };
    const first = rule.update({ x: tensor(gradients[0]), nested: [sparse(steps[0])] }, rule.init(params), params);
    const { updates } = rule.update({ x: tensor(gradients[1]), nested: [sparse(steps[1])] }, first.state, params);
    const got = await read(updates);
    for (const [part, given, found] of [
      [tensor(start), gradients.map((g) => tensor(g)), got.x],
      [tableOf(table), steps.map(sparse), got.nested[0]],
    ] as const) {
      const alone = rule.update(given[0], rule.init(part), part);
      await expectClose(rule.update(given[1], alone.state, part).updates, found as Float64Array, { tolerance: 0 });
    }
  });

  it("may hold f32 and f64", async () => {
    const params: Tensor[] = [tensor([1, 2]), tensor(Float64Array.of(1, 2))];
    const { updates, state } = rule.update(params, rule.init(params), params);
    expect(updates.map(({ dtype }) => dtype)).toEqual(["f32", "f64"]);
    const next = rule.update(params, state, params).updates;
    await expectClose(next[0], next[1], { tolerance: 1e-6 }); // f32
  });

  it("may hold a table that the loss does not reach, which stays as it is", async () => {
    const params = { used: tensor(Float64Array.of(1, 2)), idle: tableOf(new Float64Array(12).fill(3)) };
    const slopes = grad((p: typeof params) => p.used.mul(p.used).sum())(params);
    const { updates } = rule.update(slopes, rule.init(params), params);
    expect((await updates.idle.data()).every((value) => value === 0)).toBe(true);
    expect((await updates.used.data()).every((value) => value < 0)).toBe(true);
  });

  it("may be a scalar", async () => {
    const { path } = await trajectory(rule, tensor(Float64Array.of(1)).reshape([]), [
      tensor(Float64Array.of(2)).reshape([]),
    ]);
    expect(path[0][0]).toBeLessThan(1);
  });

  it("leaves parameters, gradients and the state before as they were", async () => {
    const [params, gradient] = [tensor(Float64Array.of(1, 2)), tensor(Float64Array.of(3, -1))];
    const state = evaluate(rule.init(params));
    const before = await read(leavesOf<Tensor>(state));
    const { updates } = rule.update(gradient, state, params);
    const once = await updates.data();
    expect(await rule.update(gradient, state, params).updates.data()).toEqual(once);
    expect(await read(leavesOf<Tensor>(state))).toEqual(before);
    expect([...(await params.data()), ...(await gradient.data())]).toEqual([1, 2, 3, -1]);
    for (const leaf of leavesOf(state)) leaf.dispose();
  });

  it("names the argument that is wrong", () => {
    expect(() => rule.init([])).toThrow(new TypeError("optimizer: params holds no tensor but must hold at least one"));
  });
});

describe("rows of a computed id out of range", () => {
  it("are left out, and harm no other row", async () => {
    const table = tableOf(Float64Array.from({ length: 12 }, (_, i) => i));
    const ids = tensor(Int32Array.of(-1, 2, 7)).add(0); // not on the host: it goes unnoticed
    const slopes = grad((t: Tensor) => gather(t, ids).sum())(table);
    for (const [, rule] of rules) {
      const values = await rule.update(slopes, rule.init(table), table).updates.data();
      values.forEach((value, place) => {
        if (place >> 1 === 2) expect(value).toBeLessThan(0);
        else expect(Math.abs(value)).toBe(0);
      });
    }
  });
});
