import { describe, expect, it } from "vitest";
import { checkSampler } from "../../src/testing/check-sampler.js";
import { sfc32 } from "../../src/testing/sfc32.js";

const joined = (high: number, low: number) => (Math.floor(high / 32) * 2 ** 26 + Math.floor(low / 64)) / 2 ** 53;

describe("sfc32", () => {
  it("repeats the words that other implementations give for seed 12345", () => {
    const words = [235160590, 2967261163, 116171463, 2882324903, 362604721, 4227106926, 1933307004, 1608300071];
    const uniform = sfc32(12345);
    for (let i = 0; i < words.length; i += 2) expect(uniform()).toBe(joined(words[i], words[i + 1]));
  });

  it("takes both halves of a seed, and gives each generator its own state", () => {
    const firsts = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 31].map((seed) => sfc32(seed)());
    expect(new Set(firsts).size).toBe(5);
    const [a, b] = [sfc32(1), sfc32(1)];
    a();
    const second = a();
    b();
    expect(b()).toBe(second);
  });

  it("gives uniform and independent numbers", () => {
    const uniform = sfc32(0);
    const draws = Array.from({ length: 50_000 }, () => Math.floor(uniform() * 64));
    expect(checkSampler({ draws, probabilities: new Array(64).fill(1 / 64) }).logE).toBeLessThan(3);
    expect(checkSampler({ draws, probabilities: new Array(64).fill(1 / 64), rows: 2 }).logE).toBeLessThan(3);
  });

  it("names the argument that is wrong", () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => sfc32(seed)).toThrow(new RangeError(`sfc32: seed is ${seed} but must be a whole number ≥ 0`));
    }
  });
});
