import {
  BackendError,
  cast,
  cpu,
  customVjp,
  evaluate,
  exp,
  log,
  logSumExp,
  oneHot,
  relu,
  softmax,
  sort,
  stopGradient,
  type Tensor,
  tensor,
} from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import {
  binaryLabels,
  classIds,
  distinctScores,
  flags,
  type LossDeclaration,
  lossSubject,
  plainNumber,
  positives,
  scores,
  signs,
} from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { exactly } from "../../methods/classification/support/exactly.js";
import { gpu, noGpu } from "../../support/law.js";
import { failuresOf, isLong, patience } from "./support/failures.js";

const host = cpu();
const inputs = { logits: scores(["batch", "classes"]), labels: classIds(["batch"], "classes") };
type Declaration = LossDeclaration<typeof inputs>;
type Values = Parameters<Declaration["loss"]>[0];

const own = (z: Tensor, labels: Tensor<"i32">) => oneHot(labels, z.shape[1], z.dtype);
const pick = (z: Tensor, labels: Tensor<"i32">) => z.mul(own(z, labels)).sum(1);
const crossEntropy = ({ logits, labels }: Values) => logSumExp(logits, 1).sub(pick(logits, labels));
const refuse = () => {
  throw new RangeError("crossEntropy: labels holds 3 but must be in [0, 3)");
};

const right: Declaration = {
  ...{ name: "crossEntropy", inputs, loss: crossEntropy, shape: ["batch"], sizes: { batch: [2, 3], classes: [2, 4] } },
  invariances: [
    { shift: "logits", along: "classes" },
    { permute: "classes" },
    { permute: "batch" },
    { alone: "batch" },
  ],
  atLeast: 0,
  atMost: ({ logits, labels }) => logits.max(1).sub(pick(logits, labels)).add(Math.log(4)),
  reductions: [
    {
      name: "is log C where all logits are alike",
      when: ({ logits, labels }) => ({ logits: logits.mul(0), labels }),
      equals: ({ logits }) => logits.sum(1).add(Math.log(logits.shape[1])),
    },
  ],
  expected: ({ logits, labels }, { batch, classes }) =>
    Array.from({ length: batch }, (_, i) => {
      const row = logits.slice(i * classes, (i + 1) * classes);
      return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - row[labels[i]];
    }),
  expectedGradient: {
    logits: ({ logits, labels }, { classes }) =>
      logits.map((z, at) => {
        const i = Math.floor(at / classes);
        const total = logits.slice(i * classes, (i + 1) * classes).reduce((sum, other) => sum + Math.exp(other), 0);
        return Math.exp(z) / total - (at % classes === labels[i] ? 1 : 0);
      }),
  },
  errors: [{ call: refuse, message: "crossEntropy: labels holds 3 but must be in [0, 3)" }],
};

const shape = "has shape [batch] and the dtype of its inputs";
const differences = "agrees with central differences to order 2, in logits";
const agreement = "agrees with cpu in f64, value, gradient and curvature, to 1e-9 in f64 and 0.0001 in f32";
const agreementOnGpu = "agrees with cpu in f64, value, gradient and curvature, to 0.0001 in f32";
const shifted = "does not change where logits is shifted along classes";
const leaks = "leaves no buffer behind";
const bits = "gives the same bits twice";
const extremes = "stays finite, value and gradient, out to ±10000";
const form = "has the value of its closed form";
const slope = "has the gradient of its closed form in logits";
const classOrder = "does not depend on the order of classes";
const batchOrder = "does not depend on the order of batch, but that its values are in";
const single = "takes each of batch alone";

/** The rule of cross-entropy's gradient, written by hand, and broken by `change`. */
const byHand = (change: (slope: Tensor, z: Tensor) => Tensor) => (values: Values) =>
  customVjp(
    (z: Tensor) => crossEntropy({ logits: z, labels: values.labels }),
    (cotangent, _, z) => [change(softmax(z, 1).sub(own(z, values.labels)), z).mul(cotangent.reshape([-1, 1]))],
  )(values.logits);

let calls = 0;
/** What is broken, the loss, and the laws that see it with something that they say. */
const broken: readonly (readonly [string, Declaration["loss"], Readonly<Record<string, string>>])[] = [
  [
    "a flipped gradient",
    byHand((p) => p.neg()),
    { [differences]: "the gradient is wrong along", [slope]: "the gradient in logits has" },
  ],
  ["a gradient off by 1e-5", byHand((p) => p.mul(1 + 1e-5)), { [differences]: "wrong along", [slope]: "must have" }],
  [
    "a curvature that is missing",
    byHand((p) => stopGradient(p)),
    { [differences]: "checkGradient: the Hessian is wrong along" },
  ],
  [
    "an exponential of large scores",
    ({ logits, labels }) => log(exp(logits).sum(1)).sub(pick(logits, labels)),
    { [extremes]: "the value is Infinity at element 0 but must be finite" },
  ],
  [
    "a score that is used as it is",
    (values) => crossEntropy(values).add(values.logits.mean(1).mul(0.01)),
    { [shifted]: "the value after the change", [form]: "crossEntropy: the value" },
  ],
  [
    "a class that counts more",
    (values) => crossEntropy(values).mul(cast(values.labels, values.logits.dtype).mul(0.1).add(1)),
    { [classOrder]: "the value after the change" },
  ],
  [
    "examples that see each other",
    ({ logits, labels }) => crossEntropy({ logits: logits.sub(logits.max(0)), labels }),
    { [single]: "the value after the change" },
  ],
  ["values in another order", (values) => sort(crossEntropy(values)), { [batchOrder]: "after the change" }],
  [
    "a sum instead of one value an example",
    (values) => crossEntropy(values).sum(),
    { [shape]: "the result has shape [] but must have [3], [batch]" },
  ],
  [
    "a result in single precision",
    (values) => cast(crossEntropy(values), "f32"),
    { [shape]: "the result is f32 but must be f64, as the inputs are" },
  ],
  [
    "a result that is kept",
    (values) => {
      evaluate(crossEntropy(values));
      return crossEntropy(values);
    },
    { [leaks]: "1 buffers" },
  ],
  [
    "hidden state",
    (values) => crossEntropy(values).add(calls++ % 7),
    { [bits]: "as the first; what is random needs a key" },
  ],
  [
    "digits that single precision loses",
    (values) => crossEntropy(values).add(1e5).sub(1e5),
    { [agreement]: "crossEntropy: the value in f32 on cpu" },
  ],
  [
    "values below 0",
    (values) => crossEntropy(values).sub(3),
    { "is at least 0": "but must be at least 0", "is log C where all logits are alike": "crossEntropy: the value" },
  ],
  [
    "values above the bound",
    (values) => crossEntropy(values).mul(9),
    { "is at most its bound": "but must be at most" },
  ],
];

describe("lossSubject", () => {
  it("finds nothing wrong with what is right, on any backend", { timeout: patience }, async () => {
    const subject = lossSubject(right);
    expect(await failuresOf(subject, host)).toEqual({});
    expect(await failuresOf(subject, wasm(), { reference: host, runs: isLong ? 25 : 1 })).toEqual({});
    expect(subject.unproven).toEqual([]);
  });

  it.skipIf(gpu === undefined)(
    `holds on a GPU to what the CPU finds in f64${gpu === undefined ? ` (${noGpu})` : ""}`,
    { timeout: patience },
    async () => {
      const subject = lossSubject({ ...right, sizes: { batch: 2, classes: 3 } });
      expect(
        await failuresOf(subject, gpu!, {
          reference: host,
          runs: isLong ? 10 : 1,
          only: [shape, extremes, agreementOnGpu],
        }),
      ).toEqual({});
      const names = subject.laws(gpu!, host).map(({ name }) => name);
      expect(names).not.toContain(differences); // which needs f64
      expect(names).toEqual(expect.arrayContaining([shape, extremes, agreementOnGpu]));
    },
  );

  it.each(broken)("sees %s", { timeout: patience }, async (_, loss, expected) => {
    const failures = await failuresOf(lossSubject({ ...right, loss }), host, { only: Object.keys(expected) });
    for (const [law, message] of Object.entries(expected)) expect(failures[law]).toContain(message);
  });

  it("sees a call that is not refused, or with other words", async () => {
    const errors = [
      { call: () => 1, message: "one" },
      { call: refuse, message: "two" },
    ];
    expect(await failuresOf(lossSubject({ ...right, errors }), host, { only: ["says: one", "says: two"] })).toEqual({
      "says: one": 'the call was not refused but must be refused with "one"',
      "says: two":
        'the call was refused with "crossEntropy: labels holds 3 but must be in [0, 3)" but must be refused with "two"',
    });
  });

  it("has a broken twin for each law", () => {
    const seen = new Set(broken.flatMap(([, , expected]) => Object.keys(expected)));
    const laws = lossSubject(right)
      .laws(host)
      .map(({ name }) => name);
    expect(laws.filter((name) => !seen.has(name))).toEqual(right.errors!.map(({ message }) => `says: ${message}`));
    if (isLong)
      console.info(
        `lossSubject: ${seen.size} laws, ${broken.length} broken twins, each seen by the laws that are named`,
      );
  });

  it("takes each alone by leaving exactly one", async () => {
    const seen = new Set<number>();
    const loss = (values: Values) => {
      seen.add(values.logits.shape[0]);
      return crossEntropy(values);
    };
    await failuresOf(lossSubject({ ...right, loss, sizes: { batch: 4 } }), host, { runs: 8, only: [single] });
    expect([...seen].toSorted()).toEqual([1, 4]);
  });

  it("says what to do about tensors on another backend than the inputs", async () => {
    const loss = (values: Values) => crossEntropy(values).add(tensor(new Float64Array([1])));
    const only = [shifted];
    expect(await failuresOf(lossSubject({ ...right, loss }), host, { only })).toEqual({
      [shifted]: expect.stringMatching(
        /^crossEntropy: add: .*; tensors that it makes itself must be on the backend of its inputs: zeros\(shape, input\)$/,
      ),
    });
  });
});

describe("a margin loss", () => {
  const margins = { scores: distinctScores(["batch"]), labels: signs(["batch"]), slack: positives(["batch"]) };
  const hinge: LossDeclaration<typeof margins> = {
    ...{ name: "hinge", inputs: margins, shape: ["batch"], order: 1, extreme: 1e6 },
    loss: ({ scores, labels, slack }) => relu(scores.mul(labels).neg().add(stopGradient(slack))),
    kinks: ({ scores, labels, slack }) => scores.mul(labels).sub(slack),
    detached: ["slack"],
    invariances: [
      { negate: ["scores", "labels"] },
      { scale: ["scores", "slack"], degree: 1 },
      { name: "does not change where slack is split", change: (v, by) => ({ ...v, slack: v.slack.add(by).sub(by) }) },
    ],
  };

  it("is judged away from its kinks, to first order", { timeout: patience }, async () => {
    const subject = lossSubject(hinge);
    expect(await failuresOf(subject, host)).toEqual({});
    expect(subject.unproven).toEqual([
      "the Hessian is not judged, as order is 1",
      "no closed form is given to hold the value against (expected)",
      "no bound is declared (atLeast, atMost)",
      "no special case is declared (reductions)",
      "no wrong call is declared (errors)",
    ]);
  });

  it("is seen to lose what it is declared to have", { timeout: patience }, async () => {
    const loss: typeof hinge.loss = ({ scores, labels, slack }) =>
      relu(scores.mul(labels).neg().add(slack)).add(scores.mul(scores).mul(0.1));
    const invariances: typeof hinge.invariances = [
      { negate: ["scores"] },
      { scale: ["scores", "slack"], degree: 1 },
      { negate: "labels", odd: true },
      { name: "does not change where slack grows", change: (v, by) => ({ ...v, slack: v.slack.add(3 + by) }) },
    ];
    expect(Object.keys(await failuresOf(lossSubject({ ...hinge, loss, invariances }), host))).toEqual([
      "lets no gradient into slack",
      "does not change where the signs of scores are flipped",
      "is multiplied by s^1 where scores and slack are multiplied by s > 0",
      "flips its sign where the signs of labels are flipped",
      "does not change where slack grows",
    ]);
  });

  it("is judged in each input, and in all at once", () => {
    const two = { a: scores(["n"]), b: scores(["n"]), on: flags(["n"]), y: binaryLabels(["n"]), t: plainNumber() };
    const subject = lossSubject({ name: "product", inputs: two, shape: ["n"], loss: ({ a, b }) => a.mul(b) });
    const names = subject.laws(host).map(({ name }) => name);
    expect(names.filter((name) => name.includes("differences"))).toEqual([
      "agrees with central differences to order 2, in a",
      "agrees with central differences to order 2, in b",
      "agrees with central differences to order 2, in all inputs at once",
    ]);
  });
});

describe("lossSubject, given what it cannot take", () => {
  const wrong = (change: object) => () => lossSubject({ ...right, ...change } as never);
  const bad: readonly (readonly [string, () => unknown])[] = [
    ['name is "" but must be the name of what is verified', wrong({ name: "" })],
    ["loss is undefined but must be a function, (inputs) => tensor", wrong({ loss: undefined })],
    ['inputs is {} but must have an input, such as scores(["batch"])', wrong({ inputs: {} })],
    ['inputs.x is 3 but must be an input, such as scores(["batch"])', wrong({ inputs: { x: 3 } })],
    ["an axis of inputs.x is 0 but must be a name or a whole number ≥ 1", wrong({ inputs: { x: scores([0]) } })],
    [
      'inputs has none with a gradient but must have one, such as scores(["batch"])',
      wrong({ inputs: { labels: classIds(["batch"], 3) }, sizes: {} }),
    ],
    ['sizes.rows names the axis "rows" but must name one of batch, classes', wrong({ sizes: { rows: 3 } })],
    ["sizes.batch is [3,2] but must be a whole number ≥ 1, or [least, most]", wrong({ sizes: { batch: [3, 2] } })],
    ['shape is "batch" but must be the axes of the result, such as ["batch"] or []', wrong({ shape: "batch" })],
    ['shape names the axis "rows" but must name one of batch, classes', wrong({ shape: ["rows"] })],
    ["order is 3 but must be 1 or 2", wrong({ order: 3 })],
    ["extreme is -1 but must be a finite number > 0", wrong({ extreme: -1 })],
    ["f32 is 0 but must be a finite number > 0", wrong({ tolerance: { f32: 0 } })],
    ["kinks is 1 but must be a function, (inputs) => tensor", wrong({ kinks: 1 })],
    ['detached is "x" but must be one of logits, labels', wrong({ detached: ["x"] })],
    [
      "invariances[0] has none but must have one of shift, scale, negate, permute, alone, change",
      wrong({ invariances: [{}] }),
    ],
    [
      "invariances[0] has shift and scale but must have one of shift, scale, negate, permute, alone, change",
      wrong({ invariances: [{ shift: "logits", scale: "logits" }] }),
    ],
    ['invariances[0].shift is "x" but must be one of logits, labels', wrong({ invariances: [{ shift: "x" }] })],
    [
      'invariances[0].scale is "labels", which holds no real numbers, but must be an input that does',
      wrong({ invariances: [{ scale: "labels" }] }),
    ],
    [
      'invariances[0].along names the axis "rows" but must name one of batch, classes',
      wrong({ invariances: [{ shift: "logits", along: "rows" }] }),
    ],
    [
      'invariances[0].permute names the axis "rows" but must name one of batch, classes',
      wrong({ invariances: [{ permute: "rows" }] }),
    ],
    [
      'invariances[0].alone is "classes", which inputs.labels counts, but must be an axis that no ids count',
      wrong({ invariances: [{ alone: "classes" }] }),
    ],
    [
      "invariances[0].change is 1 but must be a function, (inputs, amount) => inputs",
      wrong({ invariances: [{ name: "is odd", change: 1 }] }),
    ],
    ["reductions[0].equals is undefined but must be a function, (inputs) => tensor", wrong({ reductions: [{}] })],
    ["expected is 1 but must be a function, (values, sizes) => numbers", wrong({ expected: 1 })],
    ['expectedGradient is "x" but must be one of logits, labels', wrong({ expectedGradient: { x: () => 1 } })],
    ["errors[0].call is undefined but must be a function, () => what must be refused", wrong({ errors: [{}] })],
    ["errors[0].message is undefined but must be what the call then says", wrong({ errors: [{ call: () => 1 }] })],
    [
      "invariance is no field of the declaration but must be one of name, inputs, loss, shape, sizes, order, kinks, detached, extreme, invariances, atLeast, atMost, reductions, expected, expectedGradient, errors, tolerance",
      wrong({ invariance: [] }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`lossSubject: ${message}`));
  });

  it("asks for a reference in double precision", () => {
    const single = { name: "single", dtypes: new Set(["f32"]) } as never;
    expect(() => lossSubject(right).laws(single)).toThrow(
      new BackendError("laws: reference is single, which has no f64, but must have it; pass cpu()"),
    );
  });
});
