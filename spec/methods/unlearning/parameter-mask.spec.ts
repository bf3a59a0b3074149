import { leavesOf, randomKey } from "cotangent";
import { initMlp, initTransformer } from "cotangent/methods/layers";
import { parameterMask } from "cotangent/methods/unlearning";
import { describe, expect, it } from "vitest";

const layers = initMlp(randomKey(0), [2, 3, 3, 1]);

describe("parameterMask", () => {
  it("is true at the tensors that names lead to, and only there", () => {
    expect(parameterMask(layers, ["1"])).toEqual([
      { weights: false, bias: false },
      { weights: true, bias: true },
      { weights: false, bias: false },
    ]);
    expect(parameterMask(layers, ["0.bias", "2.weights"])).toEqual([
      { weights: false, bias: true },
      { weights: false, bias: false },
      { weights: true, bias: false },
    ]);
    expect(parameterMask({ norm: layers[0], normal: layers[1] }, ["norm"])).toEqual({
      norm: { weights: true, bias: true },
      normal: { weights: false, bias: false },
    });
  });

  it("of no names freezes everything, of all branches nothing", () => {
    expect(parameterMask(layers, []).every(({ weights, bias }) => !weights && !bias)).toBe(true);
    expect(parameterMask(layers, ["0", "1", "2"]).every(({ weights, bias }) => weights && bias)).toBe(true);
  });

  it("chooses one block of a transformer", () => {
    const params = initTransformer(randomKey(0), { tokens: 3, positions: 2, width: 2, layers: 2 });
    const mask = parameterMask(params, ["blocks.1"]);
    expect(mask.tokens).toBe(false);
    expect(mask.blocks[0].mlp[0].weights).toBe(false);
    expect(JSON.stringify(mask.blocks[1]).includes("false")).toBe(false);
    expect(JSON.stringify(mask).match(/true/g)).toHaveLength(leavesOf(params.blocks[1]).length);
  });

  it("names a name that leads nowhere", () => {
    expect(() => parameterMask(layers.slice(0, 1), ["0.weight"])).toThrow(
      'parameterMask: names holds "0.weight" but must hold places in params; the tensors are at 0.weights, 0.bias',
    );
    expect(() => parameterMask(layers.slice(0, 1), [""])).toThrow(
      'parameterMask: names holds "" but must hold places in params; the tensors are at 0.weights, 0.bias',
    );
  });
});
