import { cpu, type DType, read, type Tensor, valueAndGrad } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RandomProgram } from "../../src/testing/random-program.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import { isLeaf } from "../../src/testing/random-program-line.js";
import { type RandomProgramOptions, randomPrograms } from "../../src/testing/random-programs.js";

const drawn = (options: RandomProgramOptions | undefined, numRuns: number, seed = 7): RandomProgram[] =>
  fc.sample(randomPrograms(options), { numRuns, seed });

/** A number of 32 bits that changes with any character (FNV-1a). */
function digest(texts: Iterable<string>): string {
  let hash = 0x811c9dc5;
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

/** Numbers without their last digits, which another processor may round otherwise. */
const short = (values: Iterable<number>) => Array.from(values, (value) => Math.round(value * 1e5) / 1e5 + 0).join();

/** A program with all that it claims. */
function* claimed(program: RandomProgram): Generator<string> {
  yield String(program);
  for (const { fact } of program.lines) {
    yield `${short([fact.low, fact.high, fact.error])} ${fact.grid} ${fact.smooth}`;
  }
}

/** What it computes: its results, and slopes of its objective. */
async function computed(program: RandomProgram): Promise<string> {
  const inputs = program.inputs(interpreter());
  const objective = (variables: Tensor[]): Tensor => {
    let next = 0;
    return program.objective(inputs.map((input, i) => (program.variables[i] ? variables[next++] : input)));
  };
  const { grad: slopes } = valueAndGrad(objective)(inputs.filter((_, i) => program.variables[i]) as Tensor[]);
  const results: Tensor<DType>[] = program.apply(inputs);
  const lists = await read([...results, ...slopes] as Tensor[]);
  return lists.map(short).join(";");
}

describe("randomPrograms", () => {
  // A seed in a report must show its program again. A change to what is drawn, or claimed, changes these with it.
  it.each([
    ["f64", "7f0d5ebf"],
    ["f32", "6abf76b"],
  ] as const)("in %s are for a seed what they were before, with all that they claim", (dtype, expected) => {
    expect(digest(drawn({ dtype }, 200).flatMap((program) => [...claimed(program)]))).toBe(expected);
  });

  it.each([
    ["f64", "28392435"],
    ["f32", "54fd0303"],
  ] as const)("in %s compute for a seed what they did before, and its slopes", async (dtype, expected) => {
    const found: string[] = [];
    for (const program of drawn({ dtype, maxOperations: 12 }, 80, 8)) found.push(await computed(program));
    expect(digest(found)).toBe(expected);
  });

  it("have up to 40 operations and are in f64, where nothing else is said", () => {
    const [plain, stated] = [drawn(undefined, 30), drawn({ maxOperations: 40, dtype: "f64" }, 30)];
    expect(plain.map(String)).toEqual(stated.map(String));
    expect(plain.every(({ dtype }) => dtype === "f64")).toBe(true);
    expect(drawn({ dtype: "f32" }, 3).every(({ dtype }) => dtype === "f32")).toBe(true);
  });

  it("have a leaf at least, and stop at the first operation that makes enough of them", () => {
    const sizes = drawn({ maxOperations: 1 }, 200).map(({ lines, operations }) => {
      expect(lines.some(isLeaf)).toBe(true);
      return operations;
    });
    expect(Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(sizes.filter((size) => size <= 1).length).toBeGreaterThan(100);
  });

  it("claim errors of single precision that the operations keep to, each within four times its claim", async () => {
    const exact = cpu();
    for (const program of drawn({ dtype: "f32", maxOperations: 8 }, 60, 9)) {
      const single = await read(program.trace(program.inputs(interpreter())) as Tensor[]);
      const fused = await read(program.trace(program.inputs(exact)) as Tensor[]);
      for (const [i, { fact }] of program.lines.entries()) {
        const allowed = 4 * fact.error * 2 ** -24;
        for (const [j, value] of single[i].entries()) {
          if (Object.is(value, fused[i][j]) || value === fused[i][j]) continue;
          expect(Math.abs(value - fused[i][j])).toBeLessThanOrEqual(allowed);
        }
      }
    }
  });
});
