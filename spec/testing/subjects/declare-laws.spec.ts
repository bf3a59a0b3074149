import { type Backend, BackendError, cpu, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { declareLaws, isSubject, lossSubject, numbers, type Subject, scores } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { inSinglePrecisionOnly } from "../../../src/testing/subjects/single-precision.js";

const inputs = { x: scores(["n"]) };
const square = (loss: (x: Tensor) => Tensor) =>
  lossSubject({ ...{ name: "square", inputs, shape: ["n"] }, loss: ({ x }) => loss(x) });
const right = square((x) => x.mul(x));

describe("declareLaws", () => {
  declareLaws(right, it, [cpu(), wasm()], { runs: 2 });

  it("declares every law once for each backend, and says on which", () => {
    const names: string[] = [];
    declareLaws(right, (name) => names.push(name), [wasm(), cpu()], { runs: 3 });
    const [first, second] = [wasm(), cpu()].map((backend) => right.laws(backend, backend).length);
    expect(names).toHaveLength(first + second);
    expect(names[0]).toBe("square has shape [n] and the dtype of its inputs, on wasm (3 runs)");
    expect(names[names.length - 1]).toBe(
      "square agrees with wasm in f64, value, gradient and curvature, to 1e-9 in f64 and 0.0001 in f32, on cpu (3 runs)",
    );
  });

  /** A law that must not be run more often than this. */
  const counting = (name: string, most: number, mostRuns?: number): Subject => {
    let runs = 0;
    const check = async () => {
      if (++runs > most) throw new Error(`run ${runs} times`);
    };
    const law = { name: `runs at most ${most} times`, arbitraries: [numbers()], check } as const;
    return { ...right, name, laws: () => [{ ...law, ...(mostRuns !== undefined && { mostRuns }) }] };
  };
  declareLaws(counting("plain", 25), it, [cpu()]);
  declareLaws(counting("asked for", 2), it, [cpu()], { runs: 2 });
  declareLaws(counting("limited", 3, 3), it, [cpu()], { runs: 10 });
  declareLaws(counting("asked for less", 4, 30), it, [cpu()], { runs: 4 });

  it("hands each backend to the subject, with the first that has f64 to agree with", () => {
    const asked: Backend[][] = [];
    const subject: Subject = {
      ...right,
      laws: (backend, reference = backend) => {
        asked.push([backend, reference]);
        return [];
      },
    };
    const [single, first, second] = [inSinglePrecisionOnly(cpu()), cpu(), cpu()];
    declareLaws(subject, () => {}, [single, first, second]);
    expect(asked.length).toBe(3);
    for (const [i, backend] of [single, first, second].entries()) {
      expect(asked[i][0]).toBe(backend);
      expect(asked[i][1]).toBe(first);
    }
  });

  it("runs a law as often as is asked, 25 times where nothing is, and no more often than is worth it", async () => {
    const seen: number[] = [];
    const check = async (x: unknown) => {
      seen.push(x as number);
    };
    const subject = (mostRuns?: number): Subject => ({
      ...right,
      laws: () => [{ name: "holds", arbitraries: [numbers()], check, ...(mostRuns && { mostRuns }) }],
    });
    const runsOf = async (mostRuns: number | undefined, options?: Parameters<typeof declareLaws>[3]) => {
      const declared: { name: string; body: () => Promise<void>; timeout: number | undefined }[] = [];
      declareLaws(subject(mostRuns), (name, body, timeout) => declared.push({ name, body, timeout }), [cpu()], options);
      seen.length = 0;
      await declared[0].body();
      expect(declared[0].name).toBe(`square holds, on cpu (${seen.length} runs)`);
      return [...seen, declared[0].timeout];
    };
    expect((await runsOf(undefined)).length).toBe(25 + 1);
    expect((await runsOf(3)).length).toBe(3 + 1);
    expect((await runsOf(30)).length).toBe(25 + 1);
    expect((await runsOf(undefined, { runs: 40 })).length).toBe(40 + 1);
    expect((await runsOf(30, { runs: 40 })).length).toBe(30 + 1);
    expect(await runsOf(2, { seed: 7 })).not.toEqual(await runsOf(2, { seed: 8 }));
    expect((await runsOf(2, { timeout: 9 }))[2]).toBe(9);
  });

  it("rejects where a law does not hold", async () => {
    const bodies: (() => Promise<void>)[] = [];
    declareLaws(
      square((x) => x.mul(x).sum()),
      (_, body) => bodies.push(body),
      [cpu()],
      { runs: 2 },
    );
    await expect(bodies[0]()).rejects.toThrow("Property failed after 1 tests");
  });

  it("asks for a backend with f64", () => {
    expect(() => declareLaws(right, it, [])).toThrow(
      "declareLaws: backends is none but must have one with f64; add cpu()",
    );
    const single = inSinglePrecisionOnly(cpu());
    expect(() => declareLaws(right, it, [single, single])).toThrow(
      new BackendError("declareLaws: backends is cpu, cpu but must have one with f64; add cpu()"),
    );
  });
});

describe("isSubject", () => {
  it("tells a subject from what else a module exports", () => {
    expect(isSubject(right)).toBe(true);
    for (const other of [
      undefined,
      null,
      1,
      "loss",
      () => right,
      {},
      { kind: "loss", name: "x" },
      { ...right, kind: "x" },
    ]) {
      expect(isSubject(other)).toBe(false);
    }
  });
});
