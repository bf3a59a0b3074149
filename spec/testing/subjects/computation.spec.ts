import { BackendError, cpu, grad, type Tensor, tensor } from "cotangent";
import { scores } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Computation, called, mixed, objectiveOf, valueAt } from "../../../src/testing/subjects/computation.js";
import { samplesOf } from "../../../src/testing/subjects/sample.js";

const backend = cpu();
const place = { backend, dtype: "f64" } as const;
const inputs = { x: scores(["n"]), y: scores(["n"], { gradient: false }) };
const computation = (apply: Computation["apply"]): Computation => ({
  ...{ name: "thing", inputs, shape: ["n"], tolerance: { f64: 1e-9, f32: 1e-4 } },
  ...{ samples: samplesOf(inputs, { n: 3 }), apply },
});
const [sample] = fc.sample(samplesOf(inputs, { n: 3 }), { numRuns: 1, seed: 1 });
const { x, y } = sample.values as Readonly<Record<"x" | "y", Float64Array>>;
const product = computation((values) => (values.x as Tensor).mul(values.y as Tensor));
const weight = (i: number) => 1 + 0.3 * Math.cos(7 * i + 1);

describe("mixed", () => {
  it("adds all elements up, each with a weight of its own between 0.7 and 1.3", async () => {
    const values = tensor(Float64Array.of(2, -1, 0.5, 4), { shape: [2, 2] });
    const wanted = [2, -1, 0.5, 4].reduce((sum, value, i) => sum + weight(i) * value, 0);
    expect(await mixed(values).item()).toBeCloseTo(wanted, 14);
    const slopes = await grad(mixed)(values).data();
    slopes.forEach((slope, i) => {
      expect(slope).toBeCloseTo(weight(i), 14);
    });
    expect(new Set(slopes).size).toBe(4);
  });
});

describe("valueAt and objectiveOf", () => {
  it("compute at the sample, the objective from some of the inputs, the others as they are", async () => {
    const wanted = Array.from(x, (value, i) => value * y[i]);
    expect([...(await valueAt(product, sample, place).data())]).toEqual(wanted);
    const { at, f } = objectiveOf(product, sample, place, ["x"]);
    expect(Object.keys(at)).toEqual(["x"]);
    expect([...(await at.x.data())]).toEqual([...x]);
    const total = (factor: number) => wanted.reduce((sum, value, i) => sum + factor * weight(i) * value, 0);
    expect(await f(at).item()).toBeCloseTo(total(1), 13);
    expect(await f({ x: at.x.mul(2) }).item()).toBeCloseTo(total(2), 13);
  });
});

describe("called", () => {
  const call = (apply: Computation["apply"]) => () => called(computation(apply), {}, sample, place);
  const fail = (problem: Error) => () => {
    throw problem;
  };

  it("hands over the values, the sample and the place", () => {
    const given: unknown[] = [];
    const values = { x: 1 };
    called(
      computation((...all) => {
        given.push(...all);
        return tensor(1);
      }),
      values,
      sample,
      place,
    );
    expect(given[0]).toBe(values);
    expect(given[1]).toBe(sample);
    expect(given[2]).toBe(place);
  });

  it("advises where backends are mixed, and passes on whatever else is thrown", () => {
    const mixedUp = new BackendError("add: a is on cpu but b on wasm");
    expect(call(fail(mixedUp))).toThrow(
      new BackendError(
        "thing: add: a is on cpu but b on wasm; tensors that it makes itself must be on the backend of its inputs: zeros(shape, input)",
      ),
    );
    const other = new RangeError("anything");
    expect(call(fail(other))).toThrow(other);
  });

  it("wants a tensor", () => {
    for (const [value, shown] of [
      [undefined, "undefined"],
      [Promise.resolve(1), "a promise"],
      [{ loss: 1 }, "{loss}"],
    ] as const) {
      expect(call(() => value as never)).toThrow(new TypeError(`thing: the result is ${shown} but must be a tensor`));
    }
  });
});
