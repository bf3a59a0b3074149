import { cpu } from "cotangent";
import { classIds, flags, plainNumber, positives, scores } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  axesOf,
  finest,
  inSinglePrecision,
  placed,
  places,
  sameBits,
  samplesOf,
  shapeAt,
  tensorsOf,
  variablesOf,
} from "../../../src/testing/subjects/sample.js";
import { inSinglePrecisionOnly } from "../../../src/testing/subjects/single-precision.js";

const inputs = {
  logits: scores(["batch", "classes"]),
  labels: classIds(["batch"], "labels"),
  weights: positives([2, "batch"], { gradient: true }),
  mask: flags(["batch"]),
  margin: plainNumber(),
};
const backend = cpu();

describe("samplesOf", () => {
  it("draws sizes of the named axes, from 1 to 4 where nothing is said, and values of these shapes", () => {
    const seen: Record<string, number[]> = { batch: [], classes: [], labels: [], ids: [] };
    for (const { sizes, values, seed } of fc.sample(samplesOf(inputs, { classes: 3, labels: [2, 6] }), {
      ...{ numRuns: 500, seed: 3 },
    })) {
      for (const axis of ["batch", "classes", "labels"]) seen[axis].push(sizes[axis]);
      const { logits, labels, weights, mask, margin } = values as {
        [K in "logits" | "labels" | "weights" | "mask"]: Float64Array;
      } & { margin: number };
      const { batch, classes } = sizes;
      expect([logits.length, labels.length, weights.length, mask.length]).toEqual([
        batch * classes,
        batch,
        2 * batch,
        batch,
      ]);
      expect(typeof margin).toBe("number");
      expect(Number.isInteger(seed) && seed >= 0).toBe(true);
      for (const id of labels) expect(id >= 0 && id < sizes.labels).toBe(true);
      seen.ids.push(...labels);
    }
    const ends = Object.entries(seen).map(([axis, list]) => [axis, Math.min(...list), Math.max(...list)]);
    expect(ends).toEqual([
      ["batch", 1, 4],
      ["classes", 3, 3],
      ["labels", 2, 6],
      ["ids", 0, 5],
    ]);
  });
});

describe("an input's own values", () => {
  it("are drawn for its shape, and for the size of what it counts, which is 0 where it counts nothing", () => {
    const asked: unknown[] = [];
    const asking = (over?: string) => ({
      ...scores(["batch"]),
      ...(over !== undefined && { over }),
      arbitrary: (shape: readonly number[], classes: number) => {
        asked.push([shape, classes]);
        return fc.constant(new Float64Array(shape[0]));
      },
    });
    fc.sample(samplesOf({ x: asking(), y: asking("classes") }, { batch: 2, classes: 7 }), 1);
    expect(asked).toEqual([
      [[2], 0],
      [[2], 7],
    ]);
  });
});

describe("what is known of inputs", () => {
  it("is their axes, each once, their shapes, and which have gradients", () => {
    expect(axesOf(inputs)).toEqual(["batch", "classes", "labels"]);
    expect(shapeAt([2, "batch", "classes"], { batch: 5, classes: 7 })).toEqual([2, 5, 7]);
    expect(variablesOf(inputs)).toEqual(["logits", "weights"]);
  });

  it("is placed by name, in its shape", () => {
    const [sample] = fc.sample(samplesOf(inputs, { batch: 2, classes: 3 }), { numRuns: 1, seed: 1 });
    const values = placed(inputs, sample, { backend, dtype: "f32" });
    const { logits, weights } = tensorsOf(values, ["logits", "weights"]);
    expect([logits.shape, weights.shape, logits.dtype]).toEqual([[2, 3], [2, 2], "f32"]);
    expect(values.margin).toBe(sample.values.margin);
  });
});

describe("inSinglePrecision", () => {
  it("rounds real numbers, in lists and alone, and nothing else", () => {
    const ids = Int32Array.of(2 ** 24 + 1);
    const { values } = inSinglePrecision({
      ...{ sizes: {}, seed: 1 },
      values: { x: Float64Array.of(0.1, 0.5), ids, margin: 0.1, name: "0.1" },
    });
    expect(values).toEqual({ x: Float64Array.of(Math.fround(0.1), 0.5), ids, margin: Math.fround(0.1), name: "0.1" });
    expect(values.ids).toBe(ids);
  });
});

describe("places", () => {
  it("are the precisions that a backend has, the finest first", () => {
    const single = inSinglePrecisionOnly(backend);
    expect(places(backend).map(({ dtype }) => dtype)).toEqual(["f64", "f32"]);
    expect(places(single).map(({ dtype }) => dtype)).toEqual(["f32"]);
    expect([finest(backend).dtype, finest(single).dtype]).toEqual(["f64", "f32"]);
    expect(places(single)[0].backend).toBe(single);
  });
});

describe("sameBits", () => {
  it("is true of equal numbers, NaN with them, and not of zeros of different sign, or of other lengths", () => {
    const of = (...list: number[]) => Float64Array.from(list);
    expect(sameBits(of(1, NaN), of(1, NaN))).toBe(true);
    for (const [a, b] of [
      [of(1, 2), of(1, 3)],
      [of(0), of(-0)],
      [of(1), of(1, 2)],
      [of(1, 2), of(1)],
    ]) {
      expect(sameBits(a, b)).toBe(false);
    }
  });
});
