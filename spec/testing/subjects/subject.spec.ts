import { isSubject } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lawOver } from "../../../src/testing/subjects/subject.js";

describe("isSubject", () => {
  const right = { kind: "loss", name: "any", unproven: [], laws: () => [] };

  it("takes a loss, a sampler and an estimator", () => {
    for (const kind of ["loss", "sampler", "estimator"]) expect(isSubject({ ...right, kind })).toBe(true);
  });

  it("takes nothing that lacks any of it", () => {
    for (const change of [{ kind: "layer" }, { name: 1 }, { unproven: "all" }, { laws: [] }, { kind: undefined }]) {
      expect(isSubject({ ...right, ...change })).toBe(false);
    }
    for (const other of [undefined, null, 0, "loss", right.laws, {}]) expect(isSubject(other)).toBe(false);
  });
});

describe("lawOver", () => {
  it("is a law of one arbitrary, and says at most how often it is worth running", async () => {
    const arbitrary = fc.constant(3);
    const seen: number[] = [];
    const check = async (x: number) => {
      seen.push(x);
    };
    const law = lawOver("is three", arbitrary, check);
    expect([law.name, law.arbitraries, "mostRuns" in law]).toEqual(["is three", [arbitrary], false]);
    await law.check(4);
    expect(seen).toEqual([4]);
    expect(lawOver("is three", arbitrary, check, 7).mostRuns).toBe(7);
  });
});
