import { describe, expect, it } from "vitest";
import { NonFiniteError, nonFiniteError, unexplainedError } from "../../src/autodiff/non-finite-error.js";
import type { ProgramNode } from "../../src/backends/backend.js";

const node = (op: string, shape: readonly number[]): ProgramNode => ({
  ...{ op, shape, dtype: "f64", inputs: [], attributes: {} },
});
const input = (...values: number[]) => ({ node: node("leaf", [values.length]), values: Float64Array.from(values) });
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe("nonFiniteError", () => {
  const ranges: readonly (readonly [readonly number[], string])[] = [
    [[], "without values"],
    [[2], "of 2"],
    [[2, 2], "of 2"],
    [[nan], "of NaN"],
    [[nan, nan], "of NaN"],
    [[nan, 1], "of 1 and NaN"],
    [[1, nan, nan], "of 1 and NaN"],
    [[3, nan, -2], "from −2 to 3 and NaN"],
    [[-infinity, 1, infinity], "from −∞ to ∞"],
    [[1.23456789, 1e-7, 123456789], "from 1e−7 to 123457000"],
  ];
  it.each(ranges)("says of %j that it is %s", (given, shown) => {
    const { finding } = nonFiniteError({
      ...{ node: node("exp", []), values: Float64Array.of(infinity), index: 0, inputs: [input(...given)] },
    });
    expect(finding).toBe(`exp, f64 [], holds 1 ∞ but must be finite; computed from f64 [${given.length}] ${shown}`);
  });

  it("counts each kind, and tells the first by axes", () => {
    const values = new Float64Array(24);
    for (const at of [23, 22, 21]) values[at] = nan;
    for (const at of [20, 18]) values[at] = infinity;
    values[19] = -infinity;
    const error = nonFiniteError({ node: node("add", [2, 3, 4]), values, index: 18, inputs: [input(1), input(2, 3)] });
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error.message).toBe(
      "checkFinite: add, f64 [2, 3, 4], holds 3 NaN and 2 ∞ and 1 −∞ among 24 values (∞ at [1, 1, 2]) but must be finite; computed from f64 [1] of 1 and f64 [2] from 2 to 3",
    );
    const { name, finding, op, dtype, shape, counts, index, site } = error;
    expect({ name, finding, op, dtype, shape, counts, index, site }).toEqual({
      ...{ name: "NonFiniteError", finding: error.message.slice("checkFinite: ".length), site: undefined },
      ...{ op: "add", dtype: "f64", shape: [2, 3, 4], index: [1, 1, 2] },
      counts: { nan: 3, positive: 2, negative: 1 },
    });
  });

  it("says so where a tensor was handed in", () => {
    const values = Float64Array.of(0, -infinity);
    expect(nonFiniteError({ node: node("leaf", [2]), values, index: 1, inputs: [] }).message).toBe(
      "checkFinite: a tensor that was handed in, f64 [2], holds 1 −∞ among 2 values (−∞ at [1]) but must be finite",
    );
  });
});

describe("unexplainedError", () => {
  it("points at the first value that is not finite", () => {
    expect(unexplainedError(node("exp", [4]), Float64Array.of(1, 2, nan, infinity)).message).toBe(
      "checkFinite: exp, f64 [4], holds 1 NaN and 1 ∞ among 4 values (NaN at [2]) but must be finite; computed anew, operation by operation, it is",
    );
  });
});
