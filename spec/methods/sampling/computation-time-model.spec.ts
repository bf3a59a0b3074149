import { computationTimeModel, operationCountModel } from "cotangent/methods/sampling";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const times = fc.record({
  overhead: numbers({ min: 0, max: 2 }),
  perEntry: numbers({ min: 0, max: 2 }),
  threshold: numbers({ min: 0, max: 100 }),
});
const sizes = numbers({ min: 0, max: 30 });

describe("computationTimeModel", () => {
  law(
    "is max(c + λ k_0 B_0, c + λ k B), for heads and tails",
    times,
    sizes,
    numbers({ min: 0, max: 1 }),
    (time, k, mass) => {
      const { overhead, perEntry, threshold } = time;
      const model = computationTimeModel({ ...time, batch: 8 });
      const g = (columns: number, rows: number) =>
        Math.max(overhead + perEntry * threshold, overhead + perEntry * columns * rows);
      expect(model.time(k, 3)).toBeCloseTo(g(k, 3), 12);
      expect(model.head(k)).toBeCloseTo(g(k, 8), 12);
      expect(model.tail(k, mass, 2)).toBeCloseTo(g(k, 8 * mass), 12);
    },
  );

  law(
    "never decreases and is convex, in columns and in rows",
    times,
    sizes,
    sizes,
    sizes,
    numbers({ min: 0, max: 1 }),
    (time, a, b, other, share) => {
      const { time: g } = computationTimeModel({ ...time, batch: 1 });
      const mixed = share * a + (1 - share) * b;
      for (const f of [(k: number) => g(k, other), (rows: number) => g(other, rows)]) {
        expect(f(Math.min(a, b))).toBeLessThanOrEqual(f(Math.max(a, b)));
        expect(f(mixed)).toBeLessThanOrEqual(share * f(a) + (1 - share) * f(b) + 1e-9);
      }
    },
  );

  it("names what is wrong", () => {
    const good = { overhead: 0, perEntry: 1, threshold: 0, batch: 1 };
    for (const name of ["overhead", "perEntry", "threshold"]) {
      expect(() => computationTimeModel({ ...good, [name]: -1 })).toThrow(
        `computationTimeModel: ${name} is -1 but must be a finite number ≥ 0`,
      );
    }
    expect(() => computationTimeModel({ ...good, batch: 0.5 })).toThrow(
      "computationTimeModel: batch is 0.5 but must be a whole number ≥ 1",
    );
  });
});

describe("operationCountModel", () => {
  it("counts d·k for the head and p(d·d_i + d_i·k_i) for a tail", () => {
    const { head, tail } = operationCountModel({ features: 32 });
    expect(head(401)).toBe(32 * 401);
    expect(tail(1600, 0.25, 1)).toBe(0.25 * (32 * 8 + 8 * 1600));
    expect(tail(1600, 0.5, 2)).toBe(0.5 * (32 * 2 + 2 * 1600));
    expect(tail(1600, 1, 3)).toBe(32 + 1600);
    expect(operationCountModel({ features: 32, divValue: 1 }).tail(10, 1, 3)).toBe(32 * 32 + 320);
  });

  it("names what is wrong", () => {
    expect(() => operationCountModel({ features: 0 })).toThrow(
      "operationCountModel: features is 0 but must be a whole number ≥ 1",
    );
    expect(() => operationCountModel({ features: 1, divValue: 0 })).toThrow(
      "operationCountModel: divValue is 0 but must be a finite number ≥ 1",
    );
  });
});
