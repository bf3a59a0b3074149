import {
  arange,
  type Backend,
  BackendError,
  broadcastTo,
  checkFinite,
  cpu,
  exp,
  full,
  reshape,
  type Tensor,
  tensor,
  zeros,
} from "cotangent";
import { describe, expect, it } from "vitest";
import { constantOf, topologicalOrder } from "../../src/autodiff/graph.js";
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

describe("tensors of two backends", () => {
  it("do not meet", () => {
    const [here, there] = [cpu(), spyingBackend().backend].map((backend) => tensor([1], { backend }));
    expect(() => here.add(there)).toThrow(
      new BackendError("add: the inputs live on different backends, cpu and spying; create them on one"),
    );
    expect(() => there.add(here)).toThrow("add: the inputs live on different backends, spying and cpu;");
    expect(here.add(1).backend).toBe(here.backend);
  });
});

describe("a place", () => {
  it("is kept of values, operations and sources where the backend records it, and only there", () => {
    const placed = (backend: Backend) => {
      const x = tensor([1], { backend });
      return [x, exp(x), arange(2, { backend }), zeros([], { backend })].map(({ origin }) => origin.site !== undefined);
    };
    expect(placed(cpu())).toEqual([false, false, false, false]);
    expect(placed(checkFinite(cpu()))).toEqual([true, true, true, true]);
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

describe("topologicalOrder", () => {
  const x = tensor([1, 2]);
  const far = exp(exp(exp(x)));
  const near = x.mul(far);
  const sum = near.add(x);
  const all = () => true;

  it("lists all that roots are computed from, once, and inputs before what uses them", () => {
    for (const roots of [[sum], [sum, sum], [x, sum, near], [far, near, sum]]) {
      const order = topologicalOrder(roots, all);
      expect([order.length, new Set(order).size]).toEqual([6, 6]);
      for (const [at, { origin }] of order.entries()) {
        for (const input of origin.inputs) expect(order.slice(0, at).includes(input)).toBe(true);
      }
    }
  });

  it("lists the same again, whatever was listed in between", () => {
    const isSame = (a: readonly unknown[], b: readonly unknown[]) =>
      a.length === b.length && a.every((one, i) => one === b[i]);
    const before = topologicalOrder([sum], all);
    topologicalOrder([far], all);
    topologicalOrder([sum], (node) => node !== near);
    expect(isSame(topologicalOrder([sum], all), before)).toBe(true);
  });

  it("goes no further than told", () => {
    const names = new Map<unknown, string>([
      [x, "x"],
      [near, "near"],
      [sum, "sum"],
      [far, "far"],
    ]);
    const listed = (roots: readonly Tensor[], stop: Tensor) =>
      topologicalOrder(roots, (node) => node !== stop).map((node) => names.get(node));
    expect(listed([sum], near)).toEqual(["x", "near", "sum"]);
    expect(listed([sum], sum)).toEqual(["sum"]);
    expect(listed([near], far)).toEqual(["x", "far", "near"]);
    expect(topologicalOrder([], all)).toEqual([]);
  });
});
