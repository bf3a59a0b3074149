import { randomKey } from "cotangent";
import {
  type ErasureCode,
  LdpcCode,
  recoveryProbabilities,
  regularParityCheck,
  replicationCode,
} from "cotangent/methods/distributed";
import { exactExpectation, numbers, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { riggedBackend } from "../../support/rigged.js";
import { checksOf, codeCases, positionsOf } from "./support/codes.js";

const key = randomKey(3);
const chances = numbers({ min: 0, max: 1 });

describe("recoveryProbabilities", () => {
  law("is the chance of each row, by enumeration", codeCases, chances, async (recipe, q) => {
    const code = new LdpcCode(await checksOf(recipe));
    const truth = exactExpectation((source) => {
      const erased = positionsOf(code.length).filter(() => source.choose([1 - q, q]) === 1);
      return code.recoverable(erased);
    });
    await expectClose(await recoveryProbabilities(code, { erasureProbability: q }, key), truth, { tolerance: 1e-12 });
  });

  law("never increases with the chance of an erasure, from 1 to 0", codeCases, async (recipe) => {
    const code = new LdpcCode(await checksOf(recipe));
    let before = await recoveryProbabilities(code, { erasureProbability: 0 }, key);
    expect([...before].every((p) => p === 1)).toBe(true);
    for (const erasureProbability of [0.1, 0.3, 0.5, 0.7, 0.9, 1]) {
      const now = await recoveryProbabilities(code, { erasureProbability }, key);
      for (const [i, p] of now.entries()) expect(p).toBeLessThanOrEqual(before[i] + 1e-15);
      before = now;
    }
    expect([...before].every((p) => p === 0)).toBe(true);
  });

  it("draws patterns for long codes: known for replication, 1 − q²", async () => {
    const code = replicationCode({ dimension: 10 });
    const found = await recoveryProbabilities(code, { erasureProbability: 0.3 }, key);
    // a standard deviation of 0.003; that one of 10 is 6 of them away has a chance of 2e-8
    for (const p of found) expect(Math.abs(p - 0.91)).toBeLessThan(0.018);
  });

  it("draws 10 000 patterns unless told, and none for up to 16 positions", async () => {
    let tried = 0;
    const counting = (length: number): ErasureCode => ({
      ...replicationCode({ dimension: 1, copies: length }),
      recoverable(erased) {
        expect(erased.length).toBe(length);
        tried++;
        return Uint8Array.of(1);
      },
    });
    const triedFor = async (length: number, options: { samples?: number } = {}) => {
      tried = 0;
      expect([...(await recoveryProbabilities(counting(length), { erasureProbability: 1, ...options }, key))]).toEqual([
        1,
      ]);
      return tried;
    };
    expect(await triedFor(16)).toBe(1); // the only pattern that can be
    expect(await triedFor(17, { samples: 3 })).toBe(3);
    expect(await triedFor(17)).toBe(10_000);
  });

  it("erases nothing with chance 0, whatever is drawn", async () => {
    const code = replicationCode({ dimension: 2, copies: 9 });
    const zeros = randomKey(1, { backend: riggedBackend([0]) });
    const found = await recoveryProbabilities(code, { erasureProbability: 0, samples: 2 }, zeros);
    expect([...found]).toEqual([1, 1]);
  });

  law("never increases for long codes either, with the same key", seeds, async (seed) => {
    const code = new LdpcCode(await regularParityCheck({}, randomKey(seed)));
    let before: Float64Array = new Float64Array(20).fill(1);
    for (const erasureProbability of [0, 0.2, 0.3, 0.4, 0.5, 1]) {
      const now = await recoveryProbabilities(code, { erasureProbability, samples: 100 }, key);
      for (const [i, p] of now.entries()) expect(p).toBeLessThanOrEqual(before[i]);
      before = now;
    }
    expect([...before].every((p) => p === 0)).toBe(true);
  });

  it("names the argument that is wrong", async () => {
    const code = replicationCode({ dimension: 1 });
    await expect(recoveryProbabilities(code, { erasureProbability: -0.1 }, key)).rejects.toThrow(
      "recoveryProbabilities: erasureProbability is -0.1 but must be in [0, 1]",
    );
    await expect(recoveryProbabilities(code, { erasureProbability: 0.1, samples: 0 }, key)).rejects.toThrow(
      "recoveryProbabilities: samples is 0 but must be a whole number ≥ 1",
    );
  });
});
