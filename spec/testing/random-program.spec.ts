import { cpu, grad, slice, type Tensor } from "cotangent";
import { lawsFor } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomProgram } from "../../src/testing/random-program.js";
import { checkAgreement } from "../../src/testing/random-program-checks.js";
import { checkEqual, checkNear } from "../../src/testing/random-program-difference.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import { type Fact, isLeaf, type Line, leafLine } from "../../src/testing/random-program-line.js";
import { smallerPrograms } from "../../src/testing/random-program-shrink.js";
import { randomPrograms } from "../../src/testing/random-programs.js";

const law = lawsFor(it, { runs: 60 });
const backend = cpu();

describe("randomPrograms", () => {
  law("claims of every line what is true of its values", randomPrograms(), async (program) => {
    const tensors = program.trace(program.inputs(backend));
    for (const [i, tensor] of tensors.entries()) {
      const { low, high, grid, shape, dtype } = program.lines[i].fact;
      expect({ shape: tensor.shape, dtype: tensor.dtype }).toEqual({ shape, dtype });
      const values = Array.from(await tensor.data());
      expect(values.filter((value) => !(value >= low - 1e-12 && value <= high + 1e-12))).toEqual([]);
      if (grid !== undefined) expect(values.filter((value) => !Number.isInteger(value * 2 ** grid))).toEqual([]);
    }
  });

  law("keeps to the number of operations, but for their helpers", randomPrograms({ maxOperations: 6 }), (program) => {
    expect(program.operations).toBeLessThanOrEqual(6 + 8);
    expect(program.outputs.length).toBeGreaterThan(0);
  });

  law("prints a line for each tensor, and what is returned", randomPrograms({ maxOperations: 6 }), (program) => {
    const text = String(program).trim().split("\n");
    expect(text.length).toBe(program.lines.length + 1);
    text.slice(0, -1).forEach((line, i) => {
      expect(line).toMatch(new RegExp(`^t${i} = .+  // (f64|f32|i32|u32|bool) \\[`));
      expect(line).not.toContain("$");
    });
    expect(text[text.length - 1]).toBe(`return ${program.outputs.map((output) => `t${output}`).join(", ")}`);
  });

  law(
    "has only smaller programs to shrink to, all of which run",
    randomPrograms({ maxOperations: 12 }),
    async (program) => {
      const weight = ({ lines, outputs, operations }: typeof program) =>
        1000 * (lines.length + operations + outputs.length) + outputs.reduce((sum, output) => sum + output, 0);
      for (const smaller of [...smallerPrograms(program)].slice(0, 20)) {
        expect(weight(smaller)).toBeLessThan(weight(program));
        await Promise.all(smaller.run(backend).map((result) => result.data()));
      }
    },
  );

  it("draws all kinds of operations, shapes and dtypes", () => {
    const programs = fc.sample(randomPrograms(), { numRuns: 300, seed: 1 });
    const lines = programs.flatMap((program) => program.lines);
    const named = new Set(lines.filter((line) => !isLeaf(line)).map(({ text }) => text.replace(/[({].*/, "")));
    expect(named.size).toBeGreaterThan(85);
    expect(new Set(lines.map(({ fact }) => fact.dtype))).toEqual(new Set(["f64", "f32", "i32", "u32", "bool"]));
    expect(new Set(lines.map(({ fact }) => fact.shape.length))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
    const sizes = lines.flatMap(({ fact }) => fact.shape);
    for (const wanted of [0, 1, 9, 1030]) expect(sizes).toContain(wanted);
  });

  it("finds a backend that is wrong, and shrinks to the operation", async () => {
    const wrong = interpreter();
    const right = interpreter();
    const run: typeof wrong.run = (program, leaves, constants) => {
      const nodes = program.nodes.map((node) => (node.op === "floor" ? { ...node, op: "ceil" } : node));
      return right.run({ ...program, nodes }, leaves, constants);
    };
    const broken = Object.assign(wrong, { run, read: right.read, release: right.release, memory: right.memory });
    const property = fc.asyncProperty(randomPrograms(), (program) => checkAgreement(program, broken, interpreter()));
    const { failed, counterexample } = await fc.check(property, { numRuns: 500, seed: 42 });
    expect(failed).toBe(true);
    expect(counterexample![0].operations).toBe(1);
    expect(String(counterexample![0])).toContain("= floor(t0)");
  });

  it("does the same draws for the same seed", () => {
    const [first, second] = [1, 2].map(() => fc.sample(randomPrograms(), { numRuns: 3, seed: 9 }).map(String));
    expect(first).toEqual(second);
  });

  it("has other leaves in another variant, but the same lists", async () => {
    const [program] = fc.sample(randomPrograms({ dtype: "f32" }), { numRuns: 1, seed: 3 });
    const values = (tensors: readonly Tensor<"f32">[]) => Promise.all(tensors.map((tensor) => tensor.data()));
    const [first, second] = [0, 1].map((variant) => program.inputs(backend, variant) as unknown as Tensor<"f32">[]);
    expect(await values(first)).not.toEqual(await values(second));
  });
});

describe("a program", () => {
  const fact = (shape: readonly number[], error: number, change: Partial<Fact> = {}): Fact => {
    return { shape, dtype: "f64", low: -9, high: 9, grid: undefined, error, smooth: true, ...change };
  };
  const leaf = (list: readonly number[], change: Partial<Fact> = {}) =>
    leafLine(fact([list.length], 0, change), { seed: 1, list });
  const times = (input: number, by: number, error: number, change: Partial<Fact> = {}): Line => ({
    ...{ text: `mul($0, ${by})`, inputs: [input], leaf: undefined, fact: fact([2], error, change) },
    apply: ([x]: readonly Tensor[]) => x.mul(by),
  });
  const of = (dtype: "f64" | "f32") => {
    const [other, own] = [{ dtype: "i32" } as const, { dtype }];
    const lines = [
      leaf([1, 2], own),
      leaf([3, 4], other),
      leaf([5, 7], own),
      times(0, 10, 3, own),
      times(2, 100, 0, own),
      times(0, 5, 1, { ...own, smooth: false }),
      times(1, 2, 0, other),
      { ...times(0, 1, 2, own), fact: fact([0], 2, own), apply: ([x]: readonly Tensor[]) => slice(x, [0], [0]) },
    ];
    return new RandomProgram(dtype, lines, [3, 6, 5, 7, 4, 0]);
  };

  it("allows four times the error of each result, in roundings of its dtype near 1", () => {
    expect(of("f64").allowances).toEqual([3, 0, 1, 2, 0, 0].map((error) => error * 2 ** -51));
    expect(of("f32").allowances).toEqual([3, 0, 1, 2, 0, 0].map((error) => error * 2 ** -22));
  });

  it("counts its operations, and takes derivatives in the leaves of its own dtype", () => {
    expect([of("f64").operations, of("f64").variables]).toEqual([5, [true, false, true]]);
  });

  it("has an objective of the means of its results, each with a weight, but for those without a slope to judge", async () => {
    const program = of("f64");
    const inputs = program.inputs(backend);
    const wanted = 15 + 600 * (1 + 4 / 4) + 1.5 * (1 + 5 / 4);
    expect(await program.objective(inputs).item()).toBeCloseTo(wanted, 12);
    const slope = grad((x: Tensor) => program.objective([x, ...inputs.slice(1)]))(inputs[0] as Tensor);
    expect(Array.from(await slope.data())).toEqual([5 + 1.125, 5 + 1.125]);
    const nothing = new RandomProgram("f64", [leaf([1], { dtype: "i32" })], [0]);
    const zero = nothing.objective(nothing.inputs(backend));
    expect([await zero.item(), zero.dtype, zero.shape]).toEqual([0, "f64", []]);
  });

  it("traces all lines from its leaves, and gives those that are its outputs", async () => {
    const program = of("f64");
    const traced = program.trace(program.inputs(backend));
    const values = await Promise.all(traced.map(async (tensor) => [...(await tensor.data())]));
    expect(values).toEqual([[1, 2], [3, 4], [5, 7], [10, 20], [500, 700], [5, 10], [6, 8], []]);
    const results = await Promise.all(program.run(backend).map(async (tensor) => [...(await tensor.data())]));
    expect(results).toEqual([3, 6, 5, 7, 4, 0].map((output) => values[output]));
  });

  it("prints as lines", () => {
    const [first, second] = [leaf([1, 2]), leafLine(fact([2, 3], 0, { grid: 3, low: -1, high: 1 }), { seed: 5 })];
    const sum = { ...times(0, 1, 0), text: "where($1, $0, $1)", inputs: [1, 0] };
    expect(String(new RandomProgram("f64", [first, second, sum], [2, 2]))).toBe(
      [
        "",
        "t0 = leaf(1, 2)  // f64 [2]",
        "t1 = leaf(seed 5, in [-1, 1], multiples of 0.125)  // f64 [2, 3]",
        "t2 = where(t0, t1, t0)  // f64 [2]",
        "return t2, t2",
        "",
      ].join("\n"),
    );
  });
});

describe("checkNear and checkEqual", () => {
  it("accept what is near, equal infinities and NaN, and zeros of either sign", () => {
    checkNear(
      "x",
      Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY),
      Float64Array.of(1.1, Number.NaN, Number.POSITIVE_INFINITY),
      0.2,
    );
    checkEqual("x", Float64Array.of(0, 3), Float64Array.of(-0, 3));
  });

  it("name the element that differs", () => {
    const [one, two] = [Float64Array.of(1, 2), Float64Array.of(1, 2.5)];
    expect(() => checkNear("x", one, two, 0.25)).toThrow("x has 2 at 1 but must have 2.5, to within 0.25");
    expect(() => checkEqual("x", one, two)).toThrow("x has 2 at 1 but must have 2.5, exactly");
    expect(() => checkNear("x", Float64Array.of(Number.NaN), Float64Array.of(1), 9)).toThrow(
      "x has NaN at 0 but must have 1, to within 9",
    );
    expect(() => checkEqual("x", one, Float32Array.of(1, 2))).toThrow(
      new Error("x is Float64Array of 2 but must be Float32Array of 2"),
    );
    expect(() => checkEqual("x", one, Float64Array.of(1))).toThrow(
      new Error("x is Float64Array of 2 but must be Float64Array of 1"),
    );
  });
});
