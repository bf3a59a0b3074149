import { exp, full, gather, grad, logSumExp, type Tensor, tensor, transposeLast } from "cotangent";
import { describe, expect, it } from "vitest";
import { linearize } from "../../../src/autodiff/program.js";
import { schedule } from "../../../src/backends/schedule/index.js";

/** `map*3 reduce:sum`: the kernels that a tensor takes, with the number of operations fused into each. */
function kernelsOf(...roots: Tensor[]): string[] {
  const { kernels } = schedule(linearize(roots).program);
  return kernels.map((kernel) => {
    if (kernel.kind === "call") return kernel.op;
    if (kernel.kind === "matmul") return `matmul*${kernel.epilogue?.steps.length ?? 0}`;
    return `${kernel.kind === "reduce" ? kernel.op : "map"}*${kernel.expression.steps.length}`;
  });
}

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const row = tensor([1, 2, 3]);

describe("schedule", () => {
  it("fuses elementwise chains, with broadcasts, into one kernel", () => {
    expect(kernelsOf(exp(x.add(row).mul(2)).neg())).toEqual(["map*4"]);
  });

  it("fuses a chain into the reduction after it", () => {
    expect(kernelsOf(exp(x).mul(x).sum(1))).toEqual(["sum*2"]);
    expect(kernelsOf(exp(x).sum(0))).toEqual(["sum*1"]);
    expect(kernelsOf(x.sum().mul(2))).toEqual(["sum*0", "map*1"]);
  });

  it("fuses a chain over a product into the product", () => {
    expect(kernelsOf(exp(x.matmul(transposeLast(x)).add(tensor([1, 2]))))).toEqual(["matmul*2"]);
  });

  it("computes what two kernels need once", () => {
    const shared = exp(x);
    expect(kernelsOf(shared.sum(), shared.neg())).toEqual(["map*1", "sum*0", "map*1"]);
  });

  it("makes no copies of movements", () => {
    expect(kernelsOf(transposeLast(x).reshape([1, 3, 2]).add(1))).toEqual(["map*1"]);
    expect(kernelsOf(transposeLast(x).reshape([6]).add(1))).toEqual(["map*0", "map*1"]);
  });

  it("finds equal subgraphs, and does arithmetic on constants", () => {
    expect(kernelsOf(exp(x).add(exp(x)))).toEqual(["map*2"]);
    expect(
      kernelsOf(
        x
          .mul(1)
          .add(0)
          .neg()
          .neg()
          .add(full([], 2, x).mul(3).add(1)),
      ),
    ).toEqual(["map*1"]);
  });

  it("never makes the zeros that a row-sparse gradient is added to", () => {
    const slope = grad((t: Tensor) => gather(t, tensor(Int32Array.of(1))).sum())(x);
    expect(kernelsOf(slope)).toEqual(["map*0", "scatterAdd"]);
  });

  it("takes few kernels for a softmax cross-entropy", () => {
    expect(kernelsOf(logSumExp(x, 1).sub(row.sum()))).toEqual(["sum*0", "max*0", "map*3", "sum*2", "map*3"]);
  });

  it("gives steps of a loop one key, whatever their numbers", () => {
    const step = (rate: number, values: number[]) => linearize([exp(tensor(values).mul(rate))]).program.key;
    expect(step(0.1, [1, 2])).toBe(step(0.2, [3, 4]));
    expect(step(0.1, [1, 2])).not.toBe(step(0.1, [1, 2, 3]));
  });

  it("uses the arena's places again", () => {
    let y: Tensor = x;
    for (let i = 0; i < 20; i++) y = y.sum(1, { keepDims: true }).add(x);
    const { places } = schedule(linearize([y]).program);
    expect(places.length).toBeLessThanOrEqual(4);
  });
});
