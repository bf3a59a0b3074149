import {
  diagonal,
  eye,
  firstOccurrence,
  gather,
  oneHot,
  replaceRows,
  scatterAdd,
  takeAlongAxis,
  tensor,
} from "cotangent";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { inputsOf } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpRow } from "../op-row.js";

onEveryBackend("gather and scatter", (backend) => {
  const ids = (...list: number[]) => tensor(Int32Array.from(list), { backend });
  const table = tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { backend },
  );
  const computed = (...list: number[]) => ids(...list).add(0); // not on the host: out of range goes unnoticed

  const rows: readonly OpRow[] = [
    {
      name: "gather",
      inputs: inputsOf([3, 2]),
      apply: (x) => gather(x, ids(2, 0, 2)),
      expected: ({ values: v }) => [v[4], v[5], v[0], v[1], v[4], v[5]],
      errors: [
        { call: () => gather(table, ids(3)), message: "gather: an id is 3 but must be in [0, 3)" },
        { call: () => gather(table, ids(-1)), message: "gather: an id is -1 but must be in [0, 3)" },
        { call: () => gather(table, tensor([1]) as never), message: "gather: ids is f32 but must be i32; cast it" },
        {
          call: () => gather(tensor(1, { backend }), ids(0)),
          message: "gather: table has shape [] but must have an axis",
        },
      ],
    },
    {
      name: "scatterAdd",
      inputs: inputsOf([3, 2], [2, 2]),
      apply: (base, x) => scatterAdd(base, ids(1, 1), x),
      expected: ({ values: b }, { values: x }) => [b[0], b[1], b[2] + x[0] + x[2], b[3] + x[1] + x[3], b[4], b[5]],
      errors: [
        {
          call: () => scatterAdd(table, ids(0), table),
          message: "scatterAdd: rows has shape [3, 2] but must be [1, 2]",
        },
        {
          call: () => scatterAdd(tensor(1, { backend }), ids(0), tensor([1], { backend })),
          message: "scatterAdd: base has shape [] but must have an axis",
        },
        {
          call: () => scatterAdd(table, ids(0), tensor(new Float64Array(2), { shape: [1, 2], backend })),
          message: "scatterAdd: rows is f64 but must match base, f32; cast one of them",
        },
        {
          call: () => scatterAdd(tensor([true], { backend }), ids(0), tensor([true], { backend })),
          message: "scatterAdd: base is bool but must be f32 or f64 or i32 or u32; cast it",
        },
      ],
    },
    {
      name: "scatterAdd out of range",
      inputs: inputsOf([2, 1], [2, 1]),
      apply: (base, x) => scatterAdd(base, ids(-1, 1), x),
      expected: ({ values: b }, { values: x }) => [b[0], b[1] + x[1]],
    },
    {
      name: "replaceRows",
      inputs: inputsOf([3, 2], [2, 2]),
      apply: (base, x) => replaceRows(base, ids(2, -1), x),
      expected: ({ values: b }, { values: x }) => [b[0], b[1], b[2], b[3], x[0], x[1]],
      errors: [
        {
          call: () => replaceRows(table, ids(0), table),
          message: "replaceRows: rows has shape [3, 2] but must be [1, 2]",
        },
        {
          call: () => replaceRows(table, tensor([0], { backend }) as never, table),
          message: "replaceRows: ids is f32 but must be i32; cast it",
        },
        {
          call: () => replaceRows(table, ids(0), tensor(new Float64Array(2), { shape: [1, 2], backend })),
          message: "replaceRows: rows is f64 but must match base, f32; cast one of them",
        },
      ],
    },
    {
      name: "takeAlongAxis",
      inputs: inputsOf([2, 3]),
      apply: (x) => takeAlongAxis(x, tensor(Int32Array.of(2, 0, 1, 1), { shape: [2, 2], backend })),
      expected: ({ values: v }) => [v[2], v[0], v[4], v[4]],
      errors: [
        {
          call: () => takeAlongAxis(table, ids(0)),
          message: "takeAlongAxis: indices has shape [1] but must match x, [3, 2], outside of axis 1",
        },
        {
          call: () => takeAlongAxis(table, ids(0, 0).reshape([2, 1])),
          message: "takeAlongAxis: indices has shape [2, 1] but must match x, [3, 2], outside of axis 1",
        },
        {
          call: () =>
            takeAlongAxis(tensor([[1, 2]], { backend }), tensor(Int32Array.of(2), { shape: [1, 1], backend })),
          message: "takeAlongAxis: an id is 2 but must be in [0, 2)",
        },
      ],
    },
    {
      name: "takeAlongAxis along the first axis",
      inputs: inputsOf([3, 2]),
      apply: (x) => takeAlongAxis(x, tensor(Int32Array.of(2, 0), { shape: [1, 2], backend }), 0),
      expected: ({ values: v }) => [v[4], v[1]],
    },
    {
      name: "diagonal",
      inputs: inputsOf([2, 2, 3]),
      apply: (x) => diagonal(x),
      expected: ({ values: v }) => [v[0], v[4], v[6], v[10]],
      points: [{ inputs: [input([1, 2, 3, 4, 5, 6], [3, 2])], value: [1, 4], gradient: [1, 0, 0, 1, 0, 0] }],
      errors: [
        {
          call: () => diagonal(tensor([1], { backend })),
          message: "diagonal: x has shape [1] but must have 2 axes",
        },
      ],
    },
  ];
  for (const row of rows) opLaws(row, backend);

  it("gives NaN, never another row, for computed ids out of range", async () => {
    await expectClose(gather(table, computed(-1, 3, 1)), [NaN, NaN, NaN, NaN, 3, 4]);
    await expectClose(takeAlongAxis(table, computed(2, 0, -1).reshape([3, 1])), [NaN, 3, NaN]);
  });

  it("finds first occurrences", async () => {
    await expectClose(firstOccurrence(ids(5, 3, 5, 5, 3)), [0, 1, 0, 0, 1]);
    expect(() => firstOccurrence(ids(1).reshape([1, 1]))).toThrow(
      "firstOccurrence: ids has shape [1, 1] but must have 1 axis",
    );
    expect(() => firstOccurrence(tensor([1], { backend }) as never)).toThrow(
      "firstOccurrence: ids is f32 but must be i32; cast it",
    );
  });

  it("marks ids", async () => {
    await expectClose(oneHot(ids(1, -1, 5), 3, "f32"), [0, 1, 0, 0, 0, 0, 0, 0, 0]);
    await expectClose(eye(2, { backend, dtype: "f32" }), [1, 0, 0, 1]);
    expect(() => oneHot(tensor([1], { backend }) as never, 3, "f32")).toThrow(
      "oneHot: ids is f32 but must be i32; cast it",
    );
  });
});
