import { cpu, type Tensor } from "cotangent";
import { type Inputs, positives, scores } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Computation } from "../../../src/testing/subjects/computation.js";
import { extremesLaw, unboundedOf } from "../../../src/testing/subjects/extremes.js";
import { type Sample, samplesOf } from "../../../src/testing/subjects/sample.js";

const backend = cpu();

/** What a law tries of inputs: the distinct points at which it asks for a value. */
async function tried(inputs: Inputs, sizes: Readonly<Record<string, number>>) {
  const points = new Map<string, Sample["values"]>();
  const of: Computation = {
    ...{ name: "sum", inputs, shape: [], samples: samplesOf(inputs, sizes), tolerance: { f64: 1e-9, f32: 1e-4 } },
    apply: (values, sample) => {
      const lists = Object.values(sample.values) as Float64Array[];
      points.set(lists.map((list) => list.join()).join(";"), sample.values);
      return (Object.values(values) as Tensor[]).reduce((total, x) => total.add(x.sum()), (values.x as Tensor).sum());
    },
  };
  const law = extremesLaw(of, backend, 1000);
  const [sample] = fc.sample(of.samples, { numRuns: 1, seed: 5 });
  await law.check(sample);
  return { law, sample, points: [...points.values()] as Readonly<Record<string, Float64Array>>[] };
}

describe("extremesLaw", () => {
  it("tries all signs of up to four elements, over all unbounded inputs, and leaves the others as they are", async () => {
    const inputs = { x: scores(["n"]), w: positives(["n"]), y: scores([2], { gradient: false }) };
    const { law, sample, points } = await tried(inputs, { n: 2 });
    expect(law.name).toBe("stays finite, value and gradient, out to ±1000");
    expect(unboundedOf(inputs)).toEqual(["x", "y"]);
    expect(new Set(points.map(({ x, y }) => [...x, ...y].join())).size).toBe(16);
    for (const { x, y, w } of points) {
      expect([...x, ...y].every((value) => Math.abs(value) === 1000)).toBe(true);
      expect(w).toBe(sample.values.w);
    }
  });

  it("tries both constant signs of more elements, and fourteen mixtures that keep some of them", async () => {
    const { sample, points } = await tried({ x: scores(["n"]) }, { n: 5 });
    const original = sample.values.x as Float64Array;
    expect(points.length).toBe(16);
    expect([...points[0].x]).toEqual(new Array(5).fill(1000));
    expect([...points[1].x]).toEqual(new Array(5).fill(-1000));
    const counts = [0, 0, 0];
    for (const { x } of points.slice(2)) {
      x.forEach((value, i) => {
        counts[[1000, -1000, original[i]].indexOf(value)]++;
      });
    }
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(70);
    expect(Math.min(...counts)).toBeGreaterThan(12); // 70 / 3 each, on average
  });

  it("says where it is not finite, in twelve elements of each unbounded input", async () => {
    const inputs = { x: scores(["n"]), y: scores([1], { gradient: false }) };
    const of: Computation = {
      ...{
        name: "root",
        inputs,
        shape: [],
        samples: samplesOf(inputs, { n: 13 }),
        tolerance: { f64: 1e-9, f32: 1e-4 },
      },
      apply: (values) =>
        (values.x as Tensor)
          .sum()
          .div((values.y as Tensor).mul(0))
          .sum(),
    };
    const [sample] = fc.sample(of.samples, { numRuns: 1, seed: 5 });
    const list = new Array(12).fill("1000").join(", ");
    await expect(extremesLaw(of, backend, 1000).check(sample)).rejects.toThrow(
      new Error(`root in f64 at x = [${list}], y = [1000]: the value is Infinity at element 0 but must be finite`),
    );
  });
});
