import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { capacity, differences, isSubnormal, missing, type OnDevice, onDevice } from "./on-device.js";
import { ulpsOff } from "./reference.js";

interface Pair {
  readonly reference: (x: number, y: number) => number;
  /** Ulps that no result may be off by. */
  readonly bound: number;
}

const pairs: Readonly<Record<string, Pair>> = {
  pow: { reference: (x, y) => x ** y, bound: 3 },
  remainder: { reference: (x, y) => x % y, bound: 0.5 },
};

/** Numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Pairs of singles: any bits, everyday numbers, whole numbers, and powers that are near the ends of the singles. */
const kinds: Readonly<Record<string, (next: () => number) => readonly [number, number]>> = {
  "for any bits": (next) => {
    const bits = Uint32Array.from([next() * 2 ** 32, next() * 2 ** 32]);
    const [x, y] = new Float32Array(bits.buffer);
    return [x, y];
  },
  "for numbers of everyday size": (next) => [next() * 20 - 5, next() * 20 - 10],
  "for whole numbers": (next) => [Math.floor(next() * 200 - 100), Math.floor(next() * 40 - 20)],
  "where powers come near the ends": (next) => {
    const x = Math.fround(next() * 3);
    return [x, (128 / Math.log2(x)) * (next() * 2 - 1)];
  },
  "where powers of numbers near 1 come near the ends": (next) => {
    const x = Math.fround(1 + (next() - 0.5) * 2 ** -(next() * 22));
    return [x, (128 / Math.log2(x)) * (next() * 2 - 1)];
  },
};

describe.skipIf(missing)(`functions of two operands on a device${missing === undefined ? "" : `: ${missing}`}`, () => {
  describe.each(Object.entries(pairs))("%s", (op, { reference, bound }) => {
    let four: OnDevice;
    let one: OnDevice;
    beforeAll(async () => {
      four = await onDevice(op, 4, 2);
      one = await onDevice(op, 1, 2);
    });

    const check = async (x: Float32Array, y: Float32Array): Promise<void> => {
      const z = await four(x, y);
      let [worst, at] = [0, ""];
      for (let i = 0; i < x.length; i++) {
        if (isSubnormal(x[i]) || isSubnormal(y[i])) continue;
        const off = ulpsOff(z[i], reference(x[i], y[i]));
        if (!(off <= worst)) [worst, at] = [off, `${x[i]}, ${y[i]}`];
      }
      expect(worst, `at ${at}`).toBeLessThanOrEqual(bound);
      expect(differences(await one(x, y), z)).toBe(0);
    };

    it.each(Object.entries(kinds))(`is within ${bound} ulps %s, the same for both lane counts`, async (_, draw) => {
      const next = generator(1);
      const drawn = Array.from({ length: capacity / 4 }, () => draw(next));
      await check(
        Float32Array.from(drawn, ([x]) => x),
        Float32Array.from(drawn, ([, y]) => y),
      );
    });

    it(`is within ${bound} ulps for drawn bits`, async () => {
      const patterns = fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1)), { minLength: 4, maxLength: 256 });
      const column = (drawn: readonly (readonly [number, number])[], i: 0 | 1): Float32Array =>
        new Float32Array(Uint32Array.from(drawn, (pair) => pair[i]).buffer);
      await fc.assert(
        fc.asyncProperty(patterns, (drawn) => check(column(drawn, 0), column(drawn, 1))),
        { seed: 1, numRuns: 20 },
      );
    });
  });
});
