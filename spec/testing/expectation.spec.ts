import {
  at,
  type Backend,
  bernoulli,
  cast,
  categorical,
  choice,
  cpu,
  defaultBackend,
  evaluate,
  exp,
  gather,
  grad,
  log,
  normal,
  permutation,
  randomInt,
  randomKey,
  stack,
  type Tensor,
  tensor,
  uniform,
} from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { expectation, floats, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { choose } from "../../src/autodiff/ops/choose.js";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";

const f64 = (...list: number[]) => tensor(Float64Array.from(list));
const root = randomKey(0);
const continuous =
  "expectation: continuous randomness reaches the result, and it has no list of outcomes; use a sequential test";
const sharedKey = "expectation: two different draws have the same key but must be independent; give each its own";

describe("expectation", () => {
  law("of independent draws multiplies", simplex(3), simplex(2), floats([3]), floats([2]), async (p, q, x, y) => {
    const mean = await expectation((key) => {
      const first = gather(tensor(x), categorical(key.at("first"), log(tensor(p))));
      const second = gather(tensor(y), categorical(key.at("second"), log(tensor(q))));
      return { product: first.mul(second), first, nested: [second] };
    }, root);
    const [ex, ey] = [x[0] * p[0] + x[1] * p[1] + x[2] * p[2], y[0] * q[0] + y[1] * q[1]];
    await expectClose(mean.product, [ex * ey], { tolerance: 1e-13 });
    await expectClose(mean.first, [ex], { tolerance: 1e-13 });
    await expectClose(mean.nested[0], [ey], { tolerance: 1e-13 });
  });

  law("of a draw whose chances depend on another", simplex(2), simplex(3), simplex(3), async (start, left, right) => {
    const rows = stack([tensor(left), tensor(right)], 0);
    const mean = await expectation((key) => {
      const first = categorical(key.at(0), log(tensor(start)));
      const second = categorical(key.at(1), log(gather(rows, first)));
      return cast(first.mul(3).add(second), "f64");
    }, root);
    let expected = 0;
    for (const i of [0, 1]) for (const j of [0, 1, 2]) expected += start[i] * [left, right][i][j] * (3 * i + j);
    await expectClose(mean, [expected], { tolerance: 1e-13 });
  });

  law("of a chain of three draws", simplex(2), simplex(2), simplex(2), async (start, zero, one) => {
    const rows = stack([tensor(zero), tensor(one)], 0);
    const mean = await expectation((key) => {
      let state = categorical(key.at(0), log(tensor(start)));
      for (const step of [1, 2]) state = categorical(key.at(step), log(gather(rows, state)));
      return state;
    }, root);
    let chance = start[1];
    for (const _ of [1, 2]) chance = (1 - chance) * zero[1] + chance * one[1];
    await expectClose(mean, [chance], { tolerance: 1e-13 });
  });

  law("of draws without replacement", simplex(4), floats([4]), async (weights, x) => {
    const mean = await expectation((key) => {
      const drawn = gather(tensor(x), choice(key, tensor(weights), 3, { replace: false }));
      return at(drawn, 0).mul(at(drawn, 1)).add(at(drawn, 2));
    }, root);
    let expected = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        for (let k = 0; k < 4; k++) {
          if (i === j || j === k || i === k) continue;
          const chance = (((weights[i] * weights[j]) / (1 - weights[i])) * weights[k]) / (1 - weights[i] - weights[j]);
          expected += chance * (x[i] * x[j] + x[k]);
        }
      }
    }
    await expectClose(mean, [expected], { tolerance: 1e-12 }); // 1 − w_i − w_j loses two digits
  });

  it("of draws without replacement from several rows, and of no draws", async () => {
    const weights = [1, 2, 3, 3, 2, 1];
    const drawn = (key: typeof root, count: number) => {
      return choice(key, f64(...weights).reshape([2, 3]), count, { replace: false });
    };
    const pairs = await expectation((key) => cast(drawn(key, 2), "f64"), root);
    const means = [weights.slice(0, 3), weights.slice(3)].flatMap(([a, b, c]) => {
      const first = (b + 2 * c) / 6;
      // the second, after each first: what is left of 6
      const second = (a * (b + 2 * c)) / (6 * (6 - a)) + (b * 2 * c) / (6 * (6 - b)) + (c * b) / (6 * (6 - c));
      return [first, second];
    });
    await expectClose(pairs, means, { tolerance: 1e-14 });
    const none = await expectation((key) => [drawn(key, 0), randomInt(key.at(1), [0], 3), f64(7)], root);
    expect(none.map((values) => [...values])).toEqual([[], [], [7]]);
  });

  it("takes the same draw, made again with the same key, for one draw", async () => {
    const mean = await expectation((key) => {
      const [a, b] = [randomInt(key, [], 3), randomInt(key, [], 3)];
      return cast(a.mul(b), "f64"); // E[a²] = 5/3, not E[a]² = 1
    }, root);
    await expectClose(mean, [5 / 3], { tolerance: 1e-14 });
    const p = [0.25, 0.75];
    const logits = () => log(f64(...p));
    const agreement = await expectation((key) => {
      return cast(categorical(key, logits()).sub(categorical(key, logits())), "f64");
    }, root);
    expect([...agreement]).toEqual([0]);
  });

  it("differentiates inside: the gradient of the estimator is what is averaged", async () => {
    const p = [0.2, 0.5, 0.3];
    const ids = (key: typeof root) => categorical(key, log(f64(...p)), [2]);
    const mean = await expectation(
      (key) => grad((x: Tensor) => exp(gather(x, ids(key))).sum())(f64(0.1, -0.4, 1)),
      root,
    );
    await expectClose(
      mean,
      p.map((chance, i) => 2 * chance * Math.exp([0.1, -0.4, 1][i])),
      { tolerance: 1e-13 },
    );
  });

  it("leaves draws as they were, and no buffers", async () => {
    const before = defaultBackend.memory().buffers;
    const drawn = randomInt(root.at("kept"), [4], 9);
    const value = await randomInt(root.at("kept"), [4], 9).data();
    await expectation(() => drawn.sum(), root);
    expect([...(await drawn.data())]).toEqual([...value]);
    await expect(expectation(() => drawn.sum(), root, { budget: 10 })).rejects.toThrow("the budget");
    const again = randomInt(root.at("other"), [4], 9);
    await expect(expectation(() => again.sum(), root, { budget: 10 })).rejects.toThrow("the budget");
    expect([...(await again.data())]).toEqual([...(await randomInt(root.at("other"), [4], 9).data())]);
    expect(defaultBackend.memory().buffers).toBe(before);
  });

  it("gives the value that it plants for each outcome back to the backend", async () => {
    const inner = cpu();
    let released = 0;
    const release: Backend["release"] = (storage) => {
      if (storage.device === undefined) released++; // planted on the host
      inner.release(storage);
    };
    const backend = Object.assign(Object.create(inner) as Backend, { release });
    await expectation((key) => randomInt(key, [2], 3).sum(), randomKey(0, { backend }));
    expect(released).toBe(9);
  });

  it("passes on what depends on no draw", async () => {
    const mean = await expectation(() => [f64(1, 2), f64(3).mul(2)], root);
    expect(mean.map((values) => [...values])).toEqual([[1, 2], [6]]);
  });

  it("skips outcomes without a chance, and counts the others against the budget", async () => {
    const weights = f64(0.5, 0, 0.5);
    const draw = (key: typeof root) => choice(key, weights, 3);
    await expectation(draw, root, { budget: 8 });
    await expect(expectation(draw, root, { budget: 7 })).rejects.toThrow(
      new RangeError("expectation: there are more outcomes than the budget, 7"),
    );
    await expect(expectation((key) => permutation(key, 10), root, { budget: 100 })).rejects.toThrow(
      new RangeError("expectation: there are more outcomes than the budget, 100"),
    );
  });

  it("refuses continuous randomness in the result, also beside a draw or above it", async () => {
    await expect(expectation((key) => normal(key, [2]), root)).rejects.toThrow(new Error(continuous));
    const beside = (key: typeof root) => cast(randomInt(key.at(0), [], 2), "f32").mul(uniform(key.at(1), []));
    await expect(expectation(beside, root)).rejects.toThrow(new Error(continuous));
    const above = (key: typeof root) => bernoulli(key.at(0), uniform(key.at(1), []));
    await expect(expectation(above, root)).rejects.toThrow(new Error(continuous));
    const farAbove = (key: typeof root) => {
      const first = bernoulli(key.at(0), uniform(key.at(1), [], { dtype: "f64" }));
      return bernoulli(key.at(2), cast(first, "f64").mul(0.5));
    };
    await expect(expectation(farAbove, root)).rejects.toThrow(new Error(continuous));
  });

  it("refuses different draws with the same key, which depend on each other", async () => {
    const chances = (key: typeof root) => [bernoulli(key, f64(0.2)), bernoulli(key, f64(0.7))];
    await expect(expectation(chances, root)).rejects.toThrow(new Error(sharedKey));
    const ranges = (key: typeof root) => [randomInt(key, [], 3), randomInt(key, [], 5)];
    await expect(expectation(ranges, root)).rejects.toThrow(new Error(sharedKey));
    const shapes = (key: typeof root) => [randomInt(key, [1], 3), randomInt(key, [2], 3)];
    await expect(expectation(shapes, root)).rejects.toThrow(new Error(sharedKey));
    const kinds = (key: typeof root) => [categorical(key, f64(0, 1)), choice(key, f64(1, 2), 1)];
    await expect(expectation(kinds, root)).rejects.toThrow(new Error(sharedKey));
    const infinite = (key: typeof root) => {
      const shift = (by: number) => categorical(key, stack([f64(1), f64(0).add(by)], 1).reshape([2]));
      return [shift(-Infinity), shift(1)];
    };
    await expect(expectation(infinite, root)).rejects.toThrow(new Error(sharedKey));
  });

  it("tells apart chances that are on a device alone", async () => {
    const key = randomKey(0, { backend: wasm() });
    const onDevice = (...logits: number[]) => {
      return evaluate(tensor(Float64Array.from(logits), { backend: key.backend }).mul(2));
    };
    const [some, others] = [onDevice(0, 1), onDevice(0, 2)];
    await expect(expectation((at) => [categorical(at, some), categorical(at, others)], key)).rejects.toThrow(
      new Error(sharedKey),
    );
    const [first, second] = await expectation((at) => [categorical(at, some), categorical(at, some)], key);
    expect([...first]).toEqual([...second]);
  });

  it("refuses a draw that can give nothing, and chances that do not make sense", async () => {
    const computed = f64(1, 0, 0).mul(1); // not on the host, so that `choice` cannot see it
    const none = (key: typeof root) => choice(key, computed, 2, { replace: false });
    await expect(expectation(none, root)).rejects.toThrow(
      new RangeError("expectation: a choice has no outcome with a chance above 0"),
    );
    const odd = () => choose("independent", tensor(Int32Array.of(0)), f64(2, -1).reshape([1, 2]));
    await expect(expectation(odd, root)).rejects.toThrow(
      new RangeError("expectation: a choice has an outcome with the chance -1 but it must be ≥ 0"),
    );
    const vast = () => choose("independent", tensor(Int32Array.of(0)), f64(1e308, 1e308).reshape([1, 2]));
    await expect(expectation(vast, root)).rejects.toThrow(
      new Error("expectation: the probabilities of all outcomes add up to 0, not 1"),
    );
  });
});
