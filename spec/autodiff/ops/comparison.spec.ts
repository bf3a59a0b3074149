import {
  and,
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  not,
  notEqual,
  or,
  shiftLeft,
  shiftRight,
  tensor,
  where,
  xor,
} from "cotangent";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { oneInput, pairs, twoInputs } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpRow } from "../op-row.js";

const truth = (f: (x: number, y: number) => boolean) => pairs((x, y) => Number(f(x, y)));

const rows: readonly OpRow[] = [
  {
    name: "less",
    inputs: twoInputs(),
    apply: (a, b) => cast(less(a, b), "f64"),
    expected: truth((x, y) => x < y),
    order: 0,
  },
  {
    name: "lessEqual",
    inputs: twoInputs(),
    apply: (a, b) => cast(lessEqual(a, b), "f64"),
    expected: truth((x, y) => x <= y),
    order: 0,
  },
  {
    name: "greater",
    inputs: twoInputs(),
    apply: (a, b) => cast(greater(a, b), "f64"),
    expected: truth((x, y) => x > y),
    order: 0,
  },
  {
    name: "greaterEqual",
    inputs: twoInputs(),
    apply: (a, b) => cast(greaterEqual(a, b), "f64"),
    expected: truth((x, y) => x >= y),
    order: 0,
  },
  {
    name: "equal",
    inputs: twoInputs({ min: 0, max: 0 }),
    apply: (a, b) => cast(equal(a, b), "f64"),
    expected: truth((x, y) => x === y),
    order: 0,
  },
  {
    name: "notEqual",
    inputs: twoInputs(),
    apply: (a, b) => cast(notEqual(a, b), "f64"),
    expected: truth((x, y) => x !== y),
    order: 0,
  },
  {
    name: "where",
    inputs: twoInputs(),
    apply: (a, b) => where(tensor([true], { backend: a.backend }), a, b),
    expected: pairs((x) => x),
    points: [{ inputs: [input([1, Number.NaN]), input([5, 6])], value: [1, Number.NaN], gradient: [1, 1] }],
    errors: [
      {
        call: () => where(tensor([1]) as never, tensor([1]), 0),
        message: "where: condition is f32 but must be bool; cast it",
      },
      {
        call: () => where(tensor([true]), 1, 0),
        message: "where: a and b are both plain numbers but one must be a tensor",
      },
      {
        call: () => where(tensor([true, false, true]), tensor([1, 2]), 0),
        message: "where: shapes [2] and [3] do not broadcast",
      },
      {
        call: () => where(tensor([true]), tensor([1]), tensor(Float64Array.of(1))),
        message: "where: b is f64 but must match a, f32; cast one of them",
      },
    ],
  },
  {
    name: "cast",
    inputs: oneInput(),
    apply: (x) => cast(cast(x.mul(0).add(1), "i32"), "f64").mul(x),
    expected: ({ values }) => values,
  },
];

onEveryBackend("comparison, choice and bits", (backend) => {
  for (const row of rows) opLaws(row, backend);

  it("lets no NaN through what was not chosen", async () => {
    const x = tensor(new Float64Array([1, Number.NaN]), { backend });
    const mask = tensor([true, false], { backend });
    await expectClose(where(mask, x, 0), [1, 0]);
  });

  it("orders truth values, false before true", async () => {
    const a = tensor([false, false, true, true], { backend });
    const b = tensor([false, true, false, true], { backend });
    await expectClose(equal(a, b), [1, 0, 0, 1]);
    await expectClose(notEqual(a, b), [0, 1, 1, 0]);
    await expectClose(less(a, b), [0, 1, 0, 0]);
    await expectClose(lessEqual(a, b), [1, 1, 0, 1]);
    await expectClose(greater(a, b), [0, 0, 1, 0]);
  });

  it("works on bits", async () => {
    const a = tensor([0b1100, 2 ** 32 - 1], { dtype: "u32", backend });
    const b = tensor([0b1010, 1], { dtype: "u32", backend });
    await expectClose(and(a, b), [0b1000, 1]);
    await expectClose(or(a, b), [0b1110, 2 ** 32 - 1]);
    await expectClose(xor(a, b), [0b0110, 2 ** 32 - 2]);
    await expectClose(not(a), [2 ** 32 - 1 - 0b1100, 0]);
    await expectClose(shiftLeft(a, 4), [0b11000000, 2 ** 32 - 16]);
    await expectClose(shiftRight(a, 2), [0b11, 2 ** 30 - 1]);
    await expectClose(shiftRight(tensor([-8], { dtype: "i32", backend }), 1), [-4]);
    await expectClose(not(tensor([true, false], { backend })), [0, 1]);
    expect(() => and(tensor([1]) as never, tensor([1]) as never)).toThrow(
      "and: a is f32 but must be i32 or u32 or bool; cast it",
    );
    expect(() => not(tensor([1]) as never)).toThrow("not: x is f32 but must be i32 or u32 or bool; cast it");
  });

  it("casts by truncation and saturation", async () => {
    const x = tensor(new Float64Array([-1.7, 1.7, 1e12, -1e12, Number.NaN]), { backend });
    await expectClose(cast(x, "i32"), [-1, 1, 2 ** 31 - 1, -(2 ** 31), 0]);
    await expectClose(cast(x, "u32"), [0, 1, 2 ** 32 - 1, 0, 0]);
    await expectClose(cast(x, "bool"), [1, 1, 1, 1, 1]);
    await expectClose(cast(tensor([-1], { dtype: "i32", backend }), "u32"), [2 ** 32 - 1]);
    expect(() => cast(x, "f16" as never)).toThrow('cast: dtype is "f16" but must be one of f32, f64, i32, u32, bool');
  });
});
