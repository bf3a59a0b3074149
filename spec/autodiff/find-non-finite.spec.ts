import { describe, expect, it } from "vitest";
import { findHiddenNaN, findNonFinite, isBad } from "../../src/autodiff/find-non-finite.js";
import type { DType, Program, ProgramNode } from "../../src/backends/backend.js";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

interface Step {
  readonly op: string;
  readonly inputs?: readonly number[];
  readonly size?: number;
  readonly dtype?: DType;
  readonly values?: readonly number[];
}

/** A program whose values are made up, and the places that were asked for at a time. */
function planned(steps: readonly Step[]) {
  const nodes: ProgramNode[] = steps.map(({ op, inputs = [], values = [1], size = values.length, dtype = "f64" }) => ({
    ...{ op, inputs, shape: [size], dtype, attributes: {} },
  }));
  const program: Program = { key: "", nodes, leaves: [], constants: [], outputs: [steps.length - 1], donated: [] };
  const asked: (readonly number[])[] = [];
  const recompute = async (places: readonly number[]) => {
    asked.push(places);
    return places.map((at) => Float64Array.from(steps[at].values ?? [1]));
  };
  return { program, asked, recompute, last: steps.length - 1 };
}

async function foundIn(steps: readonly Step[]) {
  const { program, recompute, last } = planned(steps);
  const found = await findNonFinite(program, last, recompute);
  return found && { at: program.nodes.indexOf(found.node), index: found.index };
}

describe("findNonFinite", () => {
  it("finds nothing where all is finite when it is computed anew", async () => {
    expect(await foundIn([{ op: "leaf", values: [1, 2] }])).toBeUndefined();
  });

  it("prefers an input that is NaN to one that is infinite, whichever comes first", async () => {
    const steps: readonly Step[] = [
      { op: "exp", values: [1, infinity] },
      { op: "sqrt", values: [1, nan] },
    ];
    for (const inputs of [
      [0, 1],
      [1, 0],
    ]) {
      expect(await foundIn([...steps, { op: "add", inputs, values: [2, nan] }])).toEqual({ at: 1, index: 1 });
    }
  });

  it("takes the first of several that are alike", async () => {
    const infinite: Step = { op: "exp", values: [infinity] };
    expect(await foundIn([infinite, infinite, { op: "add", inputs: [1, 0], values: [infinity] }])).toEqual({
      ...{ at: 1, index: 0 },
    });
  });

  it("blames what made NaN of an infinity that was handed in, and nobody for NaN that was", async () => {
    const given: Step = { op: "leaf", values: [1, infinity] };
    const steps: readonly Step[] = [
      given,
      { op: "mul", inputs: [0], values: [2, infinity] },
      { op: "sub", inputs: [1, 1], values: [0, nan] },
      { op: "exp", inputs: [2], values: [1, nan] },
    ];
    expect(await foundIn(steps)).toEqual({ at: 2, index: 1 });
    expect(await foundIn([{ ...given, op: "constant" }, ...steps.slice(1)])).toEqual({ at: 2, index: 1 });
    expect(await foundIn([{ ...given, op: "exp" }, ...steps.slice(1)])).toEqual({ at: 0, index: 1 });
    expect(await foundIn(steps.slice(0, 2))).toEqual({ at: 0, index: 1 });
    expect(
      await foundIn([
        { ...given, values: [1, nan] },
        { op: "exp", inputs: [0], values: [1, nan] },
      ]),
    ).toEqual({
      ...{ at: 0, index: 1 },
    });
  });

  it("computes what lies behind a value together with it, up to 2²⁴ elements, and nothing twice", async () => {
    const finite = { op: "mul", values: [0] };
    const steps: readonly Step[] = [
      { ...finite, op: "leaf", size: 1 },
      { ...finite, inputs: [0], size: 2 ** 23 },
      { ...finite, inputs: [1], size: 2 ** 23 - 1 },
      { op: "matmul", inputs: [2, 2], values: [nan] },
    ];
    const { program, asked, recompute, last } = planned(steps);
    await findNonFinite(program, last, recompute);
    // 2²³ − 1 once and 2²³: one more would be too much
    expect(asked).toEqual([[3, 2, 1]]);
  });

  it("computes inputs however large they are, and looks further from there", async () => {
    const steps: readonly Step[] = [
      { op: "exp", inputs: [], size: 1, values: [infinity] },
      { op: "sum", inputs: [0], size: 2 ** 24, values: [infinity] },
      { op: "sum", inputs: [1], values: [infinity] },
    ];
    const { program, asked, recompute, last } = planned(steps);
    const found = await findNonFinite(program, last, recompute);
    expect(found?.node.op).toBe("exp");
    expect(asked).toEqual([[2, 1], [0]]);
  });
});

describe("findHiddenNaN", () => {
  it("computes 2²⁴ elements at a time, of floats", async () => {
    const { program, asked, recompute } = planned([
      { op: "leaf", size: 2 ** 24 - 1 },
      { op: "cast", size: 2 ** 24, dtype: "i32" },
      { op: "exp", size: 1 },
      { op: "log", size: 1 },
    ]);
    expect(await findHiddenNaN(program, recompute)).toBeUndefined();
    expect(asked).toEqual([[0, 2], [3]]);
  });

  it("computes nothing where there are no floats", async () => {
    const { program, asked, recompute } = planned([{ op: "leaf", dtype: "i32" }]);
    expect(await findHiddenNaN(program, recompute)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it("lets infinities pass, and goes back from the first NaN", async () => {
    const steps: readonly Step[] = [
      { op: "log", values: [-infinity] },
      { op: "sqrt", values: [nan] },
      { op: "exp", inputs: [1], values: [nan] },
    ];
    const first = planned(steps.slice(1));
    expect((await findHiddenNaN(first.program, first.recompute))?.node.op).toBe("sqrt");
    const later = planned(steps);
    expect((await findHiddenNaN(later.program, later.recompute))?.node.op).toBe("sqrt");
  });
});

describe("isBad", () => {
  it("is about NaN, and about infinities unless they are allowed", () => {
    expect(isBad(Float64Array.of(0, -1, 1e308), false)).toBe(false);
    expect(isBad(new Float64Array(0), false)).toBe(false);
    for (const allowed of [false, true]) {
      expect(isBad(Float64Array.of(1, nan), allowed)).toBe(true);
      expect(isBad(Float64Array.of(1, infinity), allowed)).toBe(!allowed);
      expect(isBad(Float64Array.of(1, -infinity), allowed)).toBe(!allowed);
    }
  });
});
