import { cpu, evaluate, type Key, randomKey, type Tensor, tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { aliasSampler } from "cotangent/methods/sampling";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { enumerated, enumerationLaw, evidenceLaw } from "../../../src/testing/subjects/sampler-evidence.js";
import {
  agreementOfSamplersLaw,
  drawsLaw,
  keysLaw,
  logProbabilitiesOf,
  normalizationLaw,
  probabilitiesLaw,
  type SamplerCase,
  type SamplerUnderTest,
  samplerLeakLaw,
  samplerOf,
} from "../../../src/testing/subjects/sampler-laws.js";
import { inSinglePrecisionOnly } from "../../../src/testing/subjects/single-precision.js";
import type { SubjectLaw } from "../../../src/testing/subjects/subject.js";

const host = cpu();
const other = wasm();
const sample = { options: undefined, seed: 11 };
const table = (...probabilities: number[]): SamplerUnderTest =>
  aliasSampler({ probabilities: Float64Array.from(probabilities) });

const of = (sampler: SamplerCase["sampler"]): SamplerCase => ({
  ...{ name: "table", sampler, samples: fc.constant(sample), tolerance: { f64: 1e-9, f32: 1e-4 } },
});
const but = (base: SamplerUnderTest, change: Partial<SamplerUnderTest>) => of(() => ({ ...base, ...change }));
const said = ({ check }: SubjectLaw) =>
  check(sample).then(
    () => undefined,
    (problem: Error) => problem.message,
  );
const ids = (...list: number[]) => tensor(Int32Array.from(list), { backend: host });

describe("samplerOf", () => {
  it("wants to know how many classes there are", () => {
    expect(
      samplerOf(
        of(() => table(0.5, 0.5)),
        sample,
        host,
      ).classes,
    ).toBe(2);
    expect(
      samplerOf(
        of(() => ({ ...table(0.5, 0.5), classes: 1 })),
        sample,
        host,
      ).classes,
    ).toBe(1);
    for (const [classes, shown] of [
      [0, "0"],
      [1.5, "1.5"],
      ["3", '"3"'],
    ] as const) {
      expect(() =>
        samplerOf(
          of(() => ({ classes }) as never),
          sample,
          host,
        ),
      ).toThrow(new RangeError(`table: classes is ${shown} but must be a whole number ≥ 1`));
    }
    expect(() =>
      samplerOf(
        of(() => undefined as never),
        sample,
        host,
      ),
    ).toThrow("table: classes is undefined but");
  });

  it("is asked for all classes, in order", async () => {
    const logs = await logProbabilitiesOf(table(0.5, 0.25, 0.25), { backend: host, dtype: "f64" });
    expect(Array.from(logs, Math.exp)).toEqual([0.5, 0.25, 0.25].map((q) => expect.closeTo(q, 14)));
  });
});

describe("drawsLaw", () => {
  it("wants as many classes as it asks for, and nothing else", async () => {
    const base = table(0.5, 0.5);
    expect(await said(drawsLaw(but(base, {}), host))).toBe(undefined);
    const asked: number[] = [];
    const draw = (key: Key, n: number) => {
      asked.push(n);
      return base.draw(key, n);
    };
    await said(drawsLaw(but(base, { draw }), host));
    expect(asked).toEqual([1, 2 + 11]);
    for (const [drawn, shown] of [
      [() => [0] as never, "[0]"],
      [() => tensor([1]) as never, "f32 [1]"],
      [() => ids(0, 1), "i32 [2]"],
    ] as const) {
      expect(await said(drawsLaw(but(base, { draw: drawn }), host))).toBe(
        `table: draw(key, 1) is ${shown} but must be i32 [1]`,
      );
    }
    for (const id of [-1, 2]) {
      expect(await said(drawsLaw(but(base, { draw: () => ids(id) }), host))).toBe(
        `table: draw(key, 1) holds ${id} but must be in [0, 2)`,
      );
    }
  });
});

describe("normalizationLaw and probabilitiesLaw", () => {
  const base = table(0.5, 0.25, 0.25);
  const shifted = (by: number) =>
    but(base, { logProbability: (at, like) => base.logProbability(at, like).add(Math.log1p(by)) });

  it("want probabilities that add up to 1, in every precision, one for each id", async () => {
    expect(await said(normalizationLaw(shifted(0.5e-9), host))).toBe(undefined);
    for (const by of [1e-6, -1e-6]) {
      expect(await said(normalizationLaw(shifted(by), host))).toMatch(
        /^table: the probabilities of all classes add up to [\d.]+ in f64 but must to 1$/,
      );
    }
    const few = but(base, { logProbability: (_, like) => base.logProbability(ids(0, 1), like) });
    expect(await said(normalizationLaw(few, host))).toBe(
      "table: logProbability gives 2 numbers for 3 ids but must give one for each",
    );
  });

  it("want those of the definition, to the tolerance of the finest precision", async () => {
    const law = (q: readonly number[], backend = host) => probabilitiesLaw(but(base, {}), () => q, backend);
    expect(await said(law([0.5, 0.25, 0.25]))).toBe(undefined);
    expect(await said(law([0.5 + 1e-8, 0.25, 0.25]))).toContain("table: the probability has 0.5 at 0 but must have");
    expect(await said(law([0.5 + 1e-8, 0.25, 0.25], inSinglePrecisionOnly(host)))).toBe(undefined);
  });
});

describe("keysLaw", () => {
  it("asks for so many draws that two keys can hardly agree", async () => {
    for (const [q, wanted] of [
      [[0.5, 0.5], 40], // 2⁻⁴⁰ is 1e-12
      [new Array(64).fill(1 / 64), 8],
      [[1 - 1e-4, 1e-4], 4096],
    ] as const) {
      const base = table(...q);
      const asked: number[] = [];
      const draw = (key: Key, n: number) => {
        asked.push(n);
        return base.draw(key, n);
      };
      expect(await said(keysLaw(but(base, { draw }), host))).toBe(undefined);
      // a third time with another key, unless that may well give the same
      expect(asked).toEqual(new Array(wanted === 4096 ? 2 : 3).fill(wanted));
    }
  });

  it("sees draws without the key, and with it and more", async () => {
    const base = table(0.25, 0.75);
    let calls = 0;
    const restless = but(base, { draw: (key, n) => base.draw(key.at(calls++), n) });
    expect(await said(keysLaw(restless, host))).toMatch(
      /^table: draw \d+ is \d the second time but must be \d, as the first; the key alone decides$/,
    );
    const deaf = but(base, { draw: (_, n) => base.draw(randomKey(1, { backend: host }), n) });
    expect(await said(keysLaw(deaf, host))).toMatch(
      /^table: \d+ draws with another key are the same but must differ; draw from the key$/,
    );
  });
});

describe("samplerLeakLaw", () => {
  it("takes what is made once for a table, and what is made each time for a leak", async () => {
    const base = table(0.5, 0.5);
    const kept: Tensor[] = [];
    const keeping = (most: number) =>
      but(base, {
        logProbability: (at, like) => {
          if (kept.length < most) {
            kept.push(evaluate(tensor([1, 2], { backend: host }).mul(2)));
          }
          return base.logProbability(at, like);
        },
      });
    expect(await said(samplerLeakLaw(but(base, {}), host))).toBe(undefined);
    expect(await said(samplerLeakLaw(keeping(1), host))).toBe(undefined);
    expect(await said(samplerLeakLaw(keeping(9), host))).toBe(
      "table: 1 buffers on cpu outlive a call but must not; dispose of what it evaluates",
    );
  });
});

describe("agreementOfSamplersLaw", () => {
  /** Off by so much in its log-probabilities on the other backend, in the precision given. */
  const off = (probabilities: readonly number[], by: number, dtype: string) =>
    of((_, backend) => {
      const base = table(...probabilities);
      const logProbability: SamplerUnderTest["logProbability"] = (at, like) =>
        base.logProbability(at, like).add(backend === other && like?.dtype === dtype ? by : 0);
      return { ...base, logProbability };
    });

  it("says what it compares", () => {
    const name = (backend: typeof host) => agreementOfSamplersLaw(off([1], 0, ""), backend, host).name;
    const rest = "agrees with cpu in f64, log-probability, to 1e-9 in f64 and 0.0001 in f32";
    expect([name(host), name(other)]).toEqual([rest, `draws as cpu does, and ${rest}`]);
  });

  it("measures by the largest finite magnitude of a log-probability, or 1", async () => {
    for (const [q, size] of [
      [[0.5, 0.5], 1],
      [[1 - 2 ** -30, 2 ** -30], 30 * Math.LN2],
      [[0.5, 0.5, 0], 1],
    ] as const) {
      for (const [dtype, tolerance] of [
        ["f64", 1e-9],
        ["f32", 1e-4],
      ] as const) {
        const law = (by: number) => agreementOfSamplersLaw(off(q, by, dtype), other, host);
        expect(await said(law(0.8 * tolerance * size))).toBe(undefined);
        expect(await said(law(1.3 * tolerance * size))).toContain(`table: the log-probability in ${dtype} on wasm has`);
      }
    }
  });

  it("compares draws with those of the reference in the same precision", async () => {
    const fine = of((_, backend) => table(...(backend.dtypes.has("f64") ? [0.5, 0.5] : [0.5, 0.5].toReversed())));
    const single = inSinglePrecisionOnly(other);
    expect(await said(agreementOfSamplersLaw(fine, single, host))).toBe(undefined);
    const keyed = of((_, backend) => {
      const base = table(0.5, 0.5);
      return backend === host ? base : { ...base, draw: (key, n) => base.draw(key.at(1), n) };
    });
    expect(await said(agreementOfSamplersLaw(keyed, other, host))).toContain("table: a draw on wasm has");
  });
});

describe("enumerationLaw", () => {
  it("sees a second draw that depends on the first being of one class", async () => {
    const [base, tilted] = [table(0.5, 0.5), table(0.9, 0.1)];
    for (const which of [0, 1]) {
      const draw = (key: Key, n: number): Tensor<"i32"> => {
        const [plain, skewed] = [base.draw(key.at(0), n), tilted.draw(key.at(1), n)];
        const first = plain.reshape([1, n]).matmul(
          tensor(
            Int32Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0)),
            { backend: host },
          ).reshape([n, 1]),
        ); // [1, 1]
        const isIt = which === 1 ? first.reshape([]) : first.reshape([]).neg().add(1);
        const later = tensor(
          Int32Array.from({ length: n }, (_, i) => (i === 0 ? 0 : 1)),
          { backend: host },
        );
        const share = later.mul(isIt as Tensor<"i32">);
        return plain.add(share.mul(skewed.sub(plain)));
      };
      expect(await said(enumerationLaw(but(base, {}), host))).toBe(undefined);
      expect(await said(enumerationLaw(but(base, { draw }), host))).toBe(
        `table: the classes ${which} and then 0 are drawn with probability 0.45 but must be with 0.25, as logProbability states`,
      );
    }
  });

  it("needs no probabilities that add up to 1 to the last bit", async () => {
    const base = table(0.5, 0.25, 0.25);
    const rough = but(base, { logProbability: (at, like) => base.logProbability(at, like).add(3e-9) });
    expect(await said(enumerationLaw(rough, host))).toBe(undefined);
    expect(await said(evidenceLaw(rough, 2000, host))).toBe(undefined);
  });
});

describe("enumerated", () => {
  const fail = (problem: Error) =>
    enumerated("table", () => Promise.reject(problem), "declare fewer classes").catch((error: Error) => error);

  it("gives what is computed", async () => {
    expect(await enumerated("table", async () => 7, "")).toBe(7);
  });

  it("advises where there are too many outcomes, or no list of them", async () => {
    for (const problem of [new RangeError("too many"), new Error("expectation: continuous randomness reaches it")]) {
      const said = await fail(problem);
      expect(said.message).toBe(
        `table: its outcomes cannot be enumerated (${problem.message}) but must be; declare fewer classes`,
      );
      expect(said.cause).toBe(problem);
    }
  });

  it("passes on whatever else is wrong", async () => {
    const problem = new TypeError("draw is no function");
    expect(await fail(problem)).toBe(problem);
  });
});
