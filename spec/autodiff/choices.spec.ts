import {
  at,
  bernoulli,
  cast,
  categorical,
  choice,
  full,
  gather,
  grad,
  log,
  permutation,
  randomBits,
  randomInt,
  randomKey,
  read,
  type Tensor,
  tensor,
  uniform,
} from "cotangent";
import { expectation, numbers, seeds, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSampler } from "../../src/testing/check-sampler.js";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";
import { riggedBackend } from "../support/rigged.js";

const f64 = (...list: number[]) => tensor(Float64Array.from(list));
const uniformOver = (outcomes: number) => new Array<number>(outcomes).fill(1 / outcomes);
const extremes = [[0], [0xffffffff], [0x80000000], [0, 0xffffffff], [0xffffffff, 0]];

describe("randomInt", () => {
  law(
    "is ⌊W · outcomes / 2⁶⁴⌋ of 64 random bits W, exactly",
    seeds,
    fc.oneof(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom(1, 2, 3, 2 ** 16, 2 ** 16 + 1, 2 ** 31 - 1, 2 ** 31),
    ),
    async (seed, outcomes) => {
      const key = randomKey(seed);
      const words = await randomBits(key, [16, 2]).data();
      const expected = Array.from({ length: 16 }, (_, i) => {
        const wide = (BigInt(words[2 * i]) << 32n) | BigInt(words[2 * i + 1]);
        return Number((wide * BigInt(outcomes)) >> 64n);
      });
      expect([...(await randomInt(key, [16], outcomes).data())]).toEqual(expected);
    },
  );

  it("stays in range for every pattern of bits", async () => {
    for (const words of extremes) {
      const key = randomKey(0, { backend: riggedBackend(words) });
      for (const outcomes of [1, 2, 1000, 2 ** 31]) {
        for (const id of await randomInt(key, [2], outcomes).data()) {
          expect(id).toBeGreaterThanOrEqual(0);
          expect(id).toBeLessThan(outcomes);
        }
      }
    }
  });

  it.each([1, 2, 10, 1000, 12_345])("draws each of %d outcomes alike, and independently", async (outcomes) => {
    const drawn = await randomInt(randomKey(outcomes), [5000, 4], outcomes).data();
    checkSampler({ draws: drawn, probabilities: uniformOver(outcomes), rows: 4 });
  });

  it("is expected to be what listing the outcomes gives", async () => {
    const [mean, square] = await expectation((key) => {
      const x = randomInt(key, [2], 5);
      return [x, x.mul(x)];
    }, randomKey(0));
    await expectClose(mean, [2, 2], { tolerance: 1e-14 });
    await expectClose(square, [6, 6], { tolerance: 1e-14 });
  });

  it("names the argument that is wrong", () => {
    const draw = (outcomes: number) => () => randomInt(randomKey(0), [], outcomes);
    expect(draw(0)).toThrow(new RangeError("randomInt: outcomes is 0 but must be a whole number ≥ 1"));
    expect(draw(2 ** 31 + 1)).toThrow(new RangeError("randomInt: outcomes is 2147483649 but must be in [1, 2^31]"));
  });
});

describe("bernoulli", () => {
  law("is whether a uniform number of the same key lies below the probability", seeds, simplex(3), async (seed, p) => {
    const key = randomKey(seed);
    const u = await uniform(key, [3], { dtype: "f64" }).data();
    expect([...(await bernoulli(key, tensor(p)).data())]).toEqual([...p].map((value, i) => Number(u[i] < value)));
  });

  it.each(["f32", "f64"] as const)("has the probability, in %s", async (dtype) => {
    for (const p of [0.003, 0.3, 0.5, 0.97]) {
      const draws = await bernoulli(randomKey(1), full([4000, 2], p, { dtype })).data();
      checkSampler({ draws, probabilities: [1 - p, p], rows: 2 });
    }
  });

  it("is never true at 0 and always at 1, for every pattern of bits", async () => {
    for (const words of extremes) {
      const backend = riggedBackend(words);
      for (const dtype of ["f32", "f64"] as const) {
        const p = tensor([0, 1], { backend, dtype });
        expect([...(await bernoulli(randomKey(0, { backend }), p).data())]).toEqual([0, 1]);
      }
    }
  });

  law("is expected to be its probability", simplex(4), async (p) => {
    const mean = await expectation((key) => bernoulli(key, tensor(p)), randomKey(0));
    await expectClose(mean, p, { tolerance: 1e-14 });
  });

  it("names the argument that is wrong", () => {
    for (const p of [-0.1, 1.5, Number.NaN]) {
      expect(() => bernoulli(randomKey(0), f64(0.5, p))).toThrow(
        new RangeError(`bernoulli: probability holds ${p} but must be in [0, 1]`),
      );
    }
    expect(() => bernoulli(randomKey(0), tensor([true]) as never)).toThrow(
      "bernoulli: probability is bool but must be f32 or f64; cast it",
    );
  });
});

describe("categorical", () => {
  it.each(["f32", "f64"] as const)("has the probabilities of the softmax, in %s", async (dtype) => {
    const logits = tensor([0, 1.5, Number.NEGATIVE_INFINITY, -2, 1], { dtype });
    const weights = [1, Math.exp(1.5), 0, Math.exp(-2), Math.E];
    const total = weights.reduce((sum, weight) => sum + weight);
    const draws = await categorical(randomKey(2), logits, [4000, 3]).data();
    checkSampler({ draws, probabilities: weights.map((weight) => weight / total), rows: 3 });
  });

  it("draws each row of a batch from its own logits", async () => {
    const logits = log(tensor([0.9, 0.1, 0, 0.2, 0.3, 0.5], { shape: [2, 3] }));
    const drawn = categorical(randomKey(3), logits, [5000]);
    expect(drawn.shape).toEqual([5000, 2]);
    const values = [...(await drawn.data())];
    checkSampler({ draws: values.filter((_, i) => i % 2 === 0), probabilities: [0.9, 0.1, 0] });
    checkSampler({ draws: values.filter((_, i) => i % 2 === 1), probabilities: [0.2, 0.3, 0.5] });
    const pairs = Array.from({ length: 5000 }, (_, i) => 3 * values[2 * i] + values[2 * i + 1]);
    const both = [0.9, 0.1, 0].flatMap((p) => [0.2, 0.3, 0.5].map((q) => p * q));
    checkSampler({ draws: pairs, probabilities: both });
  });

  it("never draws −∞, for every pattern of bits", async () => {
    for (const words of extremes) {
      const backend = riggedBackend(words);
      const logits = tensor([-Infinity, -1e30, -Infinity], { backend });
      expect(await categorical(randomKey(0, { backend }), logits).item()).toBe(1);
    }
  });

  law(
    "is expected to be its softmax, however shifted",
    simplex(4),
    numbers({ min: -90, max: 90 }),
    async (p, shift) => {
      const logits = tensor(p.map((value) => Math.log(value) + shift));
      const prizes = f64(3, -1, 4, 10);
      const expected = p.reduce((sum, value, i) => sum + value * [3, -1, 4, 10][i], 0);
      const mean = await expectation((key) => gather(prizes, categorical(key, logits, [2])), randomKey(0));
      await expectClose(mean, [expected, expected], { tolerance: 1e-12 }); // logarithms near 100 round to 1e-14
    },
  );

  it("names the argument that is wrong", () => {
    const draw = (logits: Tensor) => () => categorical(randomKey(0), logits);
    expect(draw(f64(0, Infinity))).toThrow(
      new RangeError("categorical: logits holds Infinity but must hold numbers < Infinity"),
    );
    expect(draw(f64(0, Number.NaN))).toThrow(
      new RangeError("categorical: logits holds NaN but must hold numbers < Infinity"),
    );
    expect(
      draw(
        tensor([
          [0, -Infinity],
          [-Infinity, -Infinity],
        ]),
      ),
    ).toThrow(new RangeError("categorical: row 1 of logits is all -Infinity but must hold an outcome"));
    expect(draw(tensor(new Float32Array(0), { shape: [2, 0] }))).toThrow(
      "categorical: logits has shape [2, 0] but its last axis must hold outcomes",
    );
    expect(draw(tensor(1))).toThrow("categorical: logits has shape [] but its last axis must hold outcomes");
  });
});

describe("choice with replacement", () => {
  it("draws in proportion to the weights, each draw alike", async () => {
    const drawn = choice(randomKey(4), tensor([5, 0, 1, 2]), 8000);
    expect(drawn.shape).toEqual([8000]);
    checkSampler({ draws: await drawn.data(), probabilities: [5 / 8, 0, 1 / 8, 2 / 8] });
  });

  it("draws each row of a batch from its own weights", async () => {
    const drawn = choice(randomKey(5), tensor([3, 1, 0, 1], { shape: [2, 2] }), 3000);
    expect(drawn.shape).toEqual([2, 3000]);
    const values = await drawn.data();
    checkSampler({ draws: values.subarray(0, 3000), probabilities: [0.75, 0.25] });
    expect(values.subarray(3000).every((id) => id === 1)).toBe(true);
  });

  law("is expected to be the weighted mean", simplex(3), numbers({ min: 0.5, max: 9 }), async (p, scale) => {
    const prizes = f64(1, 5, -2);
    const weights = tensor(p.map((value) => value * scale));
    const mean = await expectation((key) => gather(prizes, choice(key, weights, 2)).sum(), randomKey(0));
    await expectClose(mean, [2 * (p[0] + 5 * p[1] - 2 * p[2])], { tolerance: 1e-13 });
  });
});

/** Chances of the ordered pairs of two draws without replacement, as a list over 4 · first + second. */
function orderedPairs(p: ArrayLike<number>): number[] {
  return Array.from({ length: 16 }, (_, pair) => {
    const [first, second] = [pair >> 2, pair & 3];
    return first === second ? 0 : (p[first] * p[second]) / (1 - p[first]);
  });
}

describe("choice without replacement", () => {
  it("draws one after the other from what is left", async () => {
    const p = [0.5, 0.25, 0.15, 0.1];
    const weights = tensor(Array.from({ length: 8000 }, () => p.map((value) => 3 * value)));
    const drawn = choice(randomKey(6), weights, 2, { replace: false });
    expect(drawn.shape).toEqual([8000, 2]);
    const values = await drawn.data();
    const pairs = Array.from({ length: 8000 }, (_, i) => 4 * values[2 * i] + values[2 * i + 1]);
    checkSampler({ draws: pairs, probabilities: orderedPairs(p) });
  });

  law("is expected to be what listing the ordered pairs gives", simplex(4), async (p) => {
    const weights = tensor(p);
    const prizes = f64(...Array.from({ length: 16 }, (_, pair) => (pair * pair) % 7));
    const mean = await expectation((key) => {
      const drawn = choice(key, weights, 2, { replace: false });
      return gather(prizes, at(drawn, 0).mul(4).add(at(drawn, 1)));
    }, randomKey(0));
    const expected = orderedPairs(p).reduce((sum, chance, pair) => sum + chance * ((pair * pair) % 7), 0);
    await expectClose(mean, [expected], { tolerance: 1e-13 });
  });

  law("takes every outcome once when all are drawn, those of weight 0 never", seeds, async (seed) => {
    const all = await choice(randomKey(seed), tensor([3, 1, 2]), 3, { replace: false }).data();
    expect([...all].sort()).toEqual([0, 1, 2]);
    const some = await choice(randomKey(seed), tensor([3, 0, 2]), 2, { replace: false }).data();
    expect([...some].sort()).toEqual([0, 2]);
  });

  it("draws nothing where nothing is asked for", async () => {
    for (const replace of [true, false]) {
      const drawn = choice(randomKey(0), tensor([1, 2]), 0, { replace });
      expect(drawn.shape).toEqual([0]);
      expect((await drawn.data()).length).toBe(0);
    }
  });
});

describe("choice", () => {
  it("names the argument that is wrong", () => {
    const draw = (weights: Tensor, count: number, replace?: boolean) => () =>
      choice(randomKey(0), weights, count, replace === undefined ? {} : { replace });
    expect(draw(tensor([1, 2]), -1)).toThrow(new RangeError("choice: count is -1 but must be a whole number ≥ 0"));
    expect(
      draw(
        tensor([
          [1, 1, 1],
          [1, 0, 2],
        ]),
        3,
        false,
      ),
    ).toThrow(new RangeError("choice: row 1 of weights has 2 outcomes above 0 but must have at least 3"));
    expect(draw(tensor([1, 1]).add(0), 3, false)).toThrow(
      new RangeError("choice: row 0 of weights has 2 outcomes above 0 but must have at least 3"),
    );
    expect(draw(tensor([0, 0]), 3)).toThrow(
      new RangeError("choice: row 0 of weights has 0 outcomes above 0 but must have at least 1"),
    );
    for (const weight of [-1, Infinity, Number.NaN]) {
      expect(draw(tensor([1, weight]), 1)).toThrow(
        new RangeError(`choice: weights holds ${weight} but must hold finite numbers ≥ 0`),
      );
    }
    expect(draw(tensor(1), 1)).toThrow("choice: weights has shape [] but its last axis must hold outcomes");
    expect(draw(tensor(Int32Array.of(1)) as never, 1)).toThrow(
      "choice: weights is i32 but must be f32 or f64; cast it",
    );
  });

  it("sends no gradient into weights, logits and probabilities", async () => {
    const slope = grad((x: Tensor) => {
      const key = randomKey(1);
      const prizes = tensor([1, 2, 3]);
      const drawn = gather(prizes, categorical(key.at(0), x)).add(gather(prizes, at(choice(key.at(1), x, 1), 0)));
      return drawn.add(cast(bernoulli(key.at(2), x), "f32").sum());
    });
    expect([...(await slope(tensor([0.2, 0.3, 0.5])).data())]).toEqual([0, 0, 0]);
  });
});

describe("permutation", () => {
  law("holds every position once", seeds, fc.integer({ min: 0, max: 40 }), async (seed, length) => {
    const order = await permutation(randomKey(seed), length).data();
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
  });

  it("gives all orders alike", async () => {
    const key = randomKey(8);
    const drawn = await read(Array.from({ length: 3000 }, (_, i) => permutation(key.at(i), 4)));
    const draws = drawn.map((order) => Array.from(order as Int32Array).reduce((code, id, i) => code + id * 4 ** i, 0));
    const orders = [...new Set(draws)].sort((a, b) => a - b);
    expect(orders.length).toBe(24);
    checkSampler({ draws: draws.map((code) => orders.indexOf(code)), probabilities: uniformOver(24) });
  });

  it("is expected to put every element everywhere", async () => {
    const prizes = f64(1, 10, 100, 1000);
    const [mean, pair] = await expectation((key) => {
      const shuffled = gather(prizes, permutation(key, 4));
      return [shuffled, at(shuffled, 0).mul(at(shuffled, 1))];
    }, randomKey(0));
    await expectClose(mean, [1111 / 4, 1111 / 4, 1111 / 4, 1111 / 4], { tolerance: 1e-13 });
    await expectClose(pair, [(1111 ** 2 - 1010101) / 12], { tolerance: 1e-13 });
  });

  it("names the argument that is wrong", () => {
    expect(() => permutation(randomKey(0), 1.5)).toThrow(
      new RangeError("permutation: length is 1.5 but must be a whole number ≥ 0"),
    );
  });
});
