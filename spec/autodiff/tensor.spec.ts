import {
  add,
  cpu,
  div,
  evaluate,
  matmul,
  max,
  mean,
  mul,
  neg,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from "cotangent";
import { describe, expect, it } from "vitest";

const table = (...values: number[]) => tensor(Float64Array.from(values), { shape: [2, 3] });
const x = table(3, -1, 4, 1, -5, 9);
const y = table(2, 7, 1, 8, 2, -8);

/** Whatever is a method and a function: both ways to write it. */
const pairs: readonly (readonly [string, Tensor, Tensor])[] = [
  ["add", x.add(y), add(x, y)],
  ["add of a number", x.add(2), add(x, 2)],
  ["sub", x.sub(y), sub(x, y)],
  ["mul", x.mul(y), mul(x, y)],
  ["div", x.div(y), div(x, y)],
  ["neg", x.neg(), neg(x)],
  ["matmul", x.matmul(y.transpose()), matmul(x, transpose(y))],
  ["transpose", x.transpose(), transpose(x)],
  ["transpose in an order", x.transpose([0, 1]), transpose(x, [0, 1])],
  ["reshape", x.reshape([3, -1]), reshape(x, [3, 2])],
  ["sum", x.sum(), sum(x)],
  ["sum along an axis", x.sum(0), sum(x, 0)],
  ["sum that keeps axes", x.sum([1], { keepDims: true }), sum(x, [1], { keepDims: true })],
  ["mean", x.mean(), mean(x)],
  ["mean along an axis", x.mean(0), mean(x, 0)],
  ["mean that keeps axes", x.mean([1], { keepDims: true }), mean(x, [1], { keepDims: true })],
  ["max", x.max(), max(x)],
  ["max along an axis", x.max(0), max(x, 0)],
  ["max that keeps axes", x.max([1], { keepDims: true }), max(x, [1], { keepDims: true })],
];

describe("Tensor", () => {
  it.each(pairs)("has the function's value as a method: %s", async (_, method, same) => {
    expect(method.shape).toEqual(same.shape);
    expect(await method.data()).toEqual(await same.data());
  });

  it("has a size for each number of axes", () => {
    expect([[], [0], [4], [2, 3], [2, 0, 3], [2, 3, 4]].map((shape) => zeros(shape).size)).toEqual([1, 0, 4, 6, 0, 24]);
  });

  it("is as deep as its longest path to a leaf", () => {
    const twice = x.add(x);
    expect([x, twice, twice.mul(x), x.mul(twice), twice.mul(x).sub(twice)].map(({ depth }) => depth)).toEqual([
      0, 1, 2, 2, 3,
    ]);
  });

  it("gives memory back when it is disposed, and at the end of its block", () => {
    const backend = cpu();
    const held = evaluate(tensor([1, 2], { backend }).mul(3));
    expect(backend.memory().buffers).toBe(1);
    held.dispose();
    expect(backend.memory().buffers).toBe(0);
    {
      using brief = evaluate(tensor([1, 2], { backend }).mul(3));
      expect(brief.size).toBe(2);
      expect(backend.memory().buffers).toBe(1);
    }
    expect(backend.memory().buffers).toBe(0);
  });
});
