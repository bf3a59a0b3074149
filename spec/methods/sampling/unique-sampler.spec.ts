import { randomKey } from "cotangent";
import { aliasSampler, uniformSampler, uniqueSampler } from "cotangent/methods/sampling";
import { seeds, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { ids } from "./support/one-row.js";

const rare = aliasSampler({ weights: [1, 1e-12, 1e-12] });

describe("uniqueSampler", () => {
  law(
    "gives the first distinct draws, with the count expected of as many tries",
    simplex(6, 0.05),
    seeds,
    async (q, seed) => {
      const base = aliasSampler({ probabilities: q });
      const [m, patience] = [3, 4];
      const draws = await base.draw(randomKey(seed), m * patience).data();
      const distinct = [...new Set(draws)].slice(0, m);
      const tries = distinct.length < m ? draws.length : draws.indexOf(distinct[m - 1]) + 1;
      const {
        ids: drawn,
        logExpectedCount,
        logExpectedCountOf,
      } = uniqueSampler(base, { patience }).candidates(randomKey(seed), [m], { dtype: "f64" });
      const counts = await logExpectedCount.data();
      const count = (j: number) => Math.log(1 - (1 - q[j]) ** tries);
      expect([...(await drawn.data()).slice(0, distinct.length)]).toEqual(distinct);
      await expectClose(counts, [...distinct.map(count), ...Array(m - distinct.length).fill(Infinity)]);
      await expectClose(logExpectedCountOf!(ids(0, 5)), [count(0), count(5)]);
    },
  );

  it("draws 8 times as many as asked for by default", async () => {
    const counts = (options?: { patience: number }) =>
      uniqueSampler(rare, options).candidates(randomKey(0), [2], { dtype: "f64" }).logExpectedCountOf!(ids(1)).data();
    expect(await counts()).toEqual(await counts({ patience: 8 }));
    expect(await counts()).not.toEqual(await counts({ patience: 9 }));
    await expectClose(await counts(), [Math.log(-Math.expm1(16 * Math.log1p(-1e-12 / (1 + 2e-12))))]);
  });

  it("leaves out what it did not find in time", async () => {
    const { logExpectedCount } = uniqueSampler(rare).candidates(randomKey(0), [2], { dtype: "f64" });
    expect([...(await logExpectedCount.data())]).toEqual([0, Infinity]);
  });

  it("names what is wrong", () => {
    const base = uniformSampler({ classes: 4 });
    expect(() => uniqueSampler(base, { patience: 0 })).toThrow(
      "uniqueSampler: patience is 0 but must be a whole number ≥ 1",
    );
    const draw =
      (...shape: number[]) =>
      () =>
        uniqueSampler(base).candidates(randomKey(0), shape, { dtype: "f64" });
    expect(draw(2, 2)).toThrow(
      "uniqueSampler: the shape of candidates is [2, 2] but must be [m]; share them among the rows",
    );
    expect(draw(4)).toThrow("uniqueSampler: count is 4 but must be in [1, 3], the classes without the label");
    expect(draw(0)).toThrow("uniqueSampler: count is 0 but must be a whole number ≥ 1");
  });
});
