import { describe, expect, it } from "vitest";
import { Plans } from "../../src/backends/plans.js";

describe("Plans", () => {
  it("makes a plan once, and keeps the 256 that were last asked for", () => {
    const dropped: string[] = [];
    const made: string[] = [];
    const plans = new Plans<string>((plan) => dropped.push(plan));
    const ask = (key: string) =>
      plans.of(key, () => {
        made.push(key);
        return `plan of ${key}`;
      });
    for (let i = 0; i < 256; i++) expect(ask(`${i}`)).toBe(`plan of ${i}`);
    ask("0"); // which makes 1 the one unused for longest
    expect([made.length, dropped]).toEqual([256, []]);
    ask("new");
    ask("newer");
    expect(dropped).toEqual(["plan of 1", "plan of 2"]);
    ask("0");
    expect(made.length).toBe(258);
    ask("1");
    expect(made.at(-1)).toBe("1");
    expect(dropped.at(-1)).toBe("plan of 3");
  });
});
