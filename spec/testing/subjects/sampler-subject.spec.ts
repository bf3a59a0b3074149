import { argmax, cpu, evaluate, gather, gumbel, type Key, randomKey, tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { aliasSampler, uniformSampler } from "cotangent/methods/sampling";
import { type SamplerDeclaration, type SamplerUnderTest, samplerSubject, simplex } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { exactly } from "../../methods/classification/support/exactly.js";
import { gpu, noGpu } from "../../support/law.js";
import { failuresOf, isLong, patience } from "./support/failures.js";

const host = cpu();
type Declaration = SamplerDeclaration<Float64Array>;
const right: Declaration = {
  name: "table",
  options: simplex(4, 0.05),
  sampler: (probabilities) => aliasSampler({ probabilities }),
  probabilities: (probabilities) => probabilities,
  draws: 5000,
};

const many = "draws as many as asked for, each in [0, classes)";
const unit = "has probabilities that add up to 1";
const definition = "has the probabilities of its definition";
const outcomes = "draws independently with the probabilities that it states, over all outcomes of two draws";
const evidence = "draws independently with the probabilities that it states, by the evidence of 5000 draws";
const keys = "draws the same with the same key, and not with another";
const leaks = "leaves no buffer behind";
const agreement = "agrees with cpu in f64, log-probability, to 1e-9 in f64 and 0.0001 in f32";

/** A sampler with some of its parts in place of others. */
const but =
  (change: (base: SamplerUnderTest) => Partial<SamplerUnderTest>) =>
  (probabilities: Float64Array): SamplerUnderTest => {
    const base: SamplerUnderTest = aliasSampler({ probabilities });
    return { ...base, ...change(base) };
  };

const pairs = (key: Key, n: number, base: SamplerUnderTest) => {
  const half = base.draw(key, Math.ceil(n / 2)); // each drawn once and given twice
  return gather(
    half,
    tensor(
      Int32Array.from({ length: n }, (_, i) => i >> 1),
      { backend: key.backend },
    ),
  );
};
let calls = 0;

const broken: readonly (readonly [string, Declaration["sampler"], Readonly<Record<string, string>>])[] = [
  [
    "one draw too many",
    but((base) => ({ draw: (key, n) => base.draw(key, n + 1) })),
    { [many]: "table: draw(key, 1) is i32 [2] but must be i32 [1]" },
  ],
  [
    "an id that is no class",
    but((base) => ({ draw: (key, n) => base.draw(key, n).add(2) })),
    { [many]: "but must be in [0, 4)" },
  ],
  [
    "probabilities of another power",
    but((base) => ({ logProbability: (ids, like) => base.logProbability(ids, like).mul(1.01) })),
    { [unit]: "table: the probabilities of all classes add up to", [definition]: "table: the probability has" },
  ],
  [
    "probabilities of another distribution, which add up to 1",
    but((base) => ({
      logProbability: (ids, like) => uniformSampler({ classes: base.classes }).logProbability(ids, like),
    })),
    { [definition]: "table: the probability has", [outcomes]: "as logProbability states", [evidence]: "checkSampler:" },
  ],
  [
    "draws in pairs",
    but((base) => ({ draw: (key, n) => pairs(key, n, base) })),
    { [outcomes]: "are drawn with probability 0", [evidence]: "checkSampler: the log e-value of draws is" },
  ],
  [
    "draws of its own, without the key",
    but((base) => ({ draw: (key, n) => base.draw(key.at(calls++), n) })),
    { [keys]: "the key alone decides" },
  ],
  [
    "a key that is not used",
    but((base) => ({ draw: ({ backend }, n) => base.draw(randomKey(7, { backend }), n) })),
    { [keys]: "are the same but must differ; draw from the key" },
  ],
  [
    "a table that is made anew and kept at each call",
    but((base) => ({
      logProbability: (ids, like) => {
        evaluate(base.logProbability(ids, like));
        return base.logProbability(ids, like);
      },
    })),
    { [leaks]: "table: 1 buffers on cpu outlive a call but must not; dispose of what it evaluates" },
  ],
  [
    "log-probabilities that single precision spoils",
    but((base) => ({ logProbability: (ids, like) => base.logProbability(ids, like).add(1e5).sub(1e5) })),
    { [agreement]: "table: the log-probability in f32 on cpu" },
  ],
];

/** Draws by Gumbel's trick, which has no list of outcomes. */
const byNoise = but((base) => ({
  draw: (key, n) => {
    const ids = tensor(
      Int32Array.from({ length: base.classes }, (_, i) => i),
      { backend: key.backend },
    );
    return argmax(gumbel(key, [n, base.classes], { dtype: "f64" }).add(base.logProbability(ids, { dtype: "f64" })), 1);
  },
}));

describe("samplerSubject", () => {
  it("finds nothing wrong with what is right, on any backend", { timeout: patience }, async () => {
    const subject = samplerSubject(right);
    expect(await failuresOf(subject, host)).toEqual({});
    expect(await failuresOf(subject, wasm(), { reference: host, runs: isLong ? 25 : 1 })).toEqual({});
    expect(subject.unproven).toEqual(["no wrong call is declared (errors)"]);
  });

  it.skipIf(gpu === undefined)(
    `draws on a GPU what the CPU draws${gpu === undefined ? ` (${noGpu})` : ""}`,
    { timeout: patience },
    async () => {
      const subject = samplerSubject(right);
      expect(await failuresOf(subject, gpu!, { reference: host, runs: isLong ? 10 : 1 })).toEqual({});
      const names = subject.laws(gpu!, host).map(({ name }) => name);
      expect(names).not.toContain(outcomes);
      expect(names).toContain("draws as cpu does, and agrees with cpu in f64, log-probability, to 0.0001 in f32");
    },
  );

  it.each(broken)("sees %s", { timeout: patience }, async (_, sampler, expected) => {
    const failures = await failuresOf(samplerSubject({ ...right, sampler }), host, { only: Object.keys(expected) });
    for (const [law, message] of Object.entries(expected)) expect(failures[law]).toContain(message);
  });

  it("has a broken twin for each law", () => {
    const seen = new Set(broken.flatMap(([, , expected]) => Object.keys(expected)));
    const laws = samplerSubject(right).laws(host);
    expect(laws.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
    if (isLong)
      console.info(
        `samplerSubject: ${seen.size} laws, ${broken.length} broken twins, each seen by the laws that are named`,
      );
  });

  it("sees other draws on another backend", async () => {
    const sampler: Declaration["sampler"] = (probabilities, backend) =>
      aliasSampler({ probabilities: backend === host ? probabilities : probabilities.toReversed() });
    const failures = await failuresOf(samplerSubject({ ...right, sampler }), wasm(), { reference: host, runs: 1 });
    const [[law, message]] = Object.entries(failures).filter(([name]) => name.startsWith("draws as cpu does"));
    expect(law).toContain("draws as cpu does, and agrees with cpu in f64");
    expect(message).toContain("table: a draw on wasm");
  });

  it("takes evidence where outcomes cannot be listed, and says so where it must be told", {
    timeout: patience,
  }, async () => {
    const subject = samplerSubject({ ...right, sampler: byNoise, proof: "evidence" });
    expect(await failuresOf(subject, host)).toEqual({});
    expect(subject.unproven[0]).toBe("draws are judged by evidence from samples, not by enumeration (proof)");
    expect(await failuresOf(samplerSubject({ ...right, sampler: byNoise }), host, { runs: 1 })).toEqual({
      [outcomes]:
        'table: its outcomes cannot be enumerated (expectation: continuous randomness reaches the result, and it has no list of outcomes; use a sequential test) but must be; declare fewer classes, or proof: "evidence"',
    });
  });
});

describe("samplerSubject, told little", () => {
  it("says what is not proved", () => {
    const errors = [{ call: () => {}, message: "no classes" }];
    expect(samplerSubject({ name: "table", sampler: () => uniformSampler({ classes: 3 }) }).unproven).toEqual([
      "it is tried with one set of options only (options)",
      "no definition is given to hold the probabilities against (probabilities)",
      "no wrong call is declared (errors)",
    ]);
    expect(samplerSubject({ ...right, errors }).unproven).toEqual([]);
  });
});

describe("samplerSubject, given what it cannot take", () => {
  const wrong = (change: object) => () => samplerSubject({ ...right, ...change } as never);
  const bad: readonly (readonly [string, () => unknown])[] = [
    ["name is undefined but must be the name of what is verified", wrong({ name: undefined })],
    ["sampler is {classes} but must be a function, (options, backend) => sampler", wrong({ sampler: { classes: 3 } })],
    ["options is [1] but must be an arbitrary of fast-check", wrong({ options: [1] })],
    ['proof is "belief" but must be one of enumeration, evidence', wrong({ proof: "belief" })],
    ["draws is 10 but must be a whole number ≥ 1000", wrong({ draws: 10 })],
    [
      "probabilities is [1] but must be a function, (options) => a number for each class",
      wrong({ probabilities: [1] }),
    ],
    ["f64 is -1 but must be a finite number > 0", wrong({ tolerance: { f64: -1 } })],
    [
      "probability is no field of the declaration but must be one of name, sampler, options, proof, draws, probabilities, errors, tolerance",
      wrong({ probability: 1 }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`samplerSubject: ${message}`));
  });

  it("says what a sampler lacks", async () => {
    const subject = samplerSubject({ name: "none", sampler: () => ({}) as never });
    expect((await failuresOf(subject, host, { only: [many] }))[many]).toBe(
      "none: classes is undefined but must be a whole number ≥ 1",
    );
  });
});
