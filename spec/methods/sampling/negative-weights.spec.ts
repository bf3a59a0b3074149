import { grad, randomKey, type Tensor, tensor, zeros } from "cotangent";
import {
  aliasSampler,
  gumbelTopKSampler,
  implicitNegativeWeights,
  independentCandidates,
  logitAdjustTarget,
  type NegativeWeighting,
  negativeWeights,
  uniformSampler,
  uniqueSampler,
} from "cotangent/methods/sampling";
import { seeds, simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { implicitOf } from "./support/negative-schemes.js";
import { besides, ids } from "./support/one-row.js";

const key = randomKey(3);
const like = { dtype: "f64" } as const;
const counts = fc.integer({ min: 1, max: 4 });
const tilt = (priors: Float64Array) => (y: number, other: number) => Math.sqrt(priors[other] / priors[y]);

/** The four weightings, each with what the specs make of it. */
const weightings = (priors: Float64Array) =>
  [
    ["constant", "constant"],
    ["importance", "importance"],
    ["relative", "relative"],
    [logitAdjustTarget(priors, { strength: 0.5 }), tilt(priors)],
  ] as const;

describe("negativeWeights", () => {
  law(
    "are those of the table, 0 for hits",
    simplex(4, 0.05),
    simplex(4, 0.05),
    counts,
    seeds,
    async (q, priors, m, seed) => {
      const labels = [1, 3];
      const drawn = independentCandidates(aliasSampler({ probabilities: q }), 1).candidates(
        randomKey(seed),
        [2, m],
        like,
      );
      const found = await drawn.ids.data();
      const weigh = (weight: (y: number, j: number) => number) =>
        Array.from(found, (j, i) => {
          const y = labels[Math.floor(i / m)];
          return j === y ? Number.NEGATIVE_INFINITY : Math.log(weight(y, j));
        });
      const expectWeights = (
        weighting: NegativeWeighting,
        normalizeByM: boolean,
        of: (y: number, j: number) => number,
      ) =>
        expectClose(negativeWeights(ids(...labels), drawn, { weighting, normalizeByM }), weigh(of), {
          tolerance: 1e-12,
        });
      for (const over of [1, m]) {
        await expectWeights("constant", over !== 1, () => 1 / over);
        await expectWeights("relative", over !== 1, (y, j) => q[y] / q[j] / over);
      }
      await expectWeights("importance", false, (_, j) => 1 / (m * q[j]));
      const target = logitAdjustTarget(priors, { strength: 0.5 });
      await expectWeights(target, false, (y, j) => tilt(priors)(y, j) / (m * q[j]));
    },
  );

  it("are 0 for candidates that are left out, whatever the weighting", async () => {
    const drawn = {
      ids: ids(0, 2),
      logExpectedCount: tensor(Float64Array.of(0.5, Number.POSITIVE_INFINITY)),
      logExpectedCountOf: (of: Tensor<"i32">) => zeros(of.shape, like),
    };
    for (const weighting of ["constant", "relative", "importance"] as const) {
      const weights = await negativeWeights(ids(1), drawn, { weighting }).data();
      expect(weights[0]).toBe(weighting === "importance" ? -0.5 : 0);
      expect(weights[1]).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  it("carry no gradient to a sampler that learns", async () => {
    const slope = grad((logits: Tensor) => {
      const drawn = { ids: ids(0, 2), logExpectedCount: logits, logExpectedCountOf: () => logits.mul(2) };
      const all = (["importance", "relative"] as const).map((weighting) =>
        negativeWeights(ids(1), drawn, { weighting }),
      );
      return all[0].add(all[1]).sum();
    })(tensor(Float64Array.of(0.5, -1)));
    await expectClose(slope, [0, 0], { tolerance: 0 });
  });

  it("are importance weights unless another weighting is asked for", async () => {
    const drawn = { ids: ids(0, 2), logExpectedCount: tensor(Float64Array.of(0.5, -1)) };
    await expectClose(negativeWeights(ids(1), drawn), [-0.5, 1], { tolerance: 0 });
  });
});

describe("implicitNegativeWeights", () => {
  law(
    "are m·q·w of every class, label left in or out",
    simplex(4, 0.05),
    simplex(4, 0.05),
    counts,
    async (base, priors, m) => {
      const labels = [2, 0];
      const cases = [
        { sampler: aliasSampler({ probabilities: base }), hits: "mask", law: base, q: () => base },
        {
          sampler: uniformSampler({ classes: 4 }),
          hits: "resample",
          law: base.map(() => 0.25),
          q: (y: number) =>
            besides(
              base.map(() => 0.25),
              y,
            ),
        },
      ] as const;
      for (const { sampler, hits, law: whole, q } of cases) {
        for (const [weighting, plain] of weightings(priors)) {
          const options = { negatives: m, weighting, hits, dtype: "f64" } as const;
          const expected = labels.flatMap((y) => [...implicitOf(plain, { q: q(y), base: whole }, y, m)]);
          await expectClose(implicitNegativeWeights(ids(...labels), sampler, options), expected, { tolerance: 1e-12 });
        }
      }
    },
  );

  law("read as in the table, with q uniform and with q = π", simplex(4, 0.05), counts, async (priors, m) => {
    const label = 1;
    const expectImplicit = async (
      sampler: Parameters<typeof implicitNegativeWeights>[1],
      weighting: NegativeWeighting,
      normalizeByM: boolean,
      rho: (other: number) => number,
    ) => {
      const options = { negatives: m, weighting, normalizeByM, dtype: "f64" } as const;
      const expected = [0, 1, 2, 3].map((j) => (j === label ? 0 : rho(j)));
      await expectClose(implicitNegativeWeights(ids(label), sampler, options), expected, { tolerance: 1e-12 });
    };
    const [uniform, batch] = [uniformSampler({ classes: 4 }), aliasSampler({ probabilities: priors })];
    for (const [normalizeByM, times] of [
      [false, m],
      [true, 1],
    ] as const) {
      await expectImplicit(uniform, "constant", normalizeByM, () => times / 4);
      await expectImplicit(uniform, "relative", normalizeByM, () => times / 4);
      await expectImplicit(batch, "constant", normalizeByM, (j) => times * priors[j]);
      await expectImplicit(batch, "relative", normalizeByM, () => times * priors[label]);
    }
    for (const sampler of [uniform, batch]) {
      await expectImplicit(sampler, "importance", false, () => 1);
      await expectImplicit(sampler, logitAdjustTarget(priors), false, (j) => priors[j] / priors[label]);
    }
  });

  it("are 0 for a class that is never drawn, and single precision unless asked", async () => {
    const holes = aliasSampler({ weights: [1, 0, 1] });
    for (const weighting of ["constant", "importance"] as const) {
      const weights = implicitNegativeWeights(ids(0), holes, { negatives: 4, weighting });
      expect(weights.dtype).toBe("f32");
      await expectClose(weights, [0, 0, weighting === "constant" ? 2 : 1], { tolerance: 1e-6 }); // single precision
    }
  });

  it("tell of a sampler that cannot leave the label out what some rounds of rejection give", async () => {
    const sampler = aliasSampler({ probabilities: [0.5, 0.25, 0.25] });
    const options = { negatives: 2, weighting: "constant", hits: "resample", rounds: 3, dtype: "f64" } as const;
    const rejected = 2 * 0.25 * (1 + 0.5 + 0.25);
    await expectClose(implicitNegativeWeights(ids(0), sampler, options), [0, rejected, rejected]);
  });
});

describe("weights of negatives, wrong arguments", () => {
  const drawn = { ids: ids(0, 2), logExpectedCount: zeros([2], like) };

  it("names what is wrong", () => {
    expect(() => negativeWeights(ids(1), drawn, { weighting: "even" as "constant" })).toThrow(
      'negativeWeights: weighting is "even" but must be one of constant, importance, relative',
    );
    expect(() => negativeWeights(ids(1), drawn, { normalizeByM: true })).toThrow(
      'negativeWeights: normalizeByM is true but must be false with weighting "importance"; its weights are over m already',
    );
    expect(() =>
      negativeWeights(ids(1), drawn, { normalizeByM: true, weighting: logitAdjustTarget([0.5, 0.5]) }),
    ).toThrow("negativeWeights: normalizeByM is true but must be false with a target; its weights are over m already");
    expect(() => negativeWeights(ids(1).reshape([1, 1]), drawn)).toThrow(
      "negativeWeights: labels has shape [1, 1] but must have 1 axis",
    );
    expect(() => negativeWeights(ids(1), drawn, { negatives: 0 })).toThrow(
      "negativeWeights: negatives is 0 but must be a whole number ≥ 1",
    );
    expect(() =>
      negativeWeights(ids(1), gumbelTopKSampler({ weights: [1, 1, 1] }).candidates(key, [1], like), {
        weighting: "relative",
      }),
    ).toThrow(
      'negativeWeights: weighting is "relative" but must be another with these candidates; they have no count for a class that was not drawn',
    );
    expect(() =>
      negativeWeights(ids(1), uniqueSampler(uniformSampler({ classes: 3 })).candidates(key, [1], like), {
        weighting: "relative",
      }),
    ).not.toThrow();
  });

  it("names what is wrong in an analysis", () => {
    const sampler = uniformSampler({ classes: 3 });
    const call = (options: object) => () => implicitNegativeWeights(ids(1), sampler, { negatives: 2, ...options });
    expect(call({ negatives: 0 })).toThrow("implicitNegativeWeights: negatives is 0 but must be a whole number ≥ 1");
    expect(call({ hits: "keep" })).toThrow('implicitNegativeWeights: hits is "keep" but must be one of mask, resample');
    expect(call({ weighting: "even" })).toThrow(
      'implicitNegativeWeights: weighting is "even" but must be one of constant, importance, relative',
    );
    expect(call({ normalizeByM: true })).toThrow(
      'implicitNegativeWeights: normalizeByM is true but must be false with weighting "importance"; its weights are over m already',
    );
    expect(() => implicitNegativeWeights(ids(3), sampler, { negatives: 2 })).toThrow(
      "implicitNegativeWeights: labels holds 3 at 0 but must be in [0, 3)",
    );
    expect(() => implicitNegativeWeights(ids(1).reshape([1, 1]), sampler, { negatives: 2 })).toThrow(
      "implicitNegativeWeights: labels has shape [1, 1] but must have 1 axis",
    );
  });
});
