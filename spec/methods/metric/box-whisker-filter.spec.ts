import { type Tensor, tensor } from "cotangent";
import { boxWhiskerFilter } from "cotangent/methods/metric";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const vector = (values: ArrayLike<number>) => tensor(Float64Array.from(values)) as Tensor;
const bools = (values: readonly boolean[]) => tensor(Uint8Array.from(values, Number)) as Tensor<"bool">;
const kept = async (values: ArrayLike<number>, options = {}) =>
  Array.from(await boxWhiskerFilter(vector(values), options).data(), (is) => is !== 0);
const values = fc.integer({ min: 0, max: 11 }).chain((size) => floats([size]));
const whiskers = numbers({ min: 0, max: 2 });

describe("boxWhiskerFilter", () => {
  law("keeps what is within the whiskers of the quartiles", values, whiskers, async (s, whisker) => {
    const sorted = [...s].sort((a, b) => a - b);
    const [low, high] = [sorted[Math.floor(s.length / 4)], sorted[Math.floor((3 * s.length) / 4)]];
    const reach = whisker * (high - low);
    expect(await kept(s, { whisker })).toEqual(
      [...s].map((v) => s.length < 4 || (v >= low - reach && v <= high + reach)),
    );
  });

  law(
    "sees only what the mask leaves",
    floats([9]),
    fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
    async (s, marks) => {
      const alone = await kept(s.filter((_, i) => marks[i]));
      const places = marks.flatMap((is, i) => (is ? [i] : []));
      const expected = marks.map((is, i) => is && alone[places.indexOf(i)]);
      expect(await kept(s, { mask: bools(marks) })).toEqual(expected);
    },
  );

  law(
    "keeps the same in another order, shifted and scaled, and half at least",
    floats([8]),
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
    async (s, order) => {
      const plain = await kept(s, { whisker: 0.4 });
      expect(
        await kept(
          order.map((i) => s[i]),
          { whisker: 0.4 },
        ),
      ).toEqual(order.map((i) => plain[i]));
      expect(
        await kept(
          s.map((v) => 4 * v),
          { whisker: 0.4 },
        ),
      ).toEqual(plain); // by a power of two, so that nothing rounds
      const coarse = s.map((v) => Math.round(v * 8) / 8);
      expect(
        await kept(
          coarse.map((v) => v + 16),
          { whisker: 0.5 },
        ),
      ).toEqual(await kept(coarse, { whisker: 0.5 }));
      expect(plain.filter(Boolean).length).toBeGreaterThanOrEqual(4);
    },
  );

  it("keeps all with long whiskers, but nothing beside where the quartiles are equal", async () => {
    expect(await kept([-100, 1, 2, 3, 4, 900], { whisker: 1e6 })).toEqual(Array(6).fill(true));
    expect(await kept([0, 1, 1, 1, 1, 2], { whisker: 1e6 })).toEqual([false, true, true, true, true, false]);
    expect(await kept([0, 9, 10, 11])).toEqual([false, true, true, true]);
    expect(await kept([0, 9, 10])).toEqual([true, true, true]); // too few for quartiles
    expect(await kept([0, 1, 2, 3, 4, 50])).toEqual([true, true, true, true, true, false]);
  });

  it("says what is wrong with its input", () => {
    expect(() => boxWhiskerFilter(vector([1]), { whisker: -1 })).toThrow(
      "boxWhiskerFilter: whisker is -1 but must be a finite number ≥ 0",
    );
    expect(() => boxWhiskerFilter(tensor([[1]]))).toThrow(
      "boxWhiskerFilter: values has shape [1, 1] but must have 1 axis",
    );
    expect(() => boxWhiskerFilter(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      "boxWhiskerFilter: values is i32 but must be f32 or f64; cast it",
    );
    expect(() => boxWhiskerFilter(vector([1]), { mask: vector([1]) as never })).toThrow(
      "boxWhiskerFilter: mask is f64 but must be bool",
    );
    expect(() => boxWhiskerFilter(vector([1]), { mask: bools([true, true]) })).toThrow(
      "boxWhiskerFilter: mask has shape [2] but must match values, [1]",
    );
    expect(() => boxWhiskerFilter(vector([Number.NaN]))).toThrow(
      "boxWhiskerFilter: values holds NaN at 0 but must hold finite numbers",
    );
  });
});
