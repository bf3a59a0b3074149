import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/autodiff/check.js";
import { randomChoiceSource } from "../../src/testing/choice-source.js";
import { checkUnbiasedSequential, type Draw, judgeUnbiasedSequential } from "../../src/testing/sequential.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const unit = { low: 0, high: 1 };
const coin =
  (chance: number): Draw =>
  (uniform) =>
    uniform() < chance ? 1 : 0;

describe("checkUnbiasedSequential", () => {
  it("certifies an unbiased estimator within 4σ² log(1/α)/ε² draws", async () => {
    // ½ ± 0.1: σ = 0.1; measured for the same σ and ε when the defaults were set: 5.2k draws
    const result = await checkUnbiasedSequential((uniform) => (uniform() < 0.5 ? 0.4 : 0.6), 0.5, unit);
    expect(result.verdict).toBe("certified");
    expect(result.draws).toBeGreaterThan(2000);
    expect(result.draws).toBeLessThan((4 * 0.01 * Math.log(1e9)) / 1e-4);
    expect(result.logCapital).toBeLessThan(5);
    expect(result.intervals[0].low).toBeLessThan(0.5);
    expect(result.intervals[0].high).toBeGreaterThan(0.5);
  });

  it("calls a planted bias of twice the resolution biased, in either direction", async () => {
    for (const bias of [0.02, -0.02]) {
      const result = await judgeUnbiasedSequential((uniform) => 0.5 + bias + 0.4 * (uniform() - 0.5), 0.5, unit);
      expect(result.verdict).toBe("biased");
      expect(result.draws).toBeLessThan(10_000);
      expect(result.logCapital).toBeGreaterThan(Math.log(1e9));
    }
  });

  it("never certifies a bias of the resolution or more", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const bias = seed % 2 ? 0.05 : -0.05;
      const { verdict } = await judgeUnbiasedSequential(coin(0.3 + bias), 0.3, unit, { eps: 0.05, alpha: 1e-3, seed });
      expect(verdict).toBe("biased");
    }
  });

  it("is inconclusive when the budget runs out", async () => {
    const result = await judgeUnbiasedSequential(coin(0.5), 0.5, unit, { budget: 300 });
    expect([result.verdict, result.draws]).toEqual(["inconclusive", 300]);
  });

  it("certifies a deterministic estimator in O(log(1/α)/ε) draws, also at the bounds", async () => {
    for (const truth of [0, 0.3, 1]) {
      for (const eps of [0.01, 0.002]) {
        const { draws } = await checkUnbiasedSequential(() => truth, truth, unit, { eps });
        expect(draws).toBeLessThan((4 * Math.log(1e9)) / eps);
      }
    }
  });

  it("needs no process for an end outside the bounds", async () => {
    // null 0.995: only 0.985 has to be rejected
    const { draws } = await checkUnbiasedSequential(coin(0.995), 0.995, unit);
    expect(draws).toBeLessThan(20_000);
  });

  it("works in the estimator's own units", async () => {
    const noisy: Draw = (uniform) => -300 + 40 * (uniform() - 0.5);
    const bounds = { low: -400, high: -200 };
    const { intervals } = await checkUnbiasedSequential(noisy, -300, bounds);
    expect(intervals[0].low).toBeGreaterThan(-310);
    expect(intervals[0].high).toBeLessThan(-290);
    expect((await judgeUnbiasedSequential(noisy, -303, bounds)).verdict).toBe("biased");
  });

  it("averages the directions of a list, whatever component is biased", async () => {
    const onehot =
      (weights: readonly number[]): Draw =>
      (uniform) => {
        const id = randomChoiceSource(uniform).choose(weights);
        return weights.map((_, j) => (j === id ? 1 : 0));
      };
    const weights = [0.1, 0.6, 0.3];
    const result = await checkUnbiasedSequential(onehot(weights), weights, unit, { eps: 0.05 });
    expect(result.intervals.length).toBe(3);
    for (const [k, { low, high }] of result.intervals.entries())
      expect(low < weights[k] && weights[k] < high).toBe(true);
    const swapped = await judgeUnbiasedSequential(onehot([0.15, 0.55, 0.3]), weights, unit, { eps: 0.05 });
    expect(swapped.verdict).toBe("biased");
  });

  it("certifies each of J directions, and bounds each mean, at α/J", async () => {
    const alpha = 1e-3;
    const noise: Draw = (uniform) => 0.3 + 0.4 * uniform();
    const twice: Draw = (uniform, index) => {
      const x = noise(uniform, index) as number;
      return [x, x];
    };
    const single = await checkUnbiasedSequential(noise, 0.5, unit, { eps: 0.05, alpha: alpha / 2 });
    const pair = await checkUnbiasedSequential(twice, [0.5, 0.5], unit, { eps: 0.05, alpha, directions: 0 });
    expect(pair.draws).toBe(single.draws);
    expect(pair.intervals).toEqual([single.intervals[0], single.intervals[0]]);
  });

  it("rejects when the average of the capitals has reached 1/α", async () => {
    // the second component is right and bets nothing: (K + 1)/2 ≥ 1/α when K ≥ 2/α − 1
    const alpha = 1e-6;
    const single = await judgeUnbiasedSequential((uniform) => 0.6 + 0.2 * uniform(), 0.5, unit, {
      alpha: 1 / (2 / alpha - 1),
    });
    const drawPair: Draw = (uniform) => [0.6 + 0.2 * uniform(), 0.5];
    const pair = await judgeUnbiasedSequential(drawPair, [0.5, 0.5], unit, { alpha, directions: 0 });
    expect([pair.verdict, pair.draws]).toEqual(["biased", single.draws]);
    expect(pair.logCapital).toBeCloseTo(Math.log((Math.exp(single.logCapital) + 1) / 2), 10);
  });

  it("finds opposite biases under shared noise by a projection with mixed signs", async () => {
    const opposed: Draw = (uniform) => {
      const shared = uniform() < 0.5 ? 0.1 : 0.9;
      return [shared + 0.02, shared - 0.02];
    };
    const judge = (directions: number) =>
      judgeUnbiasedSequential(opposed, [0.5, 0.5], unit, { directions, eps: 0.001 });
    const [plain, projected] = [await judge(0), await judge(6)];
    expect([plain.verdict, projected.verdict]).toEqual(["biased", "biased"]);
    expect(projected.draws).toBeLessThan(plain.draws / 10);
  });

  it("repeats itself for a seed, hands out the draw's number, and awaits promises", async () => {
    const judge = (draw: Draw, seed: number) => judgeUnbiasedSequential(draw, 0.5, unit, { eps: 0.1, seed });
    expect(await judge(coin(0.5), 5)).toEqual(await judge(coin(0.5), 5));
    expect(await judge(coin(0.5), 5)).not.toEqual(await judge(coin(0.5), 6));
    expect(await judge(async (uniform) => coin(0.5)(uniform, 0), 5)).toEqual(await judge(coin(0.5), 5));
    const numbered = await judge((_, index) => index % 2, 0);
    expect(numbered.verdict).toBe("certified");
  });

  it("tells how many draws it took, whatever the verdict", async () => {
    for (const [truth, budget, verdict] of [
      [0.5, 10_000, "certified"],
      [0.9, 10_000, "biased"],
      [0.5, 20, "inconclusive"],
    ] as const) {
      let taken = 0;
      const draw = () => {
        taken++;
        return 0.5;
      };
      expect(await judgeUnbiasedSequential(draw, truth, unit, { budget })).toMatchObject({ verdict, draws: taken });
    }
  });

  it("calls an estimator biased when the capital is exactly 1/α", async () => {
    // against a mean of 0 the first draw of 1 doubles the capital
    const result = await judgeUnbiasedSequential(() => 1, 0, unit, { alpha: 0.5 });
    expect([result.verdict, result.draws, result.logCapital]).toEqual(["biased", 1, Math.LN2]);
  });

  it("says what it found", async () => {
    await expect(checkUnbiasedSequential(() => 0.75, 0.5, unit, { alpha: 0.01 })).rejects.toThrow(
      new Error(
        "checkUnbiasedSequential: draw is biased after 22 draws (log K = 4.65, component 0 in [0.266578, 1.00000] for 0.5) but must be certified to 0.01 of its range at alpha 0.01; correct the estimator",
      ),
    );
    await expect(checkUnbiasedSequential(() => [0.5, 0.5], [0.5, 0.5], unit, { budget: 2 })).rejects.toThrow(
      new Error(
        "checkUnbiasedSequential: draw is inconclusive after 2 draws (log K = 0.00, component 0 in [0.00000, 1.00000] for 0.5, component 1 in [0.00000, 1.00000] for 0.5) but must be certified to 0.01 of its range at alpha 1e-9; raise budget or eps",
      ),
    );
  });

  it("names the argument that is wrong", async () => {
    const cases: readonly (readonly [Promise<unknown>, Error])[] = [
      [
        checkUnbiasedSequential(() => 0, 0, unit, { alpha: 0 }),
        new RangeError("checkUnbiasedSequential: alpha is 0 but must be in (0, 1)"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, unit, { alpha: 1 }),
        new RangeError("checkUnbiasedSequential: alpha is 1 but must be in (0, 1)"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, unit, { eps: 0 }),
        new RangeError("checkUnbiasedSequential: eps is 0 but must be a finite number > 0"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, unit, { budget: 0 }),
        new RangeError("checkUnbiasedSequential: budget is 0 but must be a whole number ≥ 1"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, unit, { directions: -1 }),
        new RangeError("checkUnbiasedSequential: directions is -1 but must be a whole number ≥ 0"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, unit, { seed: 0.5 }),
        new RangeError("checkUnbiasedSequential: seed is 0.5 but must be a whole number ≥ 0"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, { low: 1, high: 1 }),
        new RangeError("checkUnbiasedSequential: bounds[0] is [1, 1] but must have low < high, both finite"),
      ],
      [
        checkUnbiasedSequential(() => 0, 0, { low: 0, high: Infinity }),
        new RangeError("checkUnbiasedSequential: bounds[0] is [0, Infinity] but must have low < high, both finite"),
      ],
      [
        checkUnbiasedSequential(() => [0], [0, 0], { low: [0], high: 1 }),
        new ShapeError("checkUnbiasedSequential: bounds.low has 1 components but must have 2, as truth has"),
      ],
      [
        checkUnbiasedSequential(() => 0, 2, unit),
        new RangeError("checkUnbiasedSequential: truth[0] is 2 but must be in [0, 1]"),
      ],
      [
        checkUnbiasedSequential(() => [0], [0, 0], unit),
        new ShapeError("checkUnbiasedSequential: draw 0 has 1 components but must have 2, as truth has"),
      ],
      [
        checkUnbiasedSequential(() => NaN, 0, unit),
        new RangeError(
          "checkUnbiasedSequential: draw 0, component 0, is NaN but must be in [0, 1]; the bounds are not true bounds",
        ),
      ],
      [
        checkUnbiasedSequential(() => [0, -1e-9], [0, 0], unit),
        new RangeError(
          "checkUnbiasedSequential: draw 0, component 1, is -1e-9 but must be in [0, 1]; the bounds are not true bounds",
        ),
      ],
      [
        judgeUnbiasedSequential((_, i) => i, 0, unit),
        new RangeError(
          "judgeUnbiasedSequential: draw 2, component 0, is 2 but must be in [0, 1]; the bounds are not true bounds",
        ),
      ],
    ];
    for (const [promise, error] of cases) await expect(promise).rejects.toThrow(error);
  });
});

describe("sampled softmax without its log(m q) correction, C = 50, m = 5", () => {
  const [classes, samples, target] = [50, 5, 3];
  const uniform = sfc32(21);
  const scores = Array.from({ length: classes }, () => 2 * uniform() - 1);
  const skewed = scores.map((_, j) => (j === target ? 0 : 1 / (j + 5)));
  const normalized = (weights: readonly number[]) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };
  const exponentials = scores.map(Math.exp);
  const partition = exponentials.reduce((sum, e) => sum + e, 0);

  /** Adjusted logits of the target and of the drawn negatives. */
  const drawLogits = (u: () => number, q: readonly number[], corrected: boolean) => {
    const source = randomChoiceSource(u);
    const ids = [target, ...Array.from({ length: samples }, () => source.choose(q))];
    const logits = ids.map((id, i) => scores[id] - (corrected && i > 0 ? Math.log(samples * q[id]) : 0));
    return { ids, logits };
  };

  it("is found through the partition function, which the correction certifies", async () => {
    const q = normalized(skewed);
    const terms = exponentials.flatMap((e, j) => (j === target ? [] : [e / q[j], samples * e]));
    const bounds = { low: exponentials[target], high: exponentials[target] + Math.max(...terms) };
    const estimate =
      (corrected: boolean): Draw =>
      (u) =>
        drawLogits(u, q, corrected).logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const right = await checkUnbiasedSequential(estimate(true), partition, bounds);
    expect(right.draws).toBeLessThan(20_000);
    const wrong = await judgeUnbiasedSequential(estimate(false), partition, bounds, { budget: 20_000 });
    expect(wrong.verdict).toBe("biased");
  });

  it("is found through the gradient, which is exactly unbiased for q ∝ exp(score)", async () => {
    const q = normalized(exponentials.map((e, j) => (j === target ? 0 : e)));
    const truth = exponentials.map((e, j) => e / partition - (j === target ? 1 : 0));
    const bounds = {
      low: truth.map((_, j) => (j === target ? -1 : 0)),
      high: truth.map((_, j) => (j === target ? 0 : 1)),
    };
    const gradient =
      (corrected: boolean): Draw =>
      (u) => {
        const { ids, logits } = drawLogits(u, q, corrected);
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const row = new Float64Array(classes);
        for (const [i, id] of ids.entries()) row[id] += Math.exp(logits[i]) / total;
        row[target] = Math.max(-1, Math.min(0, row[target] - 1));
        return row;
      };
    const wrong = await judgeUnbiasedSequential(gradient(false), truth, bounds, { budget: 20_000 });
    expect(wrong.verdict).toBe("biased");
    const right = await checkUnbiasedSequential(gradient(true), truth, bounds, { eps: 0.03 });
    expect(right.draws).toBeLessThan(20_000);
  });
});
