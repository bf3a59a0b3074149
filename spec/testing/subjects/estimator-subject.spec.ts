import {
  cpu,
  evaluate,
  exp,
  gather,
  type Key,
  log,
  logSumExp,
  randomInt,
  stopGradient,
  type Tensor,
  uniform,
} from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { type EstimatorDeclaration, estimatorSubject, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { exactly } from "../../methods/classification/support/exactly.js";
import { gpu, noGpu } from "../../support/law.js";
import { failuresOf, isLong, patience } from "./support/failures.js";

const host = cpu();
const inputs = { x: scores(["count"]) };
type Declaration = EstimatorDeclaration<typeof inputs>;

const drawn = (x: Tensor, key: Key, draws = 2) => gather(x, randomInt(key, [draws], x.shape[0]));
const right: Declaration = {
  ...{ name: "sampledMean", inputs, shape: [], sizes: { count: [2, 4] }, gradient: ["x"], extreme: 1e4 },
  estimate: ({ x }, key) => drawn(x, key).mean(),
  target: ({ x }) => x.mean(),
};

const shape = "has shape [] and the dtype of its inputs";
const unbiased = "is unbiased: the mean over all outcomes is the target";
const slope = "has an unbiased gradient in x, over all outcomes";
const finite = "is finite, value and gradient";
const extremes = "stays finite, value and gradient, out to ±10000";
const bits = "gives the same bits twice";
const leaks = "leaves no buffer behind";
const agreementOnGpu = "agrees with cpu where the key is the same, value and gradient, to 0.0001 in f32";
let calls = 0;

const broken: readonly (readonly [string, Declaration["estimate"], Readonly<Record<string, string>>])[] = [
  [
    "a factor of m / (m − 1)",
    ({ x }, key) => drawn(x, key).sum(),
    { [unbiased]: "checkUnbiased: the estimator is biased by", [slope]: "checkUnbiased: the estimator is biased by" },
  ],
  [
    "a bias of a millionth",
    ({ x }, key) => drawn(x, key).mean().add(1e-6),
    { [unbiased]: "checkUnbiased: the estimator is biased by" },
  ],
  [
    "a gradient that is cut off",
    ({ x }, key) => stopGradient(drawn(x, key).mean()),
    { [slope]: "checkUnbiased: the estimator is biased by" },
  ],
  [
    "one estimate for each draw",
    ({ x }, key) => drawn(x, key),
    { [shape]: "the result has shape [2] but must have []" },
  ],
  [
    "a logarithm of what may be negative",
    ({ x }, key) => log(drawn(x, key).mean()),
    { [finite]: "but must be finite" },
  ],
  ["an exponential", ({ x }, key) => exp(drawn(x, key).mean()), { [extremes]: "is Infinity at element 0" }],
  [
    "a draw without the key",
    ({ x }, key) => drawn(x, key.at(calls++)).mean(),
    { [bits]: "as the first; what is random needs a key" },
  ],
  [
    "a result that is kept",
    ({ x }, key) => {
      evaluate(drawn(x, key));
      return drawn(x, key).mean();
    },
    { [leaks]: "buffers on cpu outlive a call but must not; dispose of what it evaluates" },
  ],
  [
    "digits that single precision loses",
    ({ x }, key) => drawn(x, key).add(1e5).mean().sub(1e5),
    { [unbiased]: "checkUnbiased: the estimator is biased by 0.00" },
  ],
];

describe("estimatorSubject", () => {
  it("finds nothing wrong with what is right, on any backend", { timeout: patience }, async () => {
    const subject = estimatorSubject(right);
    expect(await failuresOf(subject, host)).toEqual({});
    expect(await failuresOf(subject, wasm(), { reference: host, runs: isLong ? 25 : 1 })).toEqual({});
    expect(subject.unproven).toEqual(["no wrong call is declared (errors)"]);
  });

  it.skipIf(gpu === undefined)(
    `estimates on a GPU what the CPU does with the same key${gpu === undefined ? ` (${noGpu})` : ""}`,
    { timeout: patience },
    async () => {
      const subject = estimatorSubject(right);
      expect(
        await failuresOf(subject, gpu!, { reference: host, runs: isLong ? 10 : 1, only: [unbiased, agreementOnGpu] }),
      ).toEqual({});
      const names = subject.laws(gpu!, host).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining([unbiased, agreementOnGpu]));
    },
  );

  it.each(broken)("sees %s", { timeout: patience }, async (_, estimate, expected) => {
    const failures = await failuresOf(estimatorSubject({ ...right, estimate }), host, { only: Object.keys(expected) });
    for (const [law, message] of Object.entries(expected)) expect(failures[law]).toContain(message);
  });

  it("has a broken twin for each law", () => {
    const seen = new Set(broken.flatMap(([, , expected]) => Object.keys(expected)));
    const laws = estimatorSubject(right).laws(host);
    expect(laws.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
    if (isLong)
      console.info(
        `estimatorSubject: ${seen.size} laws, ${broken.length} broken twins, each seen by the laws that are named`,
      );
  });

  it("sees another value on another backend", async () => {
    const estimate: Declaration["estimate"] = ({ x }, key) => drawn(x, x.backend === host ? key : key.at(1)).mean();
    const options = { reference: host, runs: 1 };
    expect(await failuresOf(estimatorSubject({ ...right, estimate }), wasm(), options)).toEqual({
      "agrees with cpu where the key is the same, value and gradient, to 1e-9 in f64 and 0.0001 in f32":
        expect.stringContaining("sampledMean: the value in f64 on wasm has"),
    });
  });

  it("sees a target of another shape", async () => {
    const failures = await failuresOf(estimatorSubject({ ...right, target: ({ x }) => x }), host, { only: [unbiased] });
    expect(failures[unbiased]).toMatch(/^sampledMean: the estimate has shape \[\] but must match target, \[\d\]$/);
  });
});

describe("an estimator that is biased", () => {
  const biased: Declaration = {
    ...{ name: "sampledLogSumExp", inputs, shape: [], sizes: { count: [2, 4] } },
    estimate: ({ x }, key) => logSumExp(drawn(x, key)).add(Math.log(x.shape[0] / 2)),
    target: ({ x }) => logSumExp(x),
  };

  it("is held to the sign that it declares, by Jensen's inequality", { timeout: patience }, async () => {
    const below = estimatorSubject({ ...biased, biased: { sign: "below" } });
    expect(await failuresOf(below, host)).toEqual({});
    expect(below.unproven[0]).toBe("it is not unbiased, by its own declaration (biased)");
    const above = await failuresOf(estimatorSubject({ ...biased, biased: { sign: "above" } }), host);
    expect(above["is on average not below its target, over all outcomes"]).toMatch(
      /^sampledLogSumExp: the bias is -[\d.]+ at element 0, .* on average for .*, but must be ≥ 0$/,
    );
  });

  it("is held to the bound that it declares", { timeout: patience }, async () => {
    expect(await failuresOf(estimatorSubject({ ...biased, biased: { within: 4 } }), host)).toEqual({});
    const failures = await failuresOf(estimatorSubject({ ...biased, biased: { within: 1e-6 } }), host);
    expect(failures["has a bias of at most 0.000001, over all outcomes"]).toContain(
      "must be at most 0.000001 in magnitude",
    );
  });
});

describe("an estimator from continuous noise", () => {
  const smoothed = (shift: number): Declaration => ({
    ...{ name: "smoothed", inputs, shape: ["count"], sizes: { count: 2 }, proof: "sequential", detectable: 0.05 },
    estimate: ({ x }, key) => x.add(uniform(key, x.shape, { dtype: x.dtype }).mul(2).sub(1)).add(shift),
    target: ({ x }) => x,
    range: ({ x }) => ({ low: x.map((value) => value - 1.5), high: x.map((value) => value + 1.5) }),
  });
  const test = "is unbiased to 0.05 of its range, by a sequential test";

  it("is tested by sampling", async () => {
    const subject = estimatorSubject(smoothed(0));
    expect(await failuresOf(subject, host, { runs: 1 })).toEqual({});
    expect(subject.unproven[0]).toBe("a bias below 0.05 of the range is not seen, as it is tested by sampling (proof)");
    const failures = await failuresOf(estimatorSubject(smoothed(0.4)), host, { runs: 1, only: [test] });
    expect(failures[test]).toContain("checkUnbiasedSequential: draw is biased after");
  });

  it("is told to say so", async () => {
    const { proof: _, range: __, detectable: ___, ...plain } = smoothed(0);
    const failures = await failuresOf(estimatorSubject(plain), host, { runs: 1, only: [unbiased] });
    expect(failures[unbiased]).toBe(
      'smoothed: its outcomes cannot be enumerated (expectation: continuous randomness reaches the result, and it has no list of outcomes; use a sequential test) but must be; declare smaller sizes, or proof: "sequential"',
    );
  });
});

describe("estimatorSubject, given what it cannot take", () => {
  const wrong = (change: object) => () => estimatorSubject({ ...right, ...change } as never);
  const bad: readonly (readonly [string, () => unknown])[] = [
    ['name is " " but must be the name of what is verified', wrong({ name: " " })],
    ["estimate is null but must be a function, (inputs, key) => tensor", wrong({ estimate: null })],
    ["target is 0 but must be a function, (inputs) => tensor", wrong({ target: 0 })],
    ["gradient is true but must be names of inputs", wrong({ gradient: true })],
    ['gradient is "y" but must be one of x', wrong({ gradient: ["y"] })],
    [
      'gradient is "x", an input without one, but must be one with; pass { gradient: true } to it',
      wrong({ inputs: { x: scores(["count"], { gradient: false }) } }),
    ],
    ['biased.sign is "up" but must be one of above, below', wrong({ biased: { sign: "up" } })],
    ["biased.within is -1 but must be a finite number > 0", wrong({ biased: { within: -1 } })],
    ['proof is "luck" but must be one of enumeration, sequential', wrong({ proof: "luck" })],
    [
      "range is undefined but must be a function, (values, sizes) => ({ low, high }), the bounds of every draw",
      wrong({ proof: "sequential" }),
    ],
    [
      'gradient is stated but must not be with proof "sequential", which does not see it',
      wrong({ proof: "sequential", range: () => ({ low: 0, high: 1 }) }),
    ],
    ["detectable is 0 but must be a finite number > 0", wrong({ detectable: 0 })],
    [
      "unbiased is no field of the declaration but must be one of name, inputs, estimate, target, shape, sizes, gradient, biased, proof, range, detectable, extreme, errors, tolerance",
      wrong({ unbiased: true }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`estimatorSubject: ${message}`));
  });
});
