import { cpu, gather, randomInt, randomKey, type Tensor, uniform } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { type Inputs, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import {
  type Bias,
  biasLaw,
  type EstimatorCase,
  gradientBiasLaw,
  sameKeyLaw,
  sequentialLaw,
  unbiasedLaw,
} from "../../../src/testing/subjects/estimator-laws.js";
import { type Sample, samplesOf } from "../../../src/testing/subjects/sample.js";
import { inSinglePrecisionOnly } from "../../../src/testing/subjects/single-precision.js";
import type { SubjectLaw } from "../../../src/testing/subjects/subject.js";

const host = cpu();
const inputs: Inputs = { x: scores(["n"]) };
type Estimate = (x: Tensor, ...rest: [key: Parameters<EstimatorCase["estimate"]>[1]]) => Tensor;

/** An estimator of the sum of x, that draws nothing if it need not. */
function estimator(estimate: Estimate, change: Partial<EstimatorCase> = {}): EstimatorCase {
  const of = { estimate: (values: Readonly<Record<string, unknown>>, key: never) => estimate(values.x as Tensor, key) };
  return {
    ...{ name: "sums", inputs, shape: [], samples: samplesOf(inputs, { n: 2 }), tolerance: { f64: 1e-9, f32: 1e-4 } },
    ...of,
    target: ({ x }) => (x as Tensor).sum(),
    apply: (values, { seed }, { backend }) => of.estimate(values, randomKey(seed, { backend }) as never),
    ...change,
  } as EstimatorCase;
}

const at = (...x: number[]): Sample => ({ sizes: { n: x.length }, values: { x: Float64Array.from(x) }, seed: 3 });
const said = ({ check }: SubjectLaw, sample: Sample) =>
  check(sample).then(
    () => undefined,
    (problem: Error) => problem.message,
  );
const off = (by: number) => estimator((x) => x.sum().add(by));

describe("unbiasedLaw", () => {
  it("allows a bias of 1e-10 in double precision, whatever the tolerance, and what is tolerated in single", async () => {
    const law = (by: number) => unbiasedLaw(off(by), host);
    expect(law(0).name).toBe("is unbiased: the mean over all outcomes is the target");
    expect(await said(law(1e-10), at(0.25, 0.25))).toBe(undefined); // relative to 1 + the target
    expect(await said(law(1e-9), at(0.25, 0.25))).toMatch(/^checkUnbiased: the estimator is biased by [\d.]+e-10: /);
    const single = estimator((x) => (x.dtype === "f32" ? x.sum().add(1e-3) : x.sum()));
    expect(await said(unbiasedLaw(single, host), at(1, 2))).toMatch(
      /^checkUnbiased: the estimator is biased by 0\.000999/,
    );
    const strict = { ...off(5e-12), tolerance: { f64: 1e-12, f32: 1e-4 } };
    expect(await said(unbiasedLaw(strict, host), at(0, 0))).toMatch(
      /^checkUnbiased: the estimator is biased by 5\.?\d*e-12/,
    );
  });
});

describe("biasLaw", () => {
  const law = (by: number, biased: Bias) => biasLaw(off(by), biased, host);
  const slack = 1e-9;

  it("holds a bias to its sign, but for rounding", async () => {
    const above = "is on average not below its target, over all outcomes";
    const below = "is on average not above its target, over all outcomes";
    expect([law(1, { sign: "above" }).name, law(1, { sign: "below" }).name]).toEqual([above, below]);
    for (const [sign, side, right] of [
      ["above", 1, "≥ 0"],
      ["below", -1, "≤ 0"],
    ] as const) {
      for (const by of [1, 1e-3, 0, -0.7 * slack]) {
        expect(await said(law(side * by, { sign }), at(0.25, 0.5))).toBe(undefined);
      }
      expect(await said(law(side * -0.5, { sign }), at(0.25, 0.5))).toBe(
        `sums: the bias is ${side * -0.5} at element 0, ${0.75 + side * -0.5} on average for 0.75, but must be ${right}`,
      );
      expect(await said(law(side * -1.5 * slack, { sign }), at(0.25, 0.5))).toContain(`but must be ${right}`);
    }
  });

  it("allows for rounding relative to the largest target", async () => {
    expect(await said(law(-70 * slack, { sign: "above" }), at(50, 50))).toBe(undefined);
    expect(await said(law(-150 * slack, { sign: "above" }), at(50, 50))).toContain("but must be ≥ 0");
  });

  it("holds a bias to its bound, on either side", async () => {
    expect(law(1, { within: 0.5 }).name).toBe("has a bias of at most 0.5, over all outcomes");
    for (const by of [0.5, -0.5, 0.25, 0]) expect(await said(law(by, { within: 0.5 }), at(1, 2))).toBe(undefined);
    for (const by of [0.75, -0.75]) {
      expect(await said(law(by, { within: 0.5 }), at(1, 2))).toBe(
        `sums: the bias is ${by} at element 0, ${3 + by} on average for 3, but must be at most 0.5 in magnitude`,
      );
    }
  });
});

describe("gradientBiasLaw", () => {
  it("asks of the gradient alone, averaged over all outcomes", async () => {
    const law = (estimate: Estimate) => gradientBiasLaw(estimator(estimate), "x", host);
    const drawn: Estimate = (x, key) => gather(x, randomInt(key, [], 2)).mul(2);
    expect(law(drawn).name).toBe("has an unbiased gradient in x, over all outcomes");
    expect(await said(law(drawn), at(1, -2))).toBe(undefined);
    expect(
      await said(
        law((x, key) => drawn(x, key).add(5)),
        at(1, -2),
      ),
    ).toBe(undefined);
    expect(
      await said(
        law((x, key) => drawn(x, key).mul(1.01)),
        at(1, -2),
      ),
    ).toContain("is biased by 0.01");
  });
});

describe("sameKeyLaw", () => {
  const other = wasm();
  const byKey = (estimate: Estimate, scale = 1): EstimatorCase => {
    const of = estimator(estimate);
    return { ...of, apply: (values) => of.estimate(values, undefined as never).mul(scale) };
  };

  it("compares precision with precision, relative to the largest value", async () => {
    const apart = (by: number, dtype: string) =>
      byKey((x) => (x.backend === other && x.dtype === dtype ? x.sum().add(by) : x.sum()));
    const law = (of: EstimatorCase) => sameKeyLaw(of, other, host);
    expect(law(apart(0, "f64")).name).toBe(
      "agrees with cpu where the key is the same, value and gradient, to 1e-9 in f64 and 0.0001 in f32",
    );
    for (const [dtype, tolerance] of [
      ["f64", 1e-9],
      ["f32", 1e-4],
    ] as const) {
      for (const x of [at(0.25, 0.5), at(16, 16)]) {
        const size = Math.max(1, (x.values.x as Float64Array)[0] * 2);
        expect(await said(law(apart(0.7 * tolerance * size, dtype)), x)).toBe(undefined);
        const message = await said(law(apart(1.4 * tolerance * size, dtype)), x);
        expect(message).toContain(`sums: the value in ${dtype} on wasm has`);
      }
    }
  });

  it("holds a backend without f64 against the reference without it", async () => {
    const finest = byKey((x) => x.sum().mul(x.backend.dtypes.has("f64") ? 1 : 2));
    const single = inSinglePrecisionOnly(other);
    expect(await said(sameKeyLaw(finest, single, host), at(1, 2))).toBe(undefined);
  });
});

describe("sequentialLaw", () => {
  const noisy = (by: number) =>
    estimator((x, key) =>
      x
        .sum()
        .add(uniform(key, [], { dtype: x.dtype }))
        .sub(0.5 - by),
    );
  const range = (values: unknown) => {
    const [a, b] = (values as { x: Float64Array }).x;
    return { low: a + b - 1, high: a + b + 1 };
  };

  it("is run three times at most, in double precision, within 20 000 draws", async () => {
    const law = sequentialLaw(noisy(0), range as never, 0.05, host);
    expect([law.name, law.mostRuns]).toEqual(["is unbiased to 0.05 of its range, by a sequential test", 3]);
    expect(await said(law, at(0.25, 0.5))).toBe(undefined);
    expect(await said(sequentialLaw(noisy(0.2), range as never, 0.05, host), at(0.25, 0.5))).toMatch(
      /^checkUnbiasedSequential: draw is biased after \d+ draws /,
    );
  });
});
