import {
  at,
  broadcastTo,
  concat,
  expandDims,
  flip,
  pad,
  reshape,
  slice,
  stack,
  tensor,
  transpose,
  transposeLast,
} from "cotangent";
import { it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { inputsOf, oneInput } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpRow } from "../op-row.js";

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

const rows: readonly OpRow[] = [
  {
    name: "reshape",
    inputs: inputsOf([2, 6]),
    apply: (t) => reshape(t, [3, -1]),
    expected: ({ values }) => values,
    points: [{ inputs: [input([], [0, 2])], value: [] }].map((point) => ({ ...point, inputs: [input([], [3, 0])] })),
    errors: [{ call: () => reshape(x, [4, 2]), message: "reshape: shape is [4, 2] but x, [2, 3], has 6 elements" }],
  },
  {
    name: "transpose",
    inputs: inputsOf([2, 3, 2]),
    apply: (t) => transpose(t, [2, 0, 1]),
    expected: ({ values }) => [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11].map((i) => values[i]),
    errors: [
      { call: () => transpose(x, [0, 0]), message: "transpose: order is [0, 0] but must name each of the 2 axes once" },
    ],
  },
  {
    name: "transposeLast",
    inputs: inputsOf([2, 2, 3]),
    apply: (t) => transposeLast(t),
    expected: ({ values }) => [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11].map((i) => values[i]),
    errors: [
      {
        call: () => transposeLast(tensor([1])),
        message: "transposeLast: x has shape [1] but must have 2 axes or more",
      },
    ],
  },
  {
    name: "broadcastTo",
    inputs: inputsOf([2, 1]),
    apply: (t) => broadcastTo(t, [2, 2, 3]),
    expected: ({ values: [a, b] }) => [a, a, a, b, b, b, a, a, a, b, b, b],
    points: [{ inputs: [input([2], [])], value: [2, 2], gradient: [2] }].map((point) => ({
      ...point,
      value: Array(12).fill(2),
      gradient: [12],
    })),
    errors: [
      {
        call: () => broadcastTo(x, [3, 3]),
        message: "broadcastTo: x has shape [2, 3], which does not stretch to [3, 3]",
      },
    ],
  },
  {
    name: "slice",
    inputs: inputsOf([4, 5]),
    apply: (t) => slice(t, [1, -4], [4], { steps: [2, 3] }),
    expected: ({ values }) => [6, 9, 16, 19].map((i) => values[i]),
    errors: [
      { call: () => slice(x, [0], [1], { steps: [0] }), message: "slice: step is 0 but must be a whole number ≥ 1" },
      ...[
        () => slice(x, [0, 0, 0], []),
        () => slice(x, [], [1, 1, 1]),
        () => slice(x, [], [], { steps: [1, 1, 1] }),
      ].map((call) => ({ call, message: "slice: bounds are given for more than the 2 axes of x, [2, 3]" })),
    ],
  },
  {
    name: "at",
    inputs: inputsOf([3, 2]),
    apply: (t) => at(t, -1, 1),
    expected: ({ values }) => [1, 3, 5].map((i) => values[i]),
    errors: [{ call: () => at(x, 2), message: "at: axis is 2 but must be in [-2, 2) for 2 axes" }],
  },
  {
    name: "pad",
    inputs: inputsOf([2, 2]),
    apply: (t) => pad(t, [1, 0], [0, 1], { interior: [0, 1], value: 7 }),
    expected: ({ values: [a, b, c, d] }) => [7, 7, 7, 7, a, 7, b, 7, c, 7, d, 7],
    errors: [
      ...[
        () => pad(x, [1], [1]),
        () => pad(x, [1], [1, 1]),
        () => pad(x, [1, 1], [1]),
        () => pad(x, [1, 1], [1, 1], { interior: [1] }),
      ].map((call) => ({
        call,
        message: "pad: before, after and interior need an entry for each of the 2 axes of x",
      })),
      { call: () => pad(x, [0, 0], [0, -1]), message: "pad: padding is -1 but must be a whole number ≥ 0" },
    ],
  },
  {
    name: "concat",
    inputs: inputsOf([2, 1], [2, 2]),
    apply: (a, b) => concat([a, b, a], 1),
    expected: ({ values: a }, { values: b }) => [a[0], b[0], b[1], a[0], a[1], b[2], b[3], a[1]],
    errors: [
      { call: () => concat([]), message: "concat: tensors is empty but must hold at least one" },
      { call: () => concat([x, tensor([[1]])]), message: "concat: shapes [2, 3] and [1, 1] differ outside of axis 0" },
      { call: () => concat([x, tensor([1])]), message: "concat: shapes [2, 3] and [1] differ outside of axis 0" },
      {
        call: () => concat([x, tensor(new Float64Array(3), { shape: [1, 3] })]),
        message: "concat: another is f64 but must match the first, f32; cast one of them",
      },
    ],
  },
  {
    name: "stack",
    inputs: inputsOf([2], [2]),
    apply: (a, b) => stack([a, b], 1),
    expected: ({ values: a }, { values: b }) => [a[0], b[0], a[1], b[1]],
    errors: [{ call: () => stack([]), message: "stack: tensors is empty but must hold at least one" }],
  },
  { name: "expandDims", inputs: oneInput(), apply: (t) => expandDims(t, 0), expected: ({ values }) => values },
  {
    name: "flip",
    inputs: inputsOf([2, 3]),
    apply: (t) => flip(t, 1),
    expected: ({ values }) => [2, 1, 0, 5, 4, 3].map((i) => values[i]),
    errors: [{ call: () => flip(x, [0, 0]), message: "flip: axes [0, 0] name an axis twice" }],
  },
];

onEveryBackend("movement", (backend) => {
  for (const row of rows) opLaws(row, backend);

  it("chains of movements are one read", async () => {
    const t = tensor(
      Float64Array.from({ length: 24 }, (_, i) => i),
      { shape: [2, 3, 4], backend },
    );
    const moved = flip(transpose(slice(t, [0, 1], [2, 3]), [2, 0, 1]), 0).reshape([4, 4]);
    const expected: number[] = [];
    for (let k = 3; k >= 0; k--) for (const i of [0, 1]) for (const j of [1, 2]) expected.push(i * 12 + j * 4 + k);
    await expectClose(moved, expected);
    await expectClose(
      transpose(moved.add(0)).reshape([2, 8]).sum(0),
      Array.from({ length: 8 }, (_, i) => expected[(i % 4) * 4 + (i >> 2)] + expected[(i % 4) * 4 + 2 + (i >> 2)]),
    );
  });
});
