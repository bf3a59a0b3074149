import { csrMatmul, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { FlatExamples } from "../../cli/src/flat-examples.js";

function someExamples(): FlatExamples {
  const examples = new FlatExamples();
  examples.push({ labels: [4, 7], indices: Uint32Array.of(1, 3), values: Float32Array.of(0.5, 2) });
  examples.push({ labels: [], indices: new Uint32Array(), values: new Float32Array() });
  examples.push({ labels: [2], indices: Uint32Array.of(0), values: Float32Array.of(-1) });
  return examples;
}

describe("FlatExamples", () => {
  it("packs rows in the order asked for, padded by zeros that touch no other feature", () => {
    const { offsets, columns, values, targets } = someExamples().pack([2, 1, 0], () => 0.6);
    expect([...offsets]).toEqual([0, 1, 1, 256]);
    expect([...columns.subarray(0, 3)]).toEqual([0, 1, 3]);
    expect([...values.subarray(0, 3)]).toEqual([-1, 0.5, 2]);
    expect(values.subarray(3).every((value) => value === 0)).toBe(true);
    expect(columns.subarray(3).every((column) => column === 3)).toBe(true);
    expect([...targets]).toEqual([2, -1, 7]);
  });

  it("packs what multiplies as the examples do", async () => {
    const { offsets, columns, values } = someExamples().pack([0, 2, 1], () => 0);
    const table = tensor([[1], [10], [100], [1000]]);
    const rows = { offsets: tensor(offsets), columns: tensor(columns), values: tensor(values) };
    expect([...(await csrMatmul(rows, table).data())]).toEqual([2005, -1, 0]);
  });

  it("draws labels evenly from the number it is given", () => {
    const draws = [0, 0.49, 0.5, 0.999];
    const targets = draws.map((draw) => someExamples().pack([0], () => draw).targets[0]);
    expect(targets).toEqual([4, 4, 7, 7]);
  });

  it("grows", () => {
    const examples = new FlatExamples();
    for (let i = 0; i < 5000; i += 1) {
      examples.push({ labels: [i], indices: Uint32Array.of(i, i + 1, i + 2), values: Float32Array.of(1, 2, i) });
    }
    expect(examples.length).toBe(5000);
    const { columns, values, targets } = examples.pack([4321, 17], () => 0);
    expect([...columns.subarray(0, 6)]).toEqual([4321, 4322, 4323, 17, 18, 19]);
    expect([...values.subarray(0, 6)]).toEqual([1, 2, 4321, 1, 2, 17]);
    expect([...targets]).toEqual([4321, 17]);
    expect([...examples.labelsOf(4999)]).toEqual([4999]);
  });
});
