import {
  abs,
  add,
  ceil,
  clamp,
  div,
  floor,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  remainder,
  round,
  sign,
  square,
  sub,
  tensor,
  truncate,
} from "cotangent";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { apartInputs, distinctInput, each, oneInput, pairs, twoInputs } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpRow } from "../op-row.js";

const positive = { min: 0.2, max: 3 };

const rows: readonly OpRow[] = [
  {
    name: "add",
    inputs: twoInputs(),
    apply: (a, b) => add(a, b),
    expected: pairs((x, y) => x + y),
    points: [{ inputs: [input([], [0, 3]), input([], [0, 3])], value: [] }],
    errors: [
      { call: () => add(tensor([1, 2]), tensor([1, 2, 3])), message: "add: shapes [2] and [3] do not broadcast" },
      {
        call: () => add(tensor([1, 2]), tensor(new Float64Array(2))),
        message: "add: b is f64 but must match a, f32; cast one of them",
      },
      { call: () => add(1, 2), message: "add: a and b are both plain numbers but one must be a tensor" },
    ],
  },
  { name: "sub", inputs: twoInputs(), apply: (a, b) => sub(a, b), expected: pairs((x, y) => x - y) },
  { name: "mul", inputs: twoInputs(), apply: (a, b) => mul(a, b), expected: pairs((x, y) => x * y) },
  { name: "div", inputs: twoInputs({}, positive), apply: (a, b) => div(a, b), expected: pairs((x, y) => x / y) },
  {
    name: "remainder",
    inputs: twoInputs({ min: 1.1, max: 1.4 }, { min: 0.4, max: 0.5 }),
    apply: (a, b) => remainder(a, b),
    expected: pairs((x, y) => x % y),
    points: [{ inputs: [input([-5, 5]), input([3, -3])], value: [-2, 2] }],
  },
  { name: "neg", inputs: oneInput(), apply: (x) => neg(x), expected: each((x) => -x) },
  { name: "square", inputs: oneInput(), apply: (x) => square(x), expected: each((x) => x * x) },
  {
    name: "pow",
    inputs: twoInputs(positive, { min: -2, max: 3 }),
    apply: (a, b) => pow(a, b),
    expected: pairs((x, y) => x ** y),
    points: [
      { inputs: [input([0, 0, 0, 0]), input([0, 0.5, 1, 2])], value: [1, 0, 0, 0], gradient: [0, 0, 1, 0] },
      { inputs: [input([-2]), input([3])], value: [-8], gradient: [12] },
    ],
  },
  {
    name: "abs",
    inputs: distinctInput(),
    apply: (x) => abs(x),
    expected: each(Math.abs),
    points: [{ inputs: [input([-2, 0, 3])], value: [2, 0, 3], gradient: [-1, 0, 1] }],
  },
  { name: "sign", inputs: distinctInput(), apply: (x) => sign(x), expected: each(Math.sign), order: 0 },
  { name: "floor", inputs: oneInput(), apply: (x) => floor(x), expected: each(Math.floor), order: 0 },
  { name: "ceil", inputs: oneInput(), apply: (x) => ceil(x), expected: each(Math.ceil), order: 0 },
  {
    name: "round",
    inputs: distinctInput(),
    apply: (x) => round(x),
    order: 0,
    points: [{ inputs: [input([-1.5, -0.5, 0.5, 1.5, 2.5, 2.6])], value: [-2, 0, 0, 2, 2, 3] }],
  },
  { name: "truncate", inputs: oneInput(), apply: (x) => truncate(x), expected: each(Math.trunc), order: 0 },
  {
    name: "maximum",
    inputs: apartInputs(),
    apply: (a, b) => maximum(a, b),
    expected: pairs(Math.max),
    points: [{ inputs: [input([1, 2, 3]), input([2, 2, 2])], value: [2, 2, 3], gradient: [0, 0.5, 1] }],
  },
  {
    name: "minimum",
    inputs: apartInputs(),
    apply: (a, b) => minimum(a, b),
    expected: pairs(Math.min),
    points: [
      { inputs: [input([1, 2, 3]), input([2, 2, 2])], value: [1, 2, 2], gradient: [1, 0.5, 0] },
      { inputs: [input([1, 2, Number.NaN]), input([2, 2, 2])], value: [1, 2, Number.NaN] },
    ],
  },
  {
    name: "clamp",
    inputs: distinctInput({ minRank: 1, maxRank: 1, maxSize: 3 }),
    apply: (x) => clamp(x, -20, 20),
    points: [{ inputs: [input([-30, -20, 0, 20, 30])], value: [-20, -20, 0, 20, 20], gradient: [0, 0.5, 1, 0.5, 0] }],
    errors: [{ call: () => clamp(tensor([1]), 2, 1), message: "clamp: low is 2 but must be ≤ high, 1" }],
  },
];

onEveryBackend("arithmetic", (backend) => {
  for (const row of rows) opLaws(row, backend);

  it("clamps", async () => {
    const x = tensor(new Float64Array([-3, -1, 0, 1, 3]), { backend });
    await expectClose(clamp(x, -1, 1), [-1, -1, 0, 1, 1]);
    await expectClose(clamp(x, 1, 1), [1, 1, 1, 1, 1]);
  });

  it("wraps integers and truncates their quotients", async () => {
    const a = tensor([2 ** 31 - 1, -7, 7, 5], { dtype: "i32", backend });
    const b = tensor([2, 2, -2, 0], { dtype: "i32", backend });
    await expectClose(add(a, b), [-(2 ** 31) + 1, -5, 5, 5]);
    await expectClose(mul(a, b), [-2, -14, -14, 0]);
    await expectClose(div(a, b), [2 ** 30 - 1, -3, -3, 0]);
    await expectClose(remainder(a, b), [1, -1, 1, 0]);
    const c = tensor([2 ** 32 - 1, 65537], { dtype: "u32", backend });
    await expectClose(mul(c, c), [1, 131073]);
    await expectClose(neg(c), [1, 2 ** 32 - 65537]);
  });

  it("wraps the one quotient of integers that does not fit", async () => {
    const least = tensor([-(2 ** 31), -(2 ** 31), 6], { dtype: "i32", backend });
    await expectClose(div(least, tensor([-1, 1, -1], { dtype: "i32", backend })), [-(2 ** 31), -(2 ** 31), -6]);
    const large = tensor([2 ** 32 - 1, 2 ** 32 - 1], { dtype: "u32", backend });
    await expectClose(div(large, tensor([2 ** 32 - 1, 2], { dtype: "u32", backend })), [1, 2 ** 31 - 1]);
  });

  it("refuses what has no sign or magnitude", () => {
    expect(() => neg(tensor([true]))).toThrow("neg: x is bool but must be f32 or f64 or i32 or u32; cast it");
    expect(() => abs(tensor(Int32Array.of(1)) as never)).toThrow("abs: x is i32 but must be f32 or f64; cast it");
  });
});
