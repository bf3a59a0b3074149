import { type Backend, type DType, evaluate, greater, type Tensor, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { RandomProgram } from "../../src/testing/random-program.js";
import { checkAgreement, checkDonation, checkFusion, checkRepeats } from "../../src/testing/random-program-checks.js";
import { interpreter } from "../../src/testing/random-program-interpreter.js";
import { type Apply, type Fact, type Line, leafLine } from "../../src/testing/random-program-line.js";

const factOf = (shape: readonly number[], dtype: DType, error = 0): Fact => {
  return { shape, dtype, low: -9, high: 9, grid: undefined, error, smooth: true };
};
const leaf = (values: readonly number[], dtype: DType = "f64") =>
  leafLine(factOf([values.length], dtype), { seed: 0, list: values });
const line = (inputs: readonly number[], apply: Apply, fact: Fact): Line => {
  return { text: "f($0)", inputs, apply, fact, leaf: undefined };
};

/** x − y, x·y and whether x > y of two vectors: what a right backend computes without fault. */
const whole = factOf([3], "f64", 4);
const right = new RandomProgram(
  "f64",
  [
    leaf([1, -2, 3]),
    leaf([4, 5, -6]),
    line([0, 1], ([x, y]) => (x as Tensor).sub(y), whole),
    line([0, 1], ([x, y]) => (x as Tensor).mul(y), whole),
    line([0, 1], ([x, y]) => greater(x, y), factOf([3], "bool")),
    leaf([7, 8], "i32"),
    line([5], ([i]) => (i as Tensor).add(1), factOf([2], "i32")),
  ],
  [2, 3, 4, 6],
);

type Run = Backend["run"];

/** An interpreter that runs programs in a way of its own. */
function rigged(change: (run: Run, ...args: Parameters<Run>) => ReturnType<Run>): Backend {
  const inner = interpreter();
  return Object.assign(interpreter(), inner, { run: (...args: Parameters<Run>) => change(inner.run, ...args) });
}

/** With the first number of its first result off by one, where that is asked for. */
const offWhere = (isAsked: (program: Parameters<Run>[0]) => boolean) =>
  rigged((run, program, ...rest) => {
    const results = run(program, ...rest);
    if (isAsked(program)) results[0].host![0] += 1;
    return results;
  });

const all = { checkAgreement, checkDonation, checkFusion, checkRepeats };
const said = (check: Promise<void>) =>
  check.then(
    () => undefined,
    (problem: Error) => problem.message,
  );

describe("the checks of random programs", () => {
  it.each(Object.entries(all))("%s finds nothing wrong with what is right", async (_, check) => {
    await check(right, interpreter(), interpreter());
  });

  it.each(Object.entries(all))("%s counts the buffers that are left behind", async (name, check) => {
    const [x] = right.lines;
    const keeps: Apply = ([t]) => {
      evaluate((t as Tensor).mul(2));
      return (t as Tensor).mul(3);
    };
    const leaking = new RandomProgram("f64", [x, line([0], keeps, factOf([3], "f64"))], [1]);
    expect(await said(check(leaking, interpreter(), interpreter()))).toMatch(
      new RegExp(`^${name}: \\d+ buffers on interpreter outlive the check$`),
    );
    const taking = rigged((run, ...args) => run(...args));
    let buffers = 9;
    Object.assign(taking, { memory: () => ({ buffers: buffers--, bytes: 0 }) });
    expect(await said(check(right, taking, interpreter()))).toBe(
      `${name}: -1 buffers on interpreter outlive the check`,
    );
  });
});

describe("checkAgreement", () => {
  const other = interpreter();
  const reference = interpreter();
  /** A multiple of one number, another one on the other backend. */
  const times = (dtype: "f32" | "f64", factor: number, otherwise: number, error: number) =>
    new RandomProgram(
      dtype,
      [
        leaf([1], dtype),
        line(
          [0],
          ([x], backend) => (x as Tensor).mul(backend === other ? otherwise : factor),
          factOf([1], dtype, error),
        ),
      ],
      [1],
    );

  it("lets results be four times their error apart, in roundings near 1", async () => {
    for (const [dtype, rounding] of [
      ["f32", 2 ** -24],
      ["f64", 2 ** -53],
    ] as const) {
      const apart = (roundings: number) =>
        said(checkAgreement(times(dtype, 1, 1 - roundings * rounding, 3), other, reference));
      expect(await apart(12)).toBe(undefined);
      expect(await apart(13)).toMatch(
        new RegExp(`^checkAgreement: result 0 has 0\\.9\\d+ at 0 but must have 1, to within ${12 * rounding}$`),
      );
    }
  });

  it("lets gradients be 1e-12 apart, and 2⁻¹¹ in single precision, relative to the largest slope or 1", async () => {
    const vast = 1e12; // so that only the gradient is judged
    const apart = (dtype: "f32" | "f64", slope: number, by: number) =>
      said(checkAgreement(times(dtype, slope, slope - by, vast), other, reference));
    for (const slope of [1, 0.5]) {
      expect(await apart("f32", slope, 2 ** -11)).toBe(undefined);
      expect(await apart("f32", slope, 2 ** -11 + 2 ** -24)).toMatch(
        /^checkAgreement: the gradient in variable 0 has [\d.]+ at 0 but must have [\d.]+, to within 0\.00048828125$/,
      );
    }
    expect(await apart("f32", 8, 2 ** -8)).toBe(undefined);
    expect(await apart("f32", 8, 2 ** -8 + 2 ** -20)).toContain("to within 0.00390625");
    for (const [slope, size] of [
      [1, 1],
      [-0.25, 1],
      [-16, 16],
    ]) {
      expect(await apart("f64", slope, 0.9e-12 * size)).toBe(undefined);
      expect(await apart("f64", slope, 1.1e-12 * size)).toContain("the gradient in variable 0");
    }
  });

  it("looks at every result and every slope", async () => {
    for (const place of [0, 1]) {
      const spoilt: Apply = ([x, y], backend) => {
        const t = [x, y][place] as Tensor;
        return (x as Tensor)
          .mul(y)
          .add(t.sub(t).mul(backend === other ? 2 : 1))
          .add(backend === other ? t.sub(t) : 0);
      };
      const lines = [...right.lines.slice(0, 2), line([0, 1], spoilt, whole)];
      expect(await said(checkAgreement(new RandomProgram("f64", lines, [2]), other, reference))).toBe(undefined);
      const slope: Apply = ([x, y], backend) => {
        const t = [x, y][place] as Tensor;
        const shift = tensor(new Float64Array(right.lines[place].leaf!.list!), { backend });
        return (x as Tensor).mul(y).add(t.sub(shift).mul(backend === other ? 1 : 0)); // 0, but for its slope
      };
      const bent = new RandomProgram("f64", [...right.lines.slice(0, 2), line([0, 1], slope, whole)], [2]);
      expect(await said(checkAgreement(bent, other, reference))).toContain(
        `checkAgreement: the gradient in variable ${place} has`,
      );
      const second = new RandomProgram(
        "f64",
        [...bent.lines, line([2], ([t], backend) => (t as Tensor).add(backend === other ? 1 : 0), whole)],
        [0, 3],
      );
      expect(await said(checkAgreement(second, other, reference))).toContain("checkAgreement: result 1 has");
    }
  });
});

describe("checkFusion", () => {
  it("sees a program of many operations that gives what they do not one by one", async () => {
    const fused = offWhere(({ nodes }) => nodes.filter(({ inputs }) => inputs.length > 0).length > 4);
    expect(await said(checkFusion(right, fused))).toMatch(/^checkFusion: result 0 has -2 at 0 but must have -3, /);
  });
});

describe("checkRepeats", () => {
  it("sees results whose memory the next run takes", async () => {
    const memory = new Map<string, Float64Array>();
    const reusing = rigged((run, ...args) => {
      const results = run(...args);
      results.forEach((result, i) => {
        if (result.dtype !== "f64") return;
        const key = `${i} of ${results.length}`;
        const held = memory.get(key) ?? new Float64Array(result.length);
        held.set(result.host as Float64Array);
        memory.set(key, held);
        Object.assign(result, { host: held });
      });
      return results;
    });
    const drawn = new RandomProgram(
      "f64",
      [leafLine(factOf([3], "f64"), { seed: 5 }), line([0], ([x]) => (x as Tensor).mul(2), whole)],
      [1],
    );
    expect(await said(checkRepeats(drawn, interpreter()))).toBe(undefined);
    expect(await said(checkRepeats(drawn, reusing))).toMatch(/^checkRepeats: after another run, result 0 has /);
  });

  it("sees a second run that differs", async () => {
    let runs = 0;
    const drifting = offWhere(({ outputs }) => outputs.length === 4 && ++runs === 3);
    expect(await said(checkRepeats(right, drifting))).toMatch(/^checkRepeats: in the second run, result 0 has -2 /);
  });

  it("sees results that share memory, as one of them is given up", async () => {
    const shared = rigged((run, program, leaves, constants) => {
      const donated = leaves.find((_, i) => program.donated[i])?.host;
      const results = run(program, leaves, constants);
      if (donated !== undefined) donated.set(results[0].host as Float64Array); // computed in place
      const [, second, , fourth] = results;
      if (results.length === 4) Object.assign(fourth, { host: second.host });
      return results;
    });
    const product = right.lines[3];
    const lines = [...right.lines, { ...product }];
    const twice = new RandomProgram("f64", lines, [2, 3, 4, 7]);
    expect(await said(checkRepeats(twice, interpreter()))).toBe(undefined);
    expect(await said(checkRepeats(twice, shared))).toMatch(/^checkRepeats: after one was given up, result \d has /);
  });

  it("sees leaves that are written over", async () => {
    let runs = 0;
    const writing = rigged((run, program, leaves, constants) => {
      const results = run(program, leaves, constants);
      if (program.outputs.length === 4 && ++runs === 3) leaves[0].host![0] += 1;
      return results;
    });
    expect(await said(checkRepeats(right, writing))).toMatch(/^checkRepeats: after all runs, leaf \d has /);
  });
});

describe("checkDonation", () => {
  it("sees a result that is another where leaves are given up, all of them or some", async () => {
    for (const isAsked of [
      (donated: readonly boolean[]) => donated.every(Boolean),
      (donated: readonly boolean[]) => donated.some(Boolean) && !donated.every(Boolean),
    ]) {
      const wrong = offWhere(({ donated, outputs }) => outputs.length === 4 && isAsked(donated));
      expect(await said(checkDonation(right, wrong))).toMatch(
        /^checkDonation: result 0 has -2 at 0 but must have -3, /,
      );
    }
  });

  it("sees a leaf that is written over though it was kept", async () => {
    const writing = rigged((run, program, leaves, constants) => {
      const results = run(program, leaves, constants);
      const kept = leaves.find((_, i) => !program.donated[i]);
      if (program.donated.some(Boolean) && kept !== undefined) kept.host![0] += 1;
      return results;
    });
    expect(await said(checkDonation(right, writing))).toMatch(
      /^checkDonation: kept leaf 0 has 5 at 0 but must have 4, /,
    );
  });

  it("takes three steps of descent that own what they replace", async () => {
    let steps = 0;
    const counting = rigged((run, program, ...rest) => {
      if (program.outputs.length === 3 && program.donated.some(Boolean)) steps++; // a value and two variables
      return run(program, ...rest);
    });
    await checkDonation(right, counting);
    expect(steps).toBe(3);
  });

  it("sees steps of descent that end elsewhere where they own what they replace", async () => {
    for (const place of [1, 2]) {
      const wrong = rigged((run, program, ...rest) => {
        const results = run(program, ...rest);
        // of a value and two variables
        if (program.outputs.length === 3 && program.donated.some(Boolean)) results[place].host![1] += 2 ** -20;
        return results;
      });
      expect(await said(checkDonation(right, wrong))).toMatch(/^checkDonation: after three steps, variable \d has /);
    }
  });
});
