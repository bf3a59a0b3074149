import { DTypeError, einsum, ShapeError, type Tensor, tensor } from "cotangent";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { input, type OpInput } from "../op-row.js";

interface Example {
  readonly equation: string;
  /** The terms in full, with a letter for each axis of `...`. */
  readonly terms: readonly string[];
  readonly result: string;
}

const examples: readonly Example[] = [
  { equation: "i->i", terms: ["i"], result: "i" },
  { equation: "i->", terms: ["i"], result: "" },
  { equation: "ba", terms: ["ba"], result: "ab" },
  { equation: "bA", terms: ["bA"], result: "Ab" },
  { equation: "ijk -> kij", terms: ["ijk"], result: "kij" },
  { equation: "ijk->j", terms: ["ijk"], result: "j" },
  { equation: "ii", terms: ["ii"], result: "" },
  { equation: "iji->ij", terms: ["iji"], result: "ij" },
  { equation: "iiij->ji", terms: ["iiij"], result: "ji" },
  { equation: "i,i", terms: ["i", "i"], result: "" },
  { equation: "i,j->ij", terms: ["i", "j"], result: "ij" },
  { equation: "i,j->ji", terms: ["i", "j"], result: "ji" },
  { equation: ",ij->ji", terms: ["", "ij"], result: "ji" },
  { equation: "ij,jk", terms: ["ij", "jk"], result: "ik" },
  { equation: "ij,kj->ki", terms: ["ij", "kj"], result: "ki" },
  { equation: "ij,ij->ij", terms: ["ij", "ij"], result: "ij" },
  { equation: "bij,kbj->ibk", terms: ["bij", "kbj"], result: "ibk" },
  { equation: "ijk,jkl->il", terms: ["ijk", "jkl"], result: "il" },
  { equation: "ij,k->k", terms: ["ij", "k"], result: "k" },
  { equation: "ii,ij->j", terms: ["ii", "ij"], result: "j" },
  { equation: "ij,kl,jk->il", terms: ["ij", "kl", "jk"], result: "il" },
  { equation: "i,i,i->i", terms: ["i", "i", "i"], result: "i" },
  { equation: "ij,jk,kl,li", terms: ["ij", "jk", "kl", "li"], result: "" },
  { equation: "...ij,...jk->...ik", terms: ["xyij", "yjk"], result: "xyik" },
  { equation: "...j,j", terms: ["xyj", "j"], result: "xy" },
  { equation: "i...->...i", terms: ["ixy"], result: "xyi" },
  { equation: "i...,...", terms: ["ix", "x"], result: "xi" },
];

/** The sum from its definition: every assignment of places to letters. */
function bySummation(terms: readonly string[], result: string, inputs: readonly OpInput[]): Float64Array {
  const letters = [...new Set(terms.join(""))];
  const sizes = new Map(terms.flatMap((term, i) => [...term].map((letter, axis) => [letter, inputs[i].shape[axis]])));
  const place = (term: string, at: ReadonlyMap<string, number>) =>
    [...term].reduce((flat, letter) => flat * sizes.get(letter)! + at.get(letter)!, 0);
  const out = new Float64Array([...result].reduce((size, letter) => size * sizes.get(letter)!, 1));
  const visit = (rest: readonly string[], at: ReadonlyMap<string, number>): void => {
    const [letter, ...others] = rest;
    if (letter === undefined) {
      out[place(result, at)] += terms.reduce((product, term, i) => product * inputs[i].values[place(term, at)], 1);
      return;
    }
    for (let i = 0; i < sizes.get(letter)!; i++) visit(others, new Map([...at, [letter, i]]));
  };
  visit(letters, new Map());
  return out;
}

function inputsOf({ terms }: Example): fc.Arbitrary<OpInput[]> {
  const letters = [...new Set(terms.join(""))];
  return fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }).chain((sizes) =>
    fc.tuple(
      ...terms.map((term) => {
        const shape = [...term].map((letter) => sizes[letters.indexOf(letter)]);
        return floats(shape).map((values) => ({ shape, values }));
      }),
    ),
  );
}

const anyExample = fc
  .constantFrom(...examples)
  .chain((example) => inputsOf(example).map((inputs) => ({ example, inputs })));

onEveryBackend("einsum", (backend) => {
  const on = ({ shape, values }: OpInput) => tensor(values, { shape, backend });

  for (const example of examples) {
    law(`"${example.equation}" is the sum that it stands for`, inputsOf(example), async (inputs) => {
      const { equation, terms, result } = example;
      await expectClose(einsum(equation, ...inputs.map(on)), bySummation(terms, result, inputs), { tolerance: 1e-12 });
    });
  }

  law("agrees with central differences to order 2", anyExample, async ({ example, inputs }) => {
    const curved = (xs: readonly Tensor[]) => einsum(example.equation, ...xs).sum();
    await checkGradient((xs) => curved(xs).mul(curved(xs)).add(curved(xs)), inputs.map(on), { order: 2 });
  });

  law("stretches the axes of ... that have size 1", floats([2, 1, 3]), floats([4, 3]), async (a, b) => {
    const stretched = input(
      [0, 1].flatMap((i) => Array.from({ length: 12 }, (_, j) => a[i * 3 + (j % 3)])),
      [2, 4, 3],
    );
    const expected = bySummation(["xyj", "yj"], "xy", [stretched, input([...b], [4, 3])]);
    const [x, y] = [on({ shape: [2, 1, 3], values: a }), on({ shape: [4, 3], values: b })];
    await expectClose(einsum("...j,...j", x, y), expected);
    await expectClose(einsum("...j,...j", y, x), expected);
    await checkGradient((xs: Tensor[]) => einsum("...j,...j,...j", ...xs).sum(), [x, y, x], { order: 2 });
  });

  it("keeps an axis of ... that has size 1 in all", async () => {
    const x = tensor(Float64Array.of(1, 2), { shape: [1, 2], backend });
    expect(einsum("...j,...j->...", x, x).shape).toEqual([1]);
  });

  it("sums nothing to 0, and takes whole numbers", async () => {
    const nothing = tensor(new Float64Array(0), { shape: [2, 0], backend });
    await expectClose(einsum("ij,ij->i", nothing, nothing), [0, 0]);
    const whole = tensor(Int32Array.of(1, 2, 3), { backend });
    await expectClose(einsum("i,i->", whole, whole), [14]);
  });

  it("forms no large product where a small one will do", async () => {
    const [a, b] = [0.5, 2].map((x) => tensor(new Float64Array(100_000).fill(x), { backend }));
    await expectClose(einsum("i,j,i,j->", a, b, a, b), [25_000 * 400_000]); // a ⊗ b would take 80 GB
  });

  it("agrees in f32", async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3], backend });
    await expectClose(einsum("ij,kj->ik", x, x), [14, 32, 32, 77]);
  });
});

describe("einsum", () => {
  const matrix = tensor(new Float64Array(6), { shape: [2, 3] });
  const vector = tensor(new Float64Array(3));
  const wrong: readonly [call: () => unknown, error: unknown, message: string][] = [
    [() => einsum("i->i->i", vector), TypeError, 'einsum: equation is "i->i->i" but must have one -> at most'],
    [
      () => einsum("i1->i", vector),
      TypeError,
      'einsum: equation is "i1->i" but must be letters and at most one ... a term, with commas between the terms and at most one ->',
    ],
    [
      () => einsum("...i...", vector),
      TypeError,
      'einsum: equation is "...i..." but must be letters and at most one ... a term, with commas between the terms and at most one ->',
    ],
    [() => einsum("ij->z", matrix), TypeError, 'einsum: equation is "ij->z" but must have z on the left too'],
    [() => einsum("ij->ii", matrix), TypeError, 'einsum: equation is "ij->ii" but must have i once on the right'],
    [() => einsum("...j->j", matrix), TypeError, 'einsum: equation is "...j->j" but must have ... on the right too'],
    [
      () => einsum("ij,jk->ik", matrix),
      RangeError,
      'einsum: tensors has 1 but must have 2, one for each term of "ij,jk->ik"',
    ],
    [() => einsum("ijk", matrix), ShapeError, 'einsum: tensor 0 has shape [2, 3] but must have 3 axes for "ijk"'],
    [() => einsum("i", matrix), ShapeError, 'einsum: tensor 0 has shape [2, 3] but must have 1 axis for "i"'],
    [
      () => einsum("ij,...jk", matrix, vector),
      ShapeError,
      'einsum: tensor 1 has shape [3] but must have 2 axes or more for "...jk"',
    ],
    [
      () => einsum("ij,ik", matrix, matrix.transpose()),
      ShapeError,
      "einsum: i has size 3 in tensor 1, [3, 2], but must have size 2, as in tensor 0",
    ],
    [
      () => einsum("ii", matrix),
      ShapeError,
      "einsum: i has size 3 in tensor 0, [2, 3], but must have size 2, as in tensor 0",
    ],
    [
      () => einsum("...,...", matrix, tensor(new Float64Array(2))),
      ShapeError,
      "einsum: an axis of ... has size 2 in tensor 1, [2], but must have size 3, as in tensor 0",
    ],
    [
      () => einsum<"f64" | "f32">("i,i", vector, tensor([1, 2, 3])),
      DTypeError,
      "einsum: tensor 1 is f32 but must match tensor 0, f64; cast one of them",
    ],
    [
      () => einsum("i", tensor([true])),
      DTypeError,
      "einsum: tensor 0 is bool but must be f32 or f64 or i32 or u32; cast it",
    ],
  ];
  for (const [call, error, message] of wrong) {
    it(`throws "${message}"`, () => {
      expect(call).toThrow(error as never);
      expect(call).toThrow(message);
    });
  }
});
