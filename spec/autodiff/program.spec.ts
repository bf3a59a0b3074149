import {
  argmax,
  cast,
  cpu,
  customVjp,
  DisposedError,
  type DType,
  exp,
  full,
  maximum,
  permutation,
  randomKey,
  reshape,
  scatterAdd,
  stopGradient,
  type Tensor,
  tensor,
} from "cotangent";
import { describe, expect, it } from "vitest";
import { leafIn } from "../../src/autodiff/graph.js";
import { type Linearized, linearize } from "../../src/autodiff/program.js";

type Any = Tensor<DType>;

const special = [1.5, -2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
const x = tensor(Float64Array.from(special));
const filled = (value: number, shape: readonly number[] = x.shape) =>
  full(shape, value, { backend: x.backend, dtype: "f64" });
const constant = <D extends DType>(value: number, dtype: D) => full([], value, { dtype }) as Tensor<D>;

/** Operations that the outputs need, in the order of the program. */
function needed({ program: { nodes, outputs } }: Linearized): string[] {
  const seen = new Set(outputs);
  for (const at of seen) for (const input of nodes[at].inputs) seen.add(input);
  return [...seen].sort((a, b) => a - b).map((at) => nodes[at].op);
}

/** The number that a tensor is found to be without running anything; undefined if something has to be run. */
function folded(root: Any): number | undefined {
  const { program, constants } = linearize([root]);
  return constants[program.constants.indexOf(program.outputs[0])];
}

const keyOf = (...roots: readonly Any[]) => linearize(roots).program.key;

/** What is computed in any case: values, and the operations besides leaves and what broadcasts constants. */
async function expectComputed(root: Any, values: readonly number[], ops: readonly string[]): Promise<void> {
  expect([...(await root.add(0).data())]).toEqual(values); // reading the root itself would make a leaf of it
  const linear = linearize([root]);
  expect(needed(linear).filter((op) => !["leaf", "constant", "broadcast"].includes(op))).toEqual(ops);
  const { nodes, outputs } = linear.program;
  expect(nodes[outputs[0]]).toMatchObject({ shape: root.shape, dtype: root.dtype });
}

describe("linearize", () => {
  describe("leaves out what does nothing", () => {
    const own = customVjp(
      (t: Tensor) => t.mul(1),
      (cotangent) => [cotangent],
    );
    const cases: readonly (readonly [string, (t: Tensor) => Tensor])[] = [
      ["x + 0", (t) => t.add(0)],
      ["x + −0", (t) => t.add(-0)],
      ["0 + x", (t) => filled(0).add(t)],
      ["x − 0", (t) => t.sub(0)],
      ["x · 1", (t) => t.mul(1)],
      ["1 · x", (t) => filled(1).mul(t)],
      ["x / 1", (t) => t.div(1)],
      ["−−x", (t) => t.neg().neg()],
      ["zeros of the same shape", (t) => t.add(filled(0))],
      ["zeros in another shape", (t) => t.add(reshape(filled(0, [3, 2]), [6]))],
      ["stopGradient", (t) => stopGradient(t)],
      ["a rule of its own", (t) => own(t)],
      ["several of them", (t) => stopGradient(t.add(0).neg().mul(1)).neg().div(1)],
    ];
    it.each(cases)("%s", async (_, f) => {
      expect(needed(linearize([f(x)]))).toEqual(["leaf"]);
      expect([...(await f(x).data())]).toEqual(special);
    });

    it.each(["f32", "i32", "u32"] as const)("from %s as well", async (dtype) => {
      const t = tensor([3, 0, 7], { dtype });
      const same = t.add(0).sub(0).mul(1).div(1).neg().neg();
      expect(needed(linearize([same]))).toEqual(["leaf"]);
      expect([...(await same.data())]).toEqual([3, 0, 7]);
    });

    it("and keeps the shape that it broadcasts to", async () => {
      const wide = tensor(Float64Array.of(5)).add(filled(0, [3]));
      await expectComputed(wide, [5, 5, 5], []);
    });
  });

  describe("keeps what does something", () => {
    const cases: readonly (readonly [string, (t: Tensor) => Tensor, (value: number) => number, readonly string[]])[] = [
      ["0 − x", (t) => filled(0).sub(t), (v) => 0 - v, ["sub"]],
      ["1 − x", (t) => filled(1).sub(t), (v) => 1 - v, ["sub"]],
      ["x − 1", (t) => t.sub(1), (v) => v - 1, ["sub"]],
      ["x + 1", (t) => t.add(1), (v) => v + 1, ["add"]],
      ["1 + x", (t) => filled(1).add(t), (v) => 1 + v, ["add"]],
      ["x · 0", (t) => t.mul(0), (v) => v * 0, ["mul"]],
      ["0 · x", (t) => filled(0).mul(t), (v) => 0 * v, ["mul"]],
      ["x · −1", (t) => t.mul(-1), (v) => -v, ["mul"]],
      ["x · 2", (t) => t.mul(2), (v) => v * 2, ["mul"]],
      ["2 · x", (t) => filled(2).mul(t), (v) => 2 * v, ["mul"]],
      ["1 / x", (t) => filled(1).div(t), (v) => 1 / v, ["div"]],
      ["0 / x", (t) => filled(0).div(t), (v) => 0 / v, ["div"]],
      ["x / 0", (t) => t.div(0), (v) => v / 0, ["div"]],
      ["x / 2", (t) => t.div(2), (v) => v / 2, ["div"]],
      ["x − x", (t) => t.sub(t), (v) => v - v, ["sub"]],
      ["x / x", (t) => t.div(t), (v) => v / v, ["div"]],
      ["−x", (t) => t.neg(), (v) => -v, ["neg"]],
      ["(−x)²", (t) => t.neg().mul(t.neg()), (v) => v * v, ["neg", "mul"]],
      ["−(x + 1)", (t) => t.add(1).neg(), (v) => -(v + 1), ["add", "neg"]],
      ["a sum with a constant in it", (t) => t.add(filled(0, [4]).sum()).add(1), (v) => v + 1, ["sum", "add", "add"]],
    ];
    it.each(cases)("%s", async (_, f, value, ops) => {
      await expectComputed(f(x), special.map(value), ops);
    });

    it("0 − 0 is 0, and −0 is −0", async () => {
      const zeros = tensor(Float64Array.of(0, -0));
      expect([...(await filled(0, [2]).sub(zeros).data())]).toEqual([0, 0]);
      expect([...(await zeros.neg().data())]).toEqual([-0, 0]);
      expect([...(await zeros.mul(0).data())]).toEqual([0, -0]);
    });
  });

  describe("does arithmetic on constants", () => {
    const c = (value: number) => filled(value, []);
    const cases: readonly (readonly [string, Tensor, number])[] = [
      ["0.1 + 0.2", c(0.1).add(0.2), 0.1 + 0.2],
      ["0.1 − 0.3", c(0.1).sub(0.3), 0.1 - 0.3],
      ["0.1 · 3", c(0.1).mul(3), 0.1 * 3],
      ["1 / 3", c(1).div(3), 1 / 3],
      ["−5", c(5).neg(), -5],
      ["−0", c(0).neg(), -0],
      ["0 · −1", c(0).mul(-1), -0],
      ["1 / 0", c(1).div(0), Number.POSITIVE_INFINITY],
      ["0 / 0", c(0).div(0), Number.NaN],
      ["−(6 − 2) / 8", c(6).sub(2).div(8).neg(), -0.5],
      ["4 · 4, seen through a reshape", reshape(c(4), []).mul(4), 16],
    ];
    it.each(cases)("in f64: %s", async (_, given, wanted) => {
      expect(folded(given)).toBe(wanted);
      expect(await given.item()).toBe(wanted);
    });

    const single: readonly (readonly [string, Tensor<DType>, number])[] = [
      ["2²⁴ + 1", constant(2 ** 24, "f32").add(1), 2 ** 24],
      ["2²⁴ − −1", constant(2 ** 24, "f32").sub(-1), 2 ** 24],
      ["4097²", constant(4097, "f32").mul(4097), Math.fround(4097 ** 2)],
      ["1 / 3", constant(1, "f32").div(3), Math.fround(1 / 3)],
      ["2¹²⁷ · 2", constant(2 ** 127, "f32").mul(2), Number.POSITIVE_INFINITY],
      ["−2", constant(2, "f32").neg(), -2],
      ["2²⁴ + 1, which f32 does not have, − 2²⁴", constant(2 ** 24 + 1, "f32").sub(2 ** 24), 0],
      ["0.1 · 3", constant(0.1, "f32").mul(3), Math.fround(Math.fround(0.1) * 3)],
    ];
    it.each(single)("in f32, and rounds as it does: %s", async (_, given, wanted) => {
      expect(folded(given)).toBe(wanted);
      expect(await given.item()).toBe(wanted);
    });

    it("rounds a number that f32 does not have", async () => {
      const tenth = full([], 0.1, { backend: x.backend, dtype: "f32" });
      expect(await tenth.add(0.2).item()).toBe(Math.fround(Math.fround(0.1) + Math.fround(0.2)));
    });

    const whole: readonly (readonly [string, Tensor<DType>, number])[] = [
      ["2³¹ − 1 + 1", constant(2 ** 31 - 1, "i32").add(1), -(2 ** 31)],
      ["2²⁴ + 1 + 2", constant(2 ** 24 + 1, "i32").add(2), 2 ** 24 + 3],
      ["7 / 2", constant(7, "i32").div(2), 3],
      ["7 / 0", constant(7, "i32").div(0), 0],
      ["0 − 1", constant(0, "u32").sub(1), 2 ** 32 - 1],
      ["−1", constant(1, "u32").neg(), 2 ** 32 - 1],
    ];
    it.each(whole)("not of whole numbers, which wrap and truncate: %s", async (_, given, wanted) => {
      expect(folded(given)).toBeUndefined();
      expect(await given.item()).toBe(wanted);
    });

    it("not where one of two numbers is unknown, nor of other operations", async () => {
      const unknown = tensor(4, { dtype: "f64" });
      for (const [given, wanted] of [
        [c(2).add(unknown), 6],
        [unknown.sub(2), 2],
        [c(2).mul(unknown), 8],
        [unknown.div(2), 2],
        [c(8).div(unknown), 2],
        [unknown.neg(), -4],
        [exp(c(0)), 1],
        [maximum(c(1), 2), 2],
      ] as const) {
        expect(folded(given)).toBeUndefined();
        expect(await given.item()).toBe(wanted);
      }
    });

    it("not of whole arrays, which keep their shape", async () => {
      await expectComputed(filled(6, [3]).sub(filled(2, [3])), [4, 4, 4], ["sub"]);
      await expectComputed(
        x.mul(c(6).sub(2)),
        special.map((v) => v * 4),
        ["mul"],
      );
    });
  });

  describe("names constants", () => {
    it("once for each number, and −0 is not 0", () => {
      const numbers = [2, 0, -0, 1, -1, Number.NaN, 2, -0, 0, Number.NaN];
      const { program, constants } = linearize(numbers.map((value) => constant(value, "f64")));
      expect(constants).toHaveLength(6);
      expect(program.outputs.map((at) => constants[program.constants.indexOf(at)])).toEqual(numbers);
      expect(program.nodes).toHaveLength(6);
    });

    it("once for each dtype", () => {
      const { program, constants } = linearize([constant(2, "f64"), constant(2, "f32"), constant(2, "i32")]);
      expect(constants).toEqual([2, 2, 2]);
      expect(program.outputs.map((at) => program.nodes[at].dtype)).toEqual(["f64", "f32", "i32"]);
    });
  });

  describe("makes one node", () => {
    const table = tensor(new Float64Array(4), { shape: [2, 2] });
    const ids = tensor(Int32Array.of(1));
    const rows = (distinct: boolean) => scatterAdd(table, ids, filled(1, [1, 2]), { distinct });

    it("of equal subgraphs", () => {
      const part = () => exp(x.mul(2).add(0.5));
      const { program } = linearize([part().sub(part()), part()]);
      expect(program.nodes.map(({ op }) => op).sort()).toEqual(
        ["leaf", "constant", "broadcast", "mul", "constant", "broadcast", "add", "exp", "sub"].sort(),
      );
      const [difference, same] = program.outputs;
      expect(program.nodes[difference].inputs).toEqual([same, same]);
    });

    const others: readonly (readonly [string, Any, Any])[] = [
      ["operation", x.mul(x), x.add(x)],
      ["input", x.mul(2), x.mul(3)],
      ["order of inputs", x.mul(2).sub(x), x.sub(x.mul(2))],
      ["a list", table.sum(0), table.sum(1)],
      ["a number", argmax(table, 0), argmax(table, 1)],
      ["a truth value", rows(false), rows(true)],
      ["shape", reshape(table, [4]), reshape(table, [4, 1])],
      ["dtype", cast(x, "f32"), cast(x, "i32")],
      ["number of axes", filled(3, [1, 2]), filled(3, [12])],
      ["sizes", filled(3, [1, 12, 3]), filled(3, [11, 2, 3])],
    ];
    it.each(others)("but not of two that differ in %s", (_, a, b) => {
      const [first, second] = linearize([a, b]).program.outputs;
      expect(first).not.toBe(second);
    });
  });

  describe("takes leaves", () => {
    it("by where they are, not by what they hold", () => {
      const backend = cpu();
      const [a, b] = [tensor([1, 2], { backend }), tensor([1, 2], { backend })];
      const taken = (root: Tensor) =>
        linearize([root]).storages.map((storage) => [a.storage, b.storage].indexOf(storage));
      expect(taken(a.add(b)).sort()).toEqual([0, 1]);
      expect(taken(a.add(a))).toEqual([0]);
      expect(keyOf(a.add(a))).not.toBe(keyOf(a.add(b)));
    });

    it("once, and reshapes them where one memory has two shapes", async () => {
      const table = tensor(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] });
      const row = leafIn(table.backend, table.storage!, [4], "f64");
      const again = leafIn(table.backend, table.storage!, [2, 2], "f64");
      const linear = linearize([table, row, again, row.mul(row)]);
      const { program, storages } = linear;
      expect(storages.map((storage) => storage === table.storage)).toEqual([true]);
      expect(program.leaves).toHaveLength(1);
      expect(needed(linear).sort()).toEqual(["leaf", "mul", "reshape"]);
      expect(program.outputs.map((at) => program.nodes[at].shape)).toEqual([[2, 2], [4], [2, 2], [4]]);
      expect(program.outputs[2]).toBe(program.outputs[0]);
      expect([
        ...(await table
          .sum(0)
          .add(reshape(row, [2, 2]).sum(1))
          .data()),
      ]).toEqual([1 + 3 + 3, 2 + 4 + 7]);
    });

    it("where values have been computed, and nothing behind them", async () => {
      const twice = x.mul(2);
      await twice.data();
      const { program, storages } = linearize([twice.add(1)]);
      expect(storages.map((storage) => storage === twice.storage)).toEqual([true]);
      expect(program.nodes.map(({ op }) => op)).not.toContain("mul");
    });

    it("with who gives them up, in the order in which they are handed over", () => {
      const [a, b] = [tensor([1, 2]), tensor([3, 4])];
      const { program, storages } = linearize([a.sub(b)], new Set([b.storage!]));
      expect(program.leaves.map((at) => program.nodes[at].op)).toEqual(["leaf", "leaf"]);
      expect(program.donated).toEqual(storages.map((storage) => storage === b.storage));
      expect(linearize([a.sub(b)]).program.donated).toEqual([false, false]);
    });

    it("unless they are disposed", () => {
      const gone = tensor([1, 2]);
      const later = exp(gone).add(1);
      gone.dispose();
      for (const root of [later, gone]) {
        expect(() => linearize([root])).toThrow(
          new DisposedError("data: a tensor that this one needs has been disposed; read it first"),
        );
      }
    });
  });

  describe("gives a key", () => {
    const a = tensor([1, 2, 3, 4], { shape: [2, 2] });
    const step = (rate: number, w = a) =>
      w.sub(
        exp(w)
          .mul(rate)
          .div(rate + 5),
      );

    it("that is the same for other numbers, in constants and in leaves", () => {
      const keys = [0.5, 2, -3, 1e6].map((rate) => keyOf(step(rate, tensor([rate, 0, 0, 1], { shape: [2, 2] }))));
      expect(new Set(keys).size).toBe(1);
      expect([...linearize([step(0.5)]).constants].sort()).toEqual([0.5, 5.5]);
    });

    it("that differs with structure", () => {
      const donated = linearize([a.sum(0)], new Set([a.storage!])).program.key;
      const whole = (dtype: "i32" | "u32") => cast(tensor([1, 2], { dtype }), "f32");
      const wide = tensor([1, 2, 3, 4], { shape: [4, 1] });
      const roots: readonly (readonly Any[])[] = [
        [a],
        [a, a],
        [a.mul(a)],
        [a.add(a)],
        [a.add(tensor([1, 2, 3, 4], { shape: [2, 2] }))],
        [a.sum(0)],
        [a.sum(1)],
        [a.sum([0, 1])],
        [a.sum(0, { keepDims: true })],
        [tensor(new Float64Array(4), { shape: [2, 2] }).sum(0)],
        [exp(a), a],
        [a, exp(a)],
        [whole("i32")],
        [whole("u32")],
        [reshape(a, [4])],
        [reshape(wide, [4])],
        [a.transpose([1, 0])],
        [a.mul(2).add(2)],
        [a.mul(2).add(3)],
        [constant(2, "f32")],
        [constant(2, "f64")],
        [permutation(randomKey(1), 3)],
        [permutation(randomKey(1), 4)],
      ];
      const keys = [donated, ...roots.map((some) => keyOf(...some))];
      expect(keys.map((key) => keys.indexOf(key))).toEqual([...keys.keys()]);
    });
  });
});
