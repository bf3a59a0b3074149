import { cpu, customVjp, evaluate, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { type Inputs, scores } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Computation } from "../../../src/testing/subjects/computation.js";
import {
  agreementLaw,
  checkFinite,
  everything,
  finiteLaw,
  largest,
  leakLaw,
  listed,
  named,
  repeatLaw,
  showAxes,
} from "../../../src/testing/subjects/computation-laws.js";
import { samplesOf } from "../../../src/testing/subjects/sample.js";
import type { SubjectLaw } from "../../../src/testing/subjects/subject.js";

const host = cpu();
const other = wasm();
const anything = async () => {};

/** The product of all inputs that there are, or what is made of it. */
function computation(
  names: string,
  change: (product: Tensor, values: readonly Tensor[]) => Tensor = (v) => v,
): Computation {
  const inputs: Inputs = Object.fromEntries(
    [..."abc"].map((name) => [name, scores(["n"], { gradient: names.includes(name), min: 1, max: 2 })]),
  );
  const apply: Computation["apply"] = (values) => {
    const list = Object.values(values) as Tensor[];
    return change(
      list.reduce((product, x) => product.mul(x)),
      list,
    );
  };
  const samples = samplesOf(inputs, { n: 3 });
  return { name: "product", inputs, samples, shape: ["n"], tolerance: { f64: 1e-9, f32: 1e-4 }, apply };
}

/** What a law says of one sample; undefined if it holds. */
async function said({ arbitraries, check }: SubjectLaw): Promise<string | undefined> {
  const [sample] = fc.sample(arbitraries[0], { numRuns: 1, seed: 1 });
  return check(sample).then(
    () => undefined,
    (problem: Error) => problem.message,
  );
}

describe("what laws say", () => {
  it("lists words and axes", () => {
    expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map((words) => listed(words))).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c",
    ]);
    expect([showAxes([]), showAxes(["batch", 3])]).toEqual(["[]", "[batch, 3]"]);
  });

  it("measures by the largest finite magnitude, or 1", () => {
    expect(largest([0.5, -0.25])).toBe(1);
    expect(largest([2, -7, Infinity, -Infinity, NaN, 3])).toBe(7);
  });

  it("names what is not finite, and where", () => {
    const [value, slope] = [Float64Array.of(1, 2), Float64Array.of(0, NaN)];
    checkFinite("loss in f64", named({ value, slopes: { x: value } }));
    expect(() => checkFinite("loss in f64", named({ value, slopes: { x: value, y: slope } }))).toThrow(
      new Error("loss in f64: the gradient in y is NaN at element 1 but must be finite"),
    );
    expect(() => checkFinite("loss", named({ value: slope, slopes: {} }))).toThrow(
      new Error("loss: the value is NaN at element 1 but must be finite"),
    );
  });
});

describe("everything", () => {
  it("is the value and the gradient in each variable, of which there may be none", async () => {
    for (const [names, parts] of [
      ["", ["the value"]],
      ["b", ["the value", "the gradient in b"]],
      ["ac", ["the value", "the gradient in a", "the gradient in c"]],
    ] as const) {
      const of = computation(names);
      const [sample] = fc.sample(of.samples, { numRuns: 1, seed: 1 });
      expect([...(await everything(of, sample, { backend: host, dtype: "f64" })).keys()]).toEqual(parts);
    }
  });
});

describe("the laws of a computation", () => {
  it("see a value that is not finite in one precision alone, with variables or without", async () => {
    const large = (product: Tensor) => product.mul(1e38).mul(100).div(1e38);
    for (const names of ["", "a", "ab"]) {
      expect(await said(finiteLaw(computation(names), host))).toBe(undefined);
      expect(await said(finiteLaw(computation(names, large), host))).toBe(
        "product in f32: the value is Infinity at element 0 but must be finite",
      );
    }
  });

  it("see a second result that differs, and show both", async () => {
    let calls = 0;
    const drifting = computation("", (product) => product.mul(0).add(calls++));
    expect(await said(repeatLaw(computation("a"), host))).toBe(undefined);
    expect(await said(repeatLaw(drifting, host))).toMatch(
      /^product: the value is \[(\d), \1, \1\] the second time but must be \[\d, \d, \d\], as the first; what is random needs a key$/,
    );
  });

  it("see buffers that are left behind, with variables or without", async () => {
    const kept: Tensor[] = [];
    for (const names of ["", "a", "ab"]) {
      expect(await said(leakLaw(computation(names), host))).toBe(undefined);
      const keeping = computation(names, (product, [x]) => {
        kept.push(evaluate(x.mul(2)));
        return product;
      });
      expect(await said(leakLaw(keeping, host))).toMatch(
        /^product: \d+ buffers on cpu outlive a call but must not; dispose of what it evaluates$/,
      );
      if (names === "") continue;
      const rule = customVjp(
        (x: Tensor) => x.mul(1),
        (cotangent, _, x) => {
          kept.push(evaluate(x.mul(2)));
          return [cotangent];
        },
      );
      expect(
        await said(
          leakLaw(
            computation(names, (product) => rule(product)),
            host,
          ),
        ),
      ).toContain("buffers on cpu outlive a call");
    }
  });

  it("see a value, a gradient or a curvature that is another on another backend, in either precision", async () => {
    const agrees = (of: Computation, order: 1 | 2) => said(agreementLaw(of, other, host, order, anything));
    const title = (names: string, order: 1 | 2) => agreementLaw(computation(names), other, host, order, anything).name;
    const bounds = "to 1e-9 in f64 and 0.0001 in f32";
    expect(title("", 2)).toBe(`agrees with cpu in f64, value, ${bounds}`);
    expect(title("a", 1)).toBe(`agrees with cpu in f64, value and gradient, ${bounds}`);
    expect(title("ab", 2)).toBe(`agrees with cpu in f64, value, gradient and curvature, ${bounds}`);

    const apart = (by: (x: Tensor) => Tensor) =>
      computation("a", (product, [x]) => (x.backend === other ? product.add(by(x)) : product));
    expect(await agrees(computation("a"), 2)).toBe(undefined);
    expect(
      await agrees(
        computation("a", (product, [x]) => product.mul(x).mul(x)),
        2,
      ),
    ).toBe(undefined);
    expect(
      await agrees(
        apart((x) => x.mul(0).add(1e-6)),
        1,
      ),
    ).toMatch(/^product: the value in f64 on wasm has /);
    expect(
      await agrees(
        apart((x) => x.mul(1e-6).sub(x.mul(1e-6).add(0))),
        1,
      ),
    ).toBe(undefined);
    const bent = apart((x) => x.sub(1.5).mul(x.sub(1.5)).mul(1e-9)); // seen in its slope and curvature only
    expect(await agrees(bent, 2)).toMatch(/^product: the (gradient|curvature) in a in f64 on wasm has /);
  });

  it("compare a backend with itself in single precision alone", async () => {
    const coarse = computation("a", (product, [x]) => (x.dtype === "f32" ? product.mul(1.001) : product));
    expect(await said(agreementLaw(coarse, host, host, 1, anything))).toMatch(/^product: the value in f32 on cpu has /);
    let computed = 0;
    const counted = computation("", (product, [x]) => {
      if (x.dtype === "f64") computed++;
      return product;
    });
    expect(await said(agreementLaw(counted, host, host, 1, anything))).toBe(undefined);
    expect(computed).toBe(1); // by the reference
  });
});
