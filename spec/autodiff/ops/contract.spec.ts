import { matmul, tensor, transposeLast } from "cotangent";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { inputsOf } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpInput, type OpRow } from "../op-row.js";

const product = (rows: number, inner: number, columns: number) => (a: OpInput, b: OpInput) =>
  Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.values[i * inner + k] * b.values[k * columns + j];
    return sum;
  });

const rows: readonly OpRow[] = [
  {
    name: "matmul of matrices",
    inputs: inputsOf([3, 2], [2, 4]),
    apply: (a, b) => matmul(a, b),
    expected: product(3, 2, 4),
    points: [
      { inputs: [input([], [0, 2]), input([1, 2, 3, 4], [2, 2])], value: [] },
      { inputs: [input([], [2, 0]), input([], [0, 2])], value: [0, 0, 0, 0] },
    ],
    errors: [
      {
        call: () =>
          matmul(
            tensor([[1, 2]]),
            tensor([
              [1, 2],
              [3, 4],
              [5, 6],
            ]),
          ),
        message: "matmul: inner sizes differ, [1, 2] by [3, 2]; did you mean b.transpose()?",
      },
      { call: () => matmul(tensor(1), tensor([1])), message: "matmul: shapes are [] by [1] but both need an axis" },
    ],
  },
  { name: "matmul of a row", inputs: inputsOf([2], [2, 3]), apply: (a, b) => matmul(a, b), expected: product(1, 2, 3) },
  {
    name: "matmul with a column",
    inputs: inputsOf([3, 2], [2]),
    apply: (a, b) => matmul(a, b),
    expected: product(3, 2, 1),
  },
  { name: "matmul of vectors", inputs: inputsOf([4], [4]), apply: (a, b) => matmul(a, b), expected: product(1, 4, 1) },
  {
    name: "batched matmul with broadcasting",
    inputs: inputsOf([2, 1, 2, 3], [3, 3, 2]),
    apply: (a, b) => matmul(a, b),
    expected: (a, b) =>
      [0, 1].flatMap((i) =>
        [0, 1, 2].flatMap((j) =>
          product(2, 3, 2)(input([...a.values.slice(i * 6, i * 6 + 6)]), input([...b.values.slice(j * 6, j * 6 + 6)])),
        ),
      ),
  },
];

onEveryBackend("matmul", (backend) => {
  for (const row of rows) opLaws(row, backend);

  const sizes = fc.tuple(fc.constantFrom(1, 5, 63, 130), fc.constantFrom(1, 7, 257), fc.constantFrom(1, 6, 129));
  law(
    "is right at the edges of its blocks, transposed or not, with an epilogue",
    sizes,
    fc.boolean(),
    fc.boolean(),
    fc.nat(),
    async ([m, k, n], turnA, turnB, seed) => {
      const values = (count: number, salt: number) =>
        Float64Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (salt + (seed % 97))));
      const [a, b] = [values(m * k, 1.3), values(k * n, 2.7)];
      const left = turnA ? transposeLast(tensor(a, { shape: [k, m], backend })) : tensor(a, { shape: [m, k], backend });
      const right = turnB
        ? transposeLast(tensor(b, { shape: [n, k], backend }))
        : tensor(b, { shape: [k, n], backend });
      const bias = tensor(values(n, 3.1), { backend });
      const got = await matmul(left, right).add(bias).mul(2).data();
      const at = (i: number, j: number) => {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[turnA ? p * m + i : i * k + p] * b[turnB ? j * k + p : p * n + j];
        return 2 * (sum + values(n, 3.1)[j]);
      };
      for (const [i, j] of [
        [0, 0],
        [m - 1, n - 1],
        [m >> 1, n >> 1],
        [m - 1, 0],
      ])
        await expectClose([got[i * n + j]], [at(i, j)]);
    },
  );

  law("multiplies integers", floats([4], { min: -9, max: 9 }), async (x) => {
    const whole = Int32Array.from(x);
    const a = tensor(whole, { shape: [2, 2], backend });
    const [p, q, r, s] = whole;
    await expectClose(matmul(a, a), [p * p + q * r, p * q + q * s, r * p + s * r, r * q + s * s]);
  });
});
