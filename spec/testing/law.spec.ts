import { type LawOptions, lawsFor, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";

interface Declared {
  readonly name: string;
  readonly body: () => Promise<void>;
  readonly timeout: number | undefined;
}

/** What a law of one number tells a test runner, and the numbers that it was asked about. */
function declared(options: LawOptions | undefined, holds: (x: number) => boolean = () => true) {
  const tests: Declared[] = [];
  const seen: number[] = [];
  const law = lawsFor((name, body, timeout) => tests.push({ name, body, timeout }), options);
  law("a law", numbers(), (x) => {
    seen.push(x);
    if (!holds(x)) throw new Error("it does not hold");
  });
  expect(tests.length).toBe(1);
  return { ...tests[0], seen };
}

describe("lawsFor", () => {
  it("declares one test, which says how often it runs", () => {
    expect(declared({ runs: 7, timeout: 9 })).toMatchObject({ name: "a law (7 runs)", timeout: 9, seen: [] });
  });

  it("runs 25 times from seed 42, in a minute at most, where nothing else is said", async () => {
    const [plain, stated, other] = [declared(undefined), declared({ runs: 25, seed: 42 }), declared({ seed: 43 })];
    expect([plain.name, plain.timeout]).toEqual(["a law (25 runs)", 60_000]);
    for (const { body } of [plain, stated, other]) await body();
    expect(plain.seen.length).toBe(25);
    expect(plain.seen).toEqual(stated.seen);
    expect(plain.seen).not.toEqual(other.seen);
  });

  it("rejects with the smallest input that breaks it, and the seed that repeats it", async () => {
    const { body } = declared({ seed: 5, runs: 100 }, () => false);
    await expect(body()).rejects.toThrow(/^Property failed after \d+ tests\n\{ seed: 5, .*\nCounterexample: \[-3\]\n/s);
  });

  it("watches the buffers of the backends that it is given", async () => {
    let buffers = 0;
    const backend = { name: "leaky", memory: () => ({ buffers: buffers++, bytes: 0 }) };
    const { body } = declared({ backends: [backend as never] });
    const { cause } = await body().then(
      () => new Error("holds"),
      (error: Error) => error,
    );
    expect(cause).toEqual(new Error("a law: 1 buffers on leaky outlive the run; dispose of them"));
  });
});
