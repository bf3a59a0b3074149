import { type Tensor, tensor } from "cotangent";
import { describe, expect, it } from "vitest";
import { leavesOf, mapTree, rebuild } from "../../src/autodiff/tree.js";

const [a, b, c] = [1, 2, 3].map((value) => tensor(value));
const tree = { layers: [{ weight: a, bias: b }, { weight: c }], none: [], nothing: {} };

/** What is no tensor and holds none. */
const others: readonly (readonly [unknown, string])[] = [
  [null, "null"],
  [undefined, "undefined"],
  [5, "5"],
  [true, "true"],
  ["abc", "abc"],
  ["", ""],
];

/** Which of the three. */
const names = (leaves: readonly Tensor[]) => leaves.map((leaf) => "abc"[[a, b, c].indexOf(leaf)]).join("");

describe("leavesOf", () => {
  it("lists the tensors in the order of the tree's keys", () => {
    expect(names(leavesOf(tree))).toBe("abc");
    expect(names(leavesOf({ z: c, y: a }))).toBe("ca");
    expect(names(leavesOf([b, [a]]))).toBe("ba");
    expect(names(leavesOf(a))).toBe("a");
    expect(leavesOf([])).toEqual([]);
  });

  it.each(others)("refuses a leaf that is %s", (leaf, shown) => {
    const problem = new TypeError(`tree: a leaf is ${shown} but must be a tensor`);
    expect(() => leavesOf(leaf)).toThrow(problem);
    expect(() => leavesOf({ first: a, deep: [leaf] })).toThrow(problem);
  });

  it("refuses a list that was not filled", () => {
    expect(() => leavesOf(new Array(1))).toThrow(new TypeError("tree: a leaf is undefined but must be a tensor"));
  });
});

describe("mapTree", () => {
  it("keeps the form, and tells where each leaf is", () => {
    const paths: string[] = [];
    const values = mapTree(tree, (leaf, path) => {
      paths.push(path);
      return leaf === a ? "a" : "other";
    });
    expect(values).toEqual({ layers: [{ weight: "a", bias: "other" }, { weight: "other" }], none: [], nothing: {} });
    expect(paths).toEqual(["layers.0.weight", "layers.0.bias", "layers.1.weight"]);
    expect(mapTree(a, (leaf, path) => [names([leaf]), path])).toEqual(["a", ""]);
    expect(mapTree([a, [b]], (_, path) => path)).toEqual(["0", ["1.0"]]);
  });

  it.each(others)("says where a leaf is that is %s", (leaf, shown) => {
    const see = (given: unknown) => () => mapTree(given, (one: Tensor) => one);
    expect(see(leaf)).toThrow(new TypeError(`tree: the leaf at the root is ${shown} but must be a tensor`));
    expect(see({ layers: [{ bias: leaf }] })).toThrow(
      new TypeError(`tree: the leaf at layers.0.bias is ${shown} but must be a tensor`),
    );
  });
});

describe("rebuild", () => {
  it("puts new leaves where the old ones are", () => {
    const wanted = { layers: [{ weight: 1, bias: 2 }, { weight: 3 }], none: [], nothing: {} };
    expect(rebuild<unknown, unknown>(tree, [1, 2, 3])).toEqual(wanted);
    expect(rebuild<unknown, unknown>(a, [7])).toBe(7);
  });
});
