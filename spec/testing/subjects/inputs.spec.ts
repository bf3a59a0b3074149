import { cpu, type Tensor } from "cotangent";
import {
  binaryLabels,
  classIds,
  distinctScores,
  distributions,
  embeddings,
  flags,
  type Input,
  plainNumber,
  positives,
  scores,
  signs,
} from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const backend = cpu();

/** Values of an input, of the shape [3, 4], and a tensor of each. */
function drawn<Host>(input: Input<unknown, Host>): { readonly values: Host; readonly placed: unknown }[] {
  const samples = fc.sample(input.arbitrary([3, 4], 5), { numRuns: 10, seed: 1 });
  return samples.map((values) => ({ values, placed: input.place(values, [3, 4], { backend, dtype: "f32" }) }));
}

describe("inputs", () => {
  const axes = ["rows", "columns"];
  const tensors: readonly (readonly [string, Input<Tensor, Float64Array>, (x: number) => boolean])[] = [
    ["scores", scores(axes), (x) => Math.abs(x) <= 3],
    ["scores in a range", scores(axes, { min: 1, max: 2 }), (x) => x >= 1 && x <= 2],
    ["embeddings", embeddings(axes), (x) => Math.abs(x) >= 0.2 && Math.abs(x) <= 2],
    ["positives", positives(axes), (x) => x >= 0.1 && x <= 2],
    ["binary labels", binaryLabels(axes), (x) => x === 0 || x === 1],
    ["signs", signs(axes), (x) => x === 1 || x === -1],
    ["distributions", distributions(axes), (x) => x >= 0.009 && x <= 1],
    ["distinct scores", distinctScores(axes), (x) => Math.abs(x) >= 0.05],
  ];

  it.each(tensors)("%s hold what they say", async (_, input, isRight) => {
    for (const { values, placed } of drawn(input)) {
      expect(values.every(isRight)).toBe(true);
      expect((placed as Tensor).shape).toEqual([3, 4]);
      expect(await (placed as Tensor).data()).toEqual(Float32Array.from(values));
    }
  });

  it("draws both signs of an embedding, distributions that add up to 1, and scores that differ", () => {
    const all = drawn(embeddings(axes)).flatMap(({ values }) => [...values]);
    expect(all.some((x) => x < 0) && all.some((x) => x > 0)).toBe(true);
    for (const { values } of drawn(distributions(axes))) {
      for (let row = 0; row < 3; row++) {
        expect(values.slice(4 * row, 4 * row + 4).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
      }
    }
    for (const { values } of drawn(distinctScores(axes))) {
      const sorted = values.toSorted();
      for (let i = 1; i < sorted.length; i++) expect(sorted[i] - sorted[i - 1]).toBeGreaterThan(0.1 - 1e-9);
    }
  });

  it("draws class ids below the number of classes, truth values, and plain numbers", () => {
    for (const { values, placed } of drawn(classIds(axes, "classes"))) {
      expect(values.every((id) => id >= 0 && id < 5)).toBe(true);
      expect((placed as Tensor<"i32">).dtype).toBe("i32");
    }
    for (const { placed } of drawn(flags(axes))) expect((placed as Tensor<"bool">).dtype).toBe("bool");
    for (const { values, placed } of drawn(plainNumber({ min: 1, max: 2 }))) {
      expect(values >= 1 && values <= 2).toBe(true);
      expect(placed).toBe(values);
    }
  });

  it("says which of them have gradients, and which go to extremes", () => {
    const [free, fixed] = [scores(axes), scores(axes, { gradient: false })];
    expect([free.gradient, fixed.gradient, positives(axes).gradient]).toEqual([true, false, false]);
    expect([free.unbounded, positives(axes).unbounded, distributions(axes).unbounded]).toEqual([true, false, false]);
    expect(() => positives(axes, { min: 0 })).toThrow(/^positives: min is 0 but must be a finite number > 0$/);
  });
});
