import { BackendError, broadcastTo, full, reshape, tensor, zeros } from "cotangent";
import { describe, expect, it } from "vitest";
import { constantOf } from "../../src/autodiff/graph.js";
import { spyingBackend } from "./spying-backend.js";

describe("a backend that lacks a dtype", () => {
  const { backend } = spyingBackend(["f32", "i32"]);
  const problem = new BackendError("tensor: dtype is f64, which spying does not have; use f32");

  it("gets no tensor of it, from values or without", () => {
    expect(() => tensor(Float64Array.of(1), { backend })).toThrow(problem);
    expect(() => zeros([2], { backend, dtype: "f64" })).toThrow(problem);
    expect(tensor(Float32Array.of(1), { backend }).dtype).toBe("f32");
    expect(zeros([2], { backend, dtype: "i32" }).dtype).toBe("i32");
  });
});

describe("constantOf", () => {
  it("sees through what moves a constant, and nothing else", () => {
    const x = tensor([1, 1]);
    expect(constantOf(full([2, 3], 7, x))).toBe(7);
    expect(constantOf(reshape(full([2, 3], 7, x), [6]))).toBe(7);
    expect(constantOf(zeros([], x))).toBe(0);
    expect(constantOf(x)).toBeUndefined();
    expect(constantOf(broadcastTo(x, [3, 2]))).toBeUndefined();
    expect(constantOf(full([2], 7, x).add(1))).toBeUndefined();
  });
});
