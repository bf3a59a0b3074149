import { describe, expect, it } from "vitest";
import { checkRefusals, type Refusal, refusalLaws } from "../../../src/testing/subjects/refusals.js";

/** What the law of a refusal says; undefined if it holds. */
async function said(refusal: Refusal): Promise<string | undefined> {
  const [{ check }] = refusalLaws([refusal]);
  return check(null).then(
    () => undefined,
    (problem: Error) => problem.message,
  );
}

const thrown = (problem: unknown) => () => {
  throw problem;
};
const message = "f: x is 1 but must be 2";

describe("refusalLaws", () => {
  it("are one for each call, run once, named for what it must say", () => {
    const laws = refusalLaws([
      { call: () => 1, message },
      { call: () => 2, message: "other" },
    ]);
    expect(laws.map(({ name, mostRuns }) => [name, mostRuns])).toEqual([
      [`says: ${message}`, 1],
      ["says: other", 1],
    ]);
  });

  it("hold where the call says just that, now or later, with an error or without", async () => {
    expect(await said({ call: thrown(new RangeError(message)), message })).toBe(undefined);
    expect(await said({ call: async () => thrown(new TypeError(message))(), message })).toBe(undefined);
    expect(await said({ call: thrown(message), message })).toBe(undefined);
  });

  it("tell what was said instead", async () => {
    expect(await said({ call: () => 3, message })).toBe(
      `the call was not refused but must be refused with "${message}"`,
    );
    expect(await said({ call: thrown(new Error(`${message}!`)), message })).toBe(
      `the call was refused with "${message}!" but must be refused with "${message}"`,
    );
    expect(await said({ call: thrown(4), message })).toBe(
      `the call was refused with "4" but must be refused with "${message}"`,
    );
  });
});

describe("checkRefusals", () => {
  it("wants a call and a message of each", () => {
    const right: Refusal = { call: () => 1, message };
    checkRefusals("lossSubject", [right, right]);
    expect(() => checkRefusals("lossSubject", [right, { call: 5 as never, message }])).toThrow(
      new TypeError("lossSubject: errors[1].call is 5 but must be a function, () => what must be refused"),
    );
    for (const [wrong, shown] of [
      ["", '""'],
      [undefined, "undefined"],
      [/x/, "{}"],
    ] as const) {
      expect(() => checkRefusals("lossSubject", [{ call: () => 1, message: wrong as never }])).toThrow(
        new TypeError(`lossSubject: errors[0].message is ${shown} but must be what the call then says`),
      );
    }
  });
});
