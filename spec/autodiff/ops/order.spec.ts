import { argsort, cumsum, sort, tensor, topK } from "cotangent";
import { distinctFloats } from "cotangent/testing";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { distinctInput, inputsOf } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import type { OpInput, OpRow } from "../op-row.js";

/** `f` of each line along the last axis. */
const onLines =
  (f: (line: number[]) => number[]) =>
  ({ shape, values }: OpInput): number[] => {
    const length = shape[shape.length - 1];
    return Array.from({ length: values.length / length }, (_, i) =>
      f([...values.slice(i * length, (i + 1) * length)]),
    ).flat();
  };
const ascending = (line: number[]) => line.sort((a, b) => a - b);

onEveryBackend("order", (backend) => {
  const f64 = (...values: number[]) => tensor(Float64Array.from(values), { backend });
  const x = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { backend },
  );
  const rows: readonly OpRow[] = [
    {
      name: "sort",
      inputs: distinctInput({ minRank: 1, maxRank: 2 }),
      apply: (t) => sort(t),
      expected: onLines(ascending),
    },
    {
      name: "sort along the first axis, descending",
      inputs: distinctInput({ minRank: 2, maxRank: 2 }),
      apply: (t) => sort(t, 0, { descending: true }),
    },
    {
      name: "topK",
      inputs: distinctInput({ minRank: 1, maxRank: 2, minSize: 2 }),
      apply: (t) => topK(t, 2).values,
      expected: onLines((line) => ascending(line).reverse().slice(0, 2)),
      errors: [
        { call: () => topK(x, 3), message: "topK: k is 3 but x, [2, 2], has 2 along axis 1" },
        { call: () => topK(x, -1), message: "topK: k is -1 but must be a whole number ≥ 0" },
      ],
    },
    {
      name: "topK of cubes, along the middle axis",
      inputs: distinctInput({ minRank: 3, maxRank: 3, minSize: 2, maxSize: 3 }),
      apply: (t) => topK(t, 1, 1).values,
      expected: ({ shape: [outer, length, inner], values }) =>
        Array.from({ length: outer * inner }, (_, i) => {
          const start = Math.floor(i / inner) * length * inner + (i % inner);
          return Math.max(...Array.from({ length }, (_, j) => values[start + j * inner]));
        }),
    },
    {
      name: "cumsum",
      inputs: inputsOf([2, 3]),
      apply: (t) => cumsum(t),
      expected: ({ values: v }) => [v[0], v[0] + v[1], v[0] + v[1] + v[2], v[3], v[3] + v[4], v[3] + v[4] + v[5]],
    },
    {
      name: "cumsum from the end",
      inputs: inputsOf([3]),
      apply: (t) => cumsum(t, 0, { reverse: true }),
      expected: ({ values: v }) => [v[0] + v[1] + v[2], v[1] + v[2], v[2]],
    },
    {
      name: "cumsum along the first axis, exclusive",
      inputs: inputsOf([3, 2]),
      apply: (t) => cumsum(t, 0, { exclusive: true }),
      expected: ({ values: v }) => [0, 0, v[0], v[1], v[0] + v[2], v[1] + v[3]],
    },
    {
      name: "cumsum from the end, exclusive",
      inputs: inputsOf([3]),
      apply: (t) => cumsum(t, 0, { exclusive: true, reverse: true }),
      expected: ({ values: v }) => [v[1] + v[2], v[2], 0],
    },
  ];
  for (const row of rows) opLaws(row, backend);

  law("sorts", distinctFloats([9]), async (values) => {
    await expectClose(sort(tensor(values, { backend })), values.slice().sort());
    const order = await argsort(tensor(values, { backend }), -1, { descending: true }).data();
    await expectClose(
      [...order].map((i) => values[i]),
      values.slice().sort().reverse(),
    );
    const { indices } = topK(tensor(values, { backend }), 4);
    await expectClose(indices, order.slice(0, 4));
  });

  it("keeps equal elements in order and puts NaN last, or first when descending", async () => {
    await expectClose(argsort(f64(2, Number.NaN, 1, 2, 1)), [2, 4, 0, 3, 1]);
    await expectClose(argsort(f64(2, Number.NaN, 1, 2, 1), 0, { descending: true }), [1, 0, 3, 2, 4]);
    await expectClose(topK(f64(2, Number.NaN, 1, 2, 1), 3).indices, [1, 0, 3]);
    await expectClose(topK(f64(1, 2), 0).indices, []);
  });

  it("orders along the last axis, smallest first, where nothing else is said", async () => {
    const rows = f64(3, 1, 2, 1, 2, 3).reshape([2, 3]);
    await expectClose(argsort(rows), [1, 2, 0, 0, 1, 2]);
    await expectClose(argsort(rows, 0), [1, 0, 0, 0, 1, 1]);
    await expectClose(topK(rows, 1).indices, [0, 2]);
    await expectClose(cumsum(f64(1, 2)), [1, 3]);
  });

  it("refuses running sums of truth values", () => {
    expect(() => cumsum(tensor([true], { backend }))).toThrow(
      "cumsum: x is bool but must be f32 or f64 or i32 or u32; cast it",
    );
  });
});
