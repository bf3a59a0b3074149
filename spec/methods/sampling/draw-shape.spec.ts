import { cpu, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { besideRows, finestFloat, shapeOf } from "../../../src/methods/sampling/draw-shape.js";

describe("the shape of draws", () => {
  it("is a count, or as it is", () => {
    expect(shapeOf("draw", 3)).toEqual([3]);
    expect(shapeOf("draw", [2, 1, 4])).toEqual([2, 1, 4]);
    expect(() => shapeOf("draw", 0)).toThrow("draw: count is 0 but must be a whole number ≥ 1");
    expect(() => shapeOf("draw", [2, 0])).toThrow("draw: count is 0 but must be a whole number ≥ 1");
  });

  it("takes labels beside its rows", async () => {
    const labels = tensor(Int32Array.of(5, 7));
    const beside = besideRows("draw", labels, [2, 3, 4]);
    expect(beside.shape).toEqual([2, 1, 1]);
    expect([...(await beside.data())]).toEqual([5, 7]);
    expect(besideRows("draw", labels, [2]).shape).toEqual([2]);
    expect(() => besideRows("draw", labels, [3, 2])).toThrow(
      "draw: the shape is [3, 2] but must start with 2, a row for each label",
    );
  });

  it("has the finest numbers of its backend", () => {
    const backend = cpu();
    expect(finestFloat(backend)).toBe("f64");
    expect(finestFloat(Object.create(backend, { dtypes: { value: new Set(["f32", "i32"]) } }))).toBe("f32");
  });
});
