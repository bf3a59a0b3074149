import { oneHotFeatures } from "cotangent/methods/classification";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { gridFeatures } from "./support/minimax-problems.js";

const identity = (features: number, low: number[], high: number[]) => ({
  features,
  low: Float64Array.from(low),
  high: Float64Array.from(high),
  of: (x: ArrayLike<number>) => Float64Array.from(x),
});

describe("oneHotFeatures", () => {
  law("holds ψ(x) in the block of its class and 0 elsewhere", floats([3]), fc.integer({ min: 2, max: 4 }), (x, r) => {
    const features = oneHotFeatures(identity(3, [-3, -3, -3], [3, 3, 3]), r);
    const values = features.of(x);
    expect([features.classes, features.features, values.length]).toEqual([r, 3 * r, 3 * r * r]);
    for (let y = 0; y < r; y++) {
      for (let j = 0; j < 3 * r; j++) {
        expect(values[y * 3 * r + j]).toBe(Math.floor(j / 3) === y ? x[j % 3] : 0);
      }
    }
  });

  it("has 0 within its bounds, as other classes' features are 0", () => {
    const { low, high } = oneHotFeatures(identity(3, [1, -2, -3], [4, 2, -1]), 2);
    expect(low).toEqual(Float64Array.of(0, -2, -3, 0, -2, -3));
    expect(high).toEqual(Float64Array.of(4, 2, 0, 4, 2, 0));
  });

  it("names the argument that is wrong", () => {
    expect(() => oneHotFeatures(gridFeatures, 1)).toThrow(
      new RangeError("oneHotFeatures: classes is 1 but must be a whole number ≥ 2"),
    );
  });
});
