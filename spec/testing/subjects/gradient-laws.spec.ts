import { abs, cpu, type Tensor, tensor } from "cotangent";
import { type Inputs, scores } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Computation } from "../../../src/testing/subjects/computation.js";
import { awayFromKinks, detachedLaw, gradientLaws } from "../../../src/testing/subjects/gradient-laws.js";
import { type Sample, samplesOf } from "../../../src/testing/subjects/sample.js";

const backend = cpu();
const inputs: Inputs = { x: scores(["n"]), y: scores(["n"]), z: scores(["n"], { gradient: false }) };
const computation = (apply: Computation["apply"], of = inputs): Computation => ({
  ...{ name: "thing", inputs: of, shape: ["n"], samples: samplesOf(of, { n: 2 }), apply },
  tolerance: { f64: 1e-9, f32: 1e-4 },
});
const [sample] = fc.sample(samplesOf(inputs, { n: 2 }), { numRuns: 1, seed: 1 });

describe("awayFromKinks", () => {
  const judged = (...distances: number[]) => {
    const kinks = () => tensor(Float64Array.from(distances), { backend });
    return awayFromKinks(
      computation((values) => values.x as Tensor),
      backend,
      kinks,
    )(sample);
  };

  it("leaves out a sample of which any element is nearer to a kink than 0.05, on either side", async () => {
    await judged(0.051, -0.06, 3);
    for (const near of [0, 0.049, -0.049, 0.05]) {
      await expect(judged(1, near, -2)).rejects.toThrow(fc.PreconditionFailure);
    }
  });

  it("asks about the inputs, and takes every sample where no kink is declared", async () => {
    const of = computation((values) => values.x as Tensor);
    const given: unknown[] = [];
    await awayFromKinks(of, backend, ({ x }) => {
      given.push((x as Tensor).shape);
      return abs(x as Tensor).add(1);
    })(sample);
    expect(given).toEqual([[2]]);
    await awayFromKinks(of, backend, undefined)(sample);
  });
});

describe("gradientLaws", () => {
  const smooth = computation((values) => (values.x as Tensor).mul(values.y as Tensor).mul(values.x as Tensor));
  const anything = async () => {};

  it("are one for each input with a gradient, and one for all of them if there are more", () => {
    const names = (of: Computation) => gradientLaws(of, backend, 2, anything).map(({ name }) => name);
    const title = "agrees with central differences to order 2, in ";
    expect(names(smooth)).toEqual([`${title}x`, `${title}y`, `${title}all inputs at once`]);
    expect(names(computation((values) => values.x as Tensor, { x: inputs.x }))).toEqual([`${title}x`]);
  });

  it("judge the samples that are to be judged, to the order that is stated", async () => {
    for (const { check } of gradientLaws(smooth, backend, 2, anything)) await check(sample);
    const seen: Sample[] = [];
    const [law] = gradientLaws(smooth, backend, 1, async (one) => {
      seen.push(one);
      throw new Error("not this one");
    });
    await expect(law.check(sample)).rejects.toThrow("not this one");
    expect(seen).toEqual([sample]);
  });
});

describe("detachedLaw", () => {
  it("says what flows into an input that is detached", async () => {
    const law = (apply: Computation["apply"]) => detachedLaw(computation(apply), backend, "z");
    expect(law(() => tensor(1)).name).toBe("lets no gradient into z");
    await law((values) => values.x as Tensor).check(sample);
    await law((values) => (values.x as Tensor).add((values.z as Tensor).mul(0))).check(sample);
    const second = tensor(Float64Array.of(0, 2), { backend });
    const leaking = law((values) => (values.x as Tensor).add((values.z as Tensor).mul(second)));
    await expect(leaking.check(sample)).rejects.toThrow(
      /^thing: the gradient in z is [\d.]+ at element 1 but must be 0; detach it with stopGradient$/,
    );
  });
});
