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
      for (let i = 1; i < sorted.length; i++) {
        expect(sorted[i] - sorted[i - 1]).toBeGreaterThan(0.1 - 1e-9);
        expect(sorted[i] - sorted[i - 1]).toBeLessThan(0.3 + 1e-9);
      }
    }
  });

  it("draws all of the range that it says", () => {
    for (const [input, low, high] of [
      [scores(axes), -3, 3],
      [scores(axes, { min: 1 }), 1, 3],
      [embeddings(axes), -2, 2],
      [positives(axes), 0.1, 2],
      [positives(axes, { min: 1, max: 4 }), 1, 4],
      [distributions(axes), 0.01, 0.97],
      [binaryLabels(axes), 0, 1],
      [signs(axes), -1, 1],
      [distinctScores(axes, { gap: 1 }), -11.5, 11.5],
    ] as const) {
      const all = fc.sample(input.arbitrary([3, 4], 5), { numRuns: 300, seed: 2 }).flatMap((values) => [...values]);
      expect(Math.min(...all)).toBeCloseTo(low, 1);
      expect(Math.max(...all)).toBeCloseTo(high, 1);
    }
  });

  it("gives an example without axes the whole of a distribution, and none where there are no rows", () => {
    for (const values of fc.sample(distributions([]).arbitrary([], 5), 5)) expect([...values]).toEqual([1]);
    for (const values of fc.sample(distributions(axes).arbitrary([0, 4], 5), 5)) expect(values.length).toBe(0);
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

  type Kind = Pick<Input, "isReal" | "gradient" | "unbounded">;
  const all: readonly (readonly [string, Kind, boolean, boolean, boolean])[] = [
    ["scores", scores(axes), true, true, true],
    ["scores without a gradient", scores(axes, { gradient: false }), true, false, true],
    ["distinct scores", distinctScores(axes), true, true, true],
    ["distinct scores without a gradient", distinctScores(axes, { gradient: false }), true, false, true],
    ["embeddings", embeddings(axes), true, true, true],
    ["embeddings without a gradient", embeddings(axes, { gradient: false }), true, false, true],
    ["positives", positives(axes), true, false, false],
    ["positives with a gradient", positives(axes, { gradient: true }), true, true, false],
    ["distributions", distributions(axes), true, false, false],
    ["distributions with a gradient", distributions(axes, { gradient: true }), true, true, false],
    ["binary labels", binaryLabels(axes), true, false, false],
    ["signs", signs(axes), true, false, false],
    ["class ids", classIds(axes, "classes"), false, false, false],
    ["flags", flags(axes), false, false, false],
    ["a plain number", plainNumber(), false, false, false],
  ];

  it.each(all)("says of %s whether it is real, has a gradient, and goes to extremes", (_, input, ...expected) => {
    expect([input.isReal, input.gradient, input.unbounded]).toEqual(expected);
  });

  it("wants positives above 0", () => {
    expect(() => positives(axes, { min: 0 })).toThrow(/^positives: min is 0 but must be a finite number > 0$/);
  });
});
