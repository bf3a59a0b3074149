import { beta, randomKey, read, type Tensor, tensor } from "cotangent";
import { mixPairs } from "cotangent/methods/metric";
import { floats, ids, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrixOf } from "./support/pair-batches.js";

const matrix = (values: ArrayLike<number>, width: number) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] }) as Tensor;
const rows = floats([10]);
const labels = ids(5, 3);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("mixPairs", () => {
  law("mixes each negative with a positive, or with the anchor", rows, labels, seeds, async (x, y, seed) => {
    const isAlone = range(5).map((i) => !range(5).some((j) => j !== i && y[j] === y[i]));
    for (const pairs of ["positiveNegative", "anchorNegative"] as const) {
      const mixed = mixPairs(matrix(x, 2), tensor(y), randomKey(seed), { pairs });
      const [v, share, counts] = [await mixed.vectors.data(), await mixed.positives.data(), await mixed.counts.data()];
      expect(mixed.vectors.shape).toEqual([5, 5, 2]);
      expect(new Set(share).size).toBe(1);
      expect(share[0]).toBeGreaterThan(0);
      expect(share[0]).toBeLessThan(1);
      const takesPart = (i: number) =>
        pairs === "positiveNegative" ? !isAlone[i] : !isAlone.includes(true) || isAlone[i];
      for (const i of range(5)) {
        for (const j of range(5)) {
          expect(counts[5 * i + j] !== 0).toBe(y[i] !== y[j] && takesPart(i));
          if (counts[5 * i + j] === 0) continue;
          const firsts = pairs === "positiveNegative" ? range(5).filter((k) => k !== i && y[k] === y[i]) : [i];
          const isMixture = (k: number) =>
            [0, 1].every(
              (d) => Math.abs(share[0] * x[2 * k + d] + (1 - share[0]) * x[2 * j + d] - v[2 * (5 * i + j) + d]) < 1e-12,
            );
          expect(firsts.some(isMixture)).toBe(true);
        }
      }
    }
  });

  it("draws one or the other by the toss of a coin, and positives uniformly", async () => {
    const [x, y] = [matrixOf([[1], [10], [100], [1000]]), tensor(Int32Array.of(0, 0, 0, 1))];
    const runs = 200;
    const counts = new Map<number, number>();
    for (let run = 0; run < runs; run++) {
      const { vectors, positives, counts: isMixed } = await read(mixPairs(x, y, randomKey(run)));
      const share = positives[3];
      // what is mixed with example 3 for anchor 0
      const first = Math.round((vectors[3] - (1 - share) * 1000) / share);
      // anchors with positives take part where those are what is mixed, as example 3 has none
      expect(first !== 1).toBe(isMixed[3] !== 0);
      counts.set(first, (counts.get(first) ?? 0) + 1 / runs);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 10, 100]);
    // five deviations: a false alarm in a million
    expect(Math.abs((counts.get(1) ?? 0) - 1 / 2)).toBeLessThan(0.177);
    expect(Math.abs((counts.get(10) ?? 0) - 1 / 4)).toBeLessThan(0.153);
  });

  it("draws λ from the Beta distribution, for the batch or for each pair", async () => {
    const x = matrix(new Float64Array(30).fill(1), 3);
    const y = tensor(Int32Array.from(range(10), (i) => i % 2));
    const key = randomKey(2);
    const shares = await mixPairs(x, y, key, { perPair: true, concentration: 3 }).positives.data();
    expect(new Set(shares).size).toBeGreaterThan(90);
    const three = tensor(new Float64Array(100).fill(3), { shape: [10, 10] }) as Tensor;
    await expectClose(beta(key.at("share"), three, three), shares);
    const one = tensor(new Float64Array([2]), { shape: [] }) as Tensor;
    const drawn = await beta(key.at("share"), one, one).item();
    await expectClose(mixPairs(x, y, key).positives, Array(100).fill(drawn));
  });

  it("mixes only the hardest negatives on request", async () => {
    const x = matrixOf([[0], [1], [2], [3]]);
    const similarities = matrixOf([
      [9, 8, 1, 2],
      [9, 9, 3, 1],
      [5, 6, 9, 9],
      [7, 6, 9, 9],
    ]);
    const y = tensor(Int32Array.of(0, 0, 1, 1));
    const mixed = mixPairs(x, y, randomKey(1), { pairs: "anchorNegative", hardest: { count: 1, similarities } });
    expect(mixed.vectors.shape).toEqual([4, 1, 1]);
    const share = (await mixed.positives.data())[0];
    const partners = [3, 2, 1, 0];
    await expectClose(
      mixed.vectors,
      partners.map((other, i) => share * i + (1 - share) * other),
    );
    expect([...(await mixed.counts.data())]).toEqual([1, 1, 1, 1]);
    const few = mixPairs(x, tensor(Int32Array.of(0, 0, 0, 1)), randomKey(1), {
      pairs: "anchorNegative",
      hardest: { count: 2, similarities },
    });
    expect([...(await few.counts.data())]).toEqual([0, 0, 0, 0, 0, 0, 1, 1]); // only the last has no positive
  });

  it("says what is wrong with its input", () => {
    const [x, y, key] = [
      matrixOf([
        [1, 2],
        [3, 4],
      ]),
      tensor(Int32Array.of(0, 1)),
      randomKey(1),
    ];
    expect(() => mixPairs(x, y, key, { concentration: 0 })).toThrow(
      "mixPairs: concentration is 0 but must be a finite number > 0",
    );
    expect(() => mixPairs(x, y, key, { pairs: "all" as "either" })).toThrow(
      'mixPairs: pairs is "all" but must be one of positiveNegative, anchorNegative, either',
    );
    expect(() => mixPairs(tensor([1, 2]), y, key)).toThrow(
      "mixPairs: rows has shape [2] but must be [n, d] or have more axes",
    );
    expect(() => mixPairs(x, tensor(Int32Array.of(0)), key)).toThrow("mixPairs: labels has shape [1] but must be [2]");
    expect(() => mixPairs(x, y, key, { hardest: { count: 3, similarities: x } })).toThrow(
      "mixPairs: hardest.count is 3 but must be in [1, 2]",
    );
    expect(() => mixPairs(x, y, key, { hardest: { count: 0, similarities: x } })).toThrow(
      "mixPairs: hardest.count is 0 but must be a whole number ≥ 1",
    );
    expect(() => mixPairs(x, y, key, { hardest: { count: 1, similarities: matrixOf([[1]]) } })).toThrow(
      "mixPairs: hardest.similarities has shape [1, 1] but must be [2, 2]",
    );
  });
});
