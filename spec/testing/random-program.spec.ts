import { cpu, type Tensor } from "cotangent";
import { lawsFor } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkAgreement } from "../../src/testing/random-program-checks.js";
import { checkEqual, checkNear } from "../../src/testing/random-program-difference.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import { isLeaf } from "../../src/testing/random-program-line.js";
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
    expect(() => checkEqual("x", one, Float32Array.of(1))).toThrow(
      "x is Float64Array of 2 but must be Float32Array of 1",
    );
  });
});
