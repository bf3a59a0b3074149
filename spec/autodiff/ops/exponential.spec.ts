import {
  cos,
  digamma,
  erf,
  exp,
  expm1,
  lgamma,
  log,
  log1p,
  logSigmoid,
  polygamma,
  relu,
  sigmoid,
  sin,
  softplus,
  sqrt,
  tanh,
  tensor,
} from "cotangent";
import { it } from "vitest";
import { expectClose } from "../../support/close.js";
import { onEveryBackend } from "../../support/law.js";
import { distinctInput, each, oneInput } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input, type OpRow } from "../op-row.js";

const positive = { min: 0.2, max: 4 };
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const euler = 0.5772156649015329;

const rows: readonly OpRow[] = [
  { name: "exp", inputs: oneInput(), apply: exp, expected: each(Math.exp) },
  { name: "expm1", inputs: oneInput(), apply: expm1, expected: each(Math.expm1) },
  { name: "log", inputs: oneInput(positive), apply: log, expected: each(Math.log) },
  { name: "log1p", inputs: oneInput({ min: -0.8, max: 3 }), apply: log1p, expected: each(Math.log1p) },
  {
    name: "sqrt",
    inputs: oneInput({ min: 0.2, max: 3 }), // exp(√x / 2) is straight at 4
    apply: sqrt,
    expected: each(Math.sqrt),
    points: [{ inputs: [input([0, 4])], value: [0, 2], gradient: [0, 0.25] }],
  },
  { name: "sin", inputs: oneInput(), apply: sin, expected: each(Math.sin) },
  { name: "cos", inputs: oneInput(), apply: cos, expected: each(Math.cos) },
  { name: "tanh", inputs: oneInput(), apply: tanh, expected: each(Math.tanh) },
  {
    name: "sigmoid",
    inputs: oneInput(),
    apply: sigmoid,
    expected: each(logistic),
    points: [{ inputs: [input([-800, 0, 800])], value: [0, 0.5, 1], gradient: [0, 0.25, 0] }],
  },
  {
    name: "softplus",
    inputs: oneInput(),
    apply: softplus,
    expected: each((x) => Math.log(1 + Math.exp(x))),
    points: [{ inputs: [input([-1e4, 0, 1e4])], value: [0, Math.LN2, 1e4], gradient: [0, 0.5, 1] }],
  },
  { name: "logSigmoid", inputs: oneInput(), apply: logSigmoid, expected: each((x) => Math.log(logistic(x))) },
  {
    name: "relu",
    inputs: distinctInput(),
    apply: relu,
    expected: each((x) => Math.max(x, 0)),
    points: [{ inputs: [input([-1, 0, 2])], value: [0, 0, 2], gradient: [0, 0, 1] }],
  },
  {
    name: "erf",
    inputs: oneInput(),
    apply: erf,
    points: [
      {
        inputs: [input([0, 0.5, 1, -1, 2.5, 3, 5])],
        value: [
          0, 0.5204998778130465, 0.8427007929497149, -0.8427007929497149, 0.999593047982555, 0.9999779095030014,
          0.9999999999984626,
        ],
      },
    ],
  },
  {
    name: "lgamma",
    inputs: oneInput(positive),
    apply: lgamma,
    points: [
      {
        inputs: [input([0.5, 1, 2, 5, 100, -0.5])],
        value: [0.5723649429247001, 0, 0, Math.log(24), 359.1342053695754, 1.2655121234846454],
      },
    ],
  },
  {
    name: "digamma",
    inputs: oneInput(positive),
    apply: digamma,
    points: [
      {
        inputs: [input([1, 2, 0.5])],
        value: [-euler, 1 - euler, -euler - 2 * Math.LN2],
        gradient: [Math.PI ** 2 / 6, Math.PI ** 2 / 6 - 1, Math.PI ** 2 / 2],
      },
    ],
  },
  {
    name: "polygamma",
    inputs: oneInput({ min: 0.5, max: 4 }),
    apply: (x) => polygamma(2, x),
    points: [{ inputs: [input([1])], value: [-2.404113806319188] }],
    errors: [
      {
        call: () => polygamma(-1, tensor([1])),
        message: "polygamma: order is -1 but must be a whole number in [0, 20]",
      },
      {
        call: () => polygamma(21, tensor([1])),
        message: "polygamma: order is 21 but must be a whole number in [0, 20]",
      },
      {
        call: () => polygamma(1.5, tensor([1])),
        message: "polygamma: order is 1.5 but must be a whole number in [0, 20]",
      },
    ],
  },
];

onEveryBackend("exponential", (backend) => {
  for (const row of rows) opLaws(row, backend);

  it("has polygammas up to order 20", async () => {
    const zeta21 = 1.000000476932987; // ψ⁽ⁿ⁾(1) = (−1)ⁿ⁺¹·n!·ζ(n + 1)
    const factorial = 2_432_902_008_176_640_000;
    await expectClose(polygamma(20, tensor(Float64Array.of(1), { backend })), [-factorial * zeta21]);
  });

  it("keeps its digits where the argument is small", async () => {
    const x = tensor(new Float64Array([1e-12, -1e-12]), { backend });
    await expectClose(expm1(x).mul(1e12), [1, -1], { tolerance: 1e-11 });
    await expectClose(log1p(x).mul(1e12), [1, -1], { tolerance: 1e-11 });
    await expectClose(erf(x).mul(1e12), [2 / Math.sqrt(Math.PI), -2 / Math.sqrt(Math.PI)], { tolerance: 1e-14 });
  });
});
