import { shuffle } from "cotangent/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, share } from "./support/streams.js";

const draws = fc.infiniteStream(share);
const from = (numbers: Iterator<number>) => () => numbers.next().value as number;

describe("shuffle", () => {
  it("gives each of the 24 orders of 4 items the same chance, if the buffer holds them", async () => {
    const orders = new Set<string>();
    for (let a = 0; a < 4; a += 1) {
      for (let b = 0; b < 3; b += 1) {
        for (let c = 0; c < 2; c += 1) {
          const random = from([(a + 0.5) / 4, (b + 0.5) / 3, (c + 0.5) / 2, 0.5].values());
          orders.add((await collect(shuffle("wxyz", { buffer: 4, random }))).join(""));
        }
      }
    }
    expect(orders.size).toBe(24);
    for (const order of orders) expect([...order].sort().join("")).toBe("wxyz");
  });

  it("keeps every item, and brings none more than buffer − 1 places forward", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 10 }), draws, async (count, buffer, numbers) => {
        const items = Array.from({ length: count }, (_, item) => item);
        const shuffled = await collect(shuffle(items, { buffer, random: from(numbers) }));
        expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
        shuffled.forEach((item, place) => {
          expect(item - place).toBeLessThan(buffer);
        });
      }),
    );
  });

  it("takes any place of the buffer with the same chance, from 0 to just below 1", async () => {
    const first = async (draw: number) => (await shuffle("abcd", { buffer: 3, random: () => draw }).next()).value;
    expect(await Promise.all([0, 0.33, 0.34, 0.66, 0.67, 1 - 2 ** -53].map(first))).toEqual([..."aabbcc"]);
  });

  it("holds no more than the buffer", async () => {
    let given = 0;
    async function* source(): AsyncGenerator<number> {
      for (;;) yield (given += 1);
    }
    const stream = shuffle(source(), { buffer: 5, random: () => 0 });
    for (let taken = 1; taken < 20; taken += 1) {
      await stream.next();
      expect(given).toBe(5 + taken);
    }
    await stream.return(undefined);
  });

  it("names what is wrong", async () => {
    const take = (buffer: number, draw: number) => collect(shuffle([1, 2], { buffer, random: () => draw }));
    await expect(take(0, 0)).rejects.toThrow(new RangeError("shuffle: buffer is 0 but must be a whole number ≥ 1"));
    for (const draw of [1, -0.1, Number.NaN]) {
      await expect(take(1, draw)).rejects.toThrow(new RangeError(`shuffle: random() is ${draw} but must be in [0, 1)`));
    }
  });
});
