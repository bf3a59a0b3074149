import { VirtualClock } from "cotangent/methods/distributed";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

describe("VirtualClock", () => {
  law("shows the time that it was told has passed", fc.array(numbers({ min: 0, max: 9 })), (durations) => {
    const clock = new VirtualClock();
    let sum = 0;
    for (const duration of durations) {
      expect(clock.now).toBe(sum);
      clock.advance(duration);
      sum += duration;
    }
    expect(clock.now).toBe(sum);
  });

  it("does not go back", () => {
    const clock = new VirtualClock();
    expect(() => clock.advance(-1)).toThrow("advance: duration is -1 but must be a finite number ≥ 0");
    expect(() => clock.advance(Number.NaN)).toThrow("advance: duration is NaN but must be a finite number ≥ 0");
    expect(clock.now).toBe(0);
  });
});
