import { argmax, grad, hvp, logSoftmax, logSumExp, softmax, sum, type Tensor, tensor } from "cotangent";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { oneInput } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpInput, type OpRow } from "../op-row.js";

const never = Number.NEGATIVE_INFINITY;
const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
const lse = (values: readonly number[]) => Math.log(values.reduce((total, value) => total + Math.exp(value), 0));
/** `f` of each row along the last axis. */
const byRow =
  (f: (row: number[]) => readonly number[]) =>
  ({ shape, values }: OpInput) => {
    const width = shape[shape.length - 1] ?? 1;
    const rows = Array.from({ length: values.length / width }, (_, i) => [...values.slice(i * width, (i + 1) * width)]);
    return rows.flatMap(f);
  };
const inRows = oneInput({}, { minRank: 1, maxRank: 3 });

const rows: readonly OpRow[] = [
  {
    name: "logSumExp of all",
    inputs: oneInput(),
    apply: (x) => logSumExp(x),
    expected: ({ values }) => [lse([...values])],
    points: [
      { inputs: [input([never, never])], value: [never], gradient: [0, 0] },
      { inputs: [input([never, 2])], value: [2], gradient: [0, 1] },
      { inputs: [input([1e4, 1e4])], value: [1e4 + Math.LN2], gradient: [0.5, 0.5] },
      { inputs: [input([-1e4, -1e4, -3e4])], value: [-1e4 + Math.LN2], gradient: [0.5, 0.5, 0] },
      { inputs: [input([infinity, 0])], value: [infinity], gradient: [nan, 0] },
      { inputs: [input([infinity, never])], value: [infinity], gradient: [nan, 0] },
      { inputs: [input([nan, 0])], value: [nan], gradient: [nan, nan] },
      { inputs: [input([])], value: [never], gradient: [] },
      { inputs: [input([-7], [])], value: [-7], gradient: [1] },
    ],
    errors: [
      {
        call: () => logSumExp(tensor(Int32Array.of(1)) as never),
        message: "logSumExp: x is i32 but must be f32 or f64; cast it",
      },
      { call: () => logSumExp(tensor([1]), 1), message: "logSumExp: axis is 1 but must be in [-1, 1) for 1 axes" },
    ],
  },
  {
    name: "logSumExp along an axis",
    inputs: inRows,
    apply: (x) => logSumExp(x, -1),
    expected: byRow((row) => [lse(row)]),
    points: [
      { inputs: [input([], [2, 0])], value: [never, never], gradient: [] },
      { inputs: [input([], [0, 2])], value: [], gradient: [] },
      { inputs: [input([never, never, 1e4, 0], [2, 2])], value: [never, 1e4], gradient: [0, 0, 1, 0] },
    ],
  },
  {
    name: "logSumExp along no axis",
    inputs: oneInput(),
    apply: (x) => logSumExp(x, []),
    expected: ({ values }) => values,
  },
  {
    name: "softmax",
    inputs: inRows,
    apply: (x) => softmax(x),
    expected: byRow((row) => row.map((value) => Math.exp(value - lse(row)))),
    points: [
      { inputs: [input([never, never, 0, 0], [2, 2])], value: [0, 0, 0.5, 0.5], gradient: [0, 0, 0, 0] },
      { inputs: [input([1e4, -1e4])], value: [1, 0], gradient: [0, 0] },
      { inputs: [input([infinity, 0])], value: [nan, 0] },
      { inputs: [input([], [2, 0])], value: [], gradient: [] },
      { inputs: [input([-7])], value: [1], gradient: [0] },
    ],
  },
  {
    name: "logSoftmax",
    inputs: inRows,
    apply: (x) => logSoftmax(x),
    expected: byRow((row) => row.map((value) => value - lse(row))),
    points: [
      { inputs: [input([1e4, -1e4])], value: [0, -2e4], gradient: [-1, 1] },
      { inputs: [input([never, 0, 0])], value: [never, -Math.LN2, -Math.LN2], gradient: [1, -0.5, -0.5] },
      { inputs: [input([never, never])], value: [nan, nan] },
      { inputs: [input([], [2, 0])], value: [], gradient: [] },
    ],
  },
];

onEveryBackend("logSumExp and what it makes", (backend) => {
  for (const row of rows) opLaws(row, backend);
});

const size = 5;
const vector = floats([size], { min: -20, max: 20 });

describe("logSumExp", () => {
  law("lies between the largest and the largest plus log n", vector, async (x) => {
    const value = await logSumExp(tensor(x)).item();
    expect(value).toBeGreaterThanOrEqual(Math.max(...x));
    expect(value).toBeLessThanOrEqual(Math.max(...x) + Math.log(size));
  });

  law("moves with a shift of all elements", vector, numbers({ min: -1e3, max: 1e3 }), async (x, shift) => {
    await expectClose(logSumExp(tensor(x.map((value) => value + shift))), logSumExp(tensor(x)).add(shift), {
      tolerance: 1e-13,
    });
  });

  law("has the softmax as its gradient, and diag(p) − p pᵀ as its Hessian", vector, vector, async (x, u) => {
    const total = (t: Tensor) => logSumExp(t);
    const p = [...(await softmax(tensor(x)).data())];
    await expectClose(grad(total)(tensor(x)), p, { tolerance: 1e-15 });
    const mean = p.reduce((total, share, i) => total + share * u[i], 0);
    await expectClose(
      hvp(total, tensor(x), tensor(u)),
      p.map((share, i) => share * (u[i] - mean)),
      { tolerance: 1e-13 },
    );
  });

  law("takes several axes, and keeps them on request", floats([2, 3, 2]), async (x) => {
    const cube = tensor(x, { shape: [2, 3, 2] });
    const kept = logSumExp(cube, [0, -1], { keepDims: true });
    expect(kept.shape).toEqual([1, 3, 1]);
    await expectClose(kept, logSumExp(cube.transpose([1, 0, 2]).reshape([3, 4]), 1), { tolerance: 1e-14 });
    await expectClose(logSumExp(cube, [0, -1]), kept, { tolerance: 0 });
  });

  it("has curvature 0, not NaN, where −∞ is among the elements or all there is", async () => {
    const curved = (...values: number[]) =>
      hvp((t: Tensor) => logSumExp(t), tensor(Float64Array.from(values)), tensor(Float64Array.of(1, 2, 4)));
    await expectClose(curved(never, never, never), [0, 0, 0], { tolerance: 0 });
    await expectClose(curved(never, 0, 0), [0, -0.5, 0.5], { tolerance: 1e-15 });
  });
});

describe("softmax", () => {
  law("sums to 1 and is largest where its input is", vector, async (x) => {
    const p = softmax(tensor(x));
    await expectClose(sum(p), [1], { tolerance: 1e-14 });
    await expectClose(argmax(p), argmax(tensor(x)));
  });

  law("is the same after a shift of all elements, and along any axis", floats([2, 3]), numbers(), async (x, shift) => {
    const matrix = tensor(x, { shape: [2, 3] });
    await expectClose(softmax(matrix.add(shift)), softmax(matrix), { tolerance: 1e-14 });
    await expectClose(softmax(matrix, 0), softmax(matrix.transpose()).transpose(), { tolerance: 1e-15 });
    await expectClose(logSoftmax(matrix, 0), logSoftmax(matrix.transpose()).transpose(), { tolerance: 1e-15 });
  });

  it("overflows in neither precision", async () => {
    for (const [dtype, far] of [
      ["f64", 1e4],
      ["f32", 80],
    ] as const) {
      await expectClose(softmax(tensor([far, far, -far], { dtype })), [0.5, 0.5, 0], { tolerance: 1e-6 }); // of f32
    }
  });
});
