import { tensor } from "cotangent";
import {
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  type Schedule,
  warmup,
} from "cotangent/methods/optimizers";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const at = (schedule: Schedule, step: number) => schedule(tensor(Float64Array.of(step)).reshape([])).item();
const rates = numbers({ min: -2, max: 2 });
const lengths = fc.integer({ min: 1, max: 30 });
const step = fc.integer({ min: 0, max: 60 });
const exactly = { tolerance: 4e-16 }; // a rounding of the sum, one of the product

describe("schedules", () => {
  law("linear is a straight line, then its end", rates, rates, lengths, step, async (start, end, steps, i) => {
    const schedule = linearSchedule(start, end, steps);
    await expectClose([await at(schedule, i)], start + (end - start) * Math.min(1, i / steps), { tolerance: 1e-14 });
    await expectClose([await at(schedule, 0)], start, exactly);
    await expectClose([await at(schedule, steps), await at(schedule, 10 * steps)], [end, end], exactly);
  });

  law("cosine is half a wave, then its end", rates, rates, lengths, step, async (start, end, steps, i) => {
    const schedule = cosineSchedule(start, steps, end);
    const expected = end + ((start - end) * (1 + Math.cos(Math.PI * Math.min(1, i / steps)))) / 2;
    await expectClose([await at(schedule, i)], expected, { tolerance: 1e-14 });
    await expectClose([await at(schedule, 0)], start, exactly);
    await expectClose([await at(schedule, steps), await at(schedule, 10 * steps)], [end, end], exactly);
    await expectClose([await at(cosineSchedule(start, steps), steps)], 0, exactly);
  });

  law(
    "exponential multiplies by its decay every so many steps",
    rates,
    numbers({ min: 0.01, max: 1.2 }),
    lengths,
    step,
    async (start, decay, steps, i) => {
      const schedule = exponentialSchedule(start, decay, steps);
      const expected = start * decay ** (i / steps);
      // powers up to 1.2⁶⁰ magnify a rounding of the exponent
      await expectClose([(await at(schedule, i)) / expected || 0], start === 0 ? 0 : 1, { tolerance: 1e-13 });
      expect(await at(schedule, 0)).toBe(start);
    },
  );

  law(
    "warmup rises from 0 to what follows, which counts from there",
    rates,
    rates,
    lengths,
    step,
    async (start, end, steps, i) => {
      const after = linearSchedule(start, end, 7);
      const follows = (n: number) => start + (end - start) * Math.min(1, n / 7);
      const expected = i < steps ? (start * i) / steps : follows(i - steps);
      await expectClose([await at(warmup(steps, after), i)], expected, { tolerance: 1e-14 });
      await expectClose([await at(warmup(steps, start), i)], start * Math.min(1, i / steps), { tolerance: 1e-14 });
      expect(await at(warmup(steps, start), 0)).toBe(start * 0);
      expect(await at(warmup(steps, start), steps)).toBe(start);
    },
  );

  it("warmup can lead into every schedule, and is finite on the way", async () => {
    for (const after of [cosineSchedule(1, 3), exponentialSchedule(1, 1e-9, 1), warmup(2, 1)]) {
      for (let i = 0; i < 10; i++) expect(Number.isFinite(await at(warmup(5, after), i))).toBe(true);
    }
  });

  it("names the argument that is wrong", () => {
    const bad = [Number.NaN, Infinity];
    for (const value of bad) {
      expect(() => linearSchedule(value, 1, 1)).toThrow(
        new RangeError(`linearSchedule: start is ${value} but must be a finite number`),
      );
      expect(() => linearSchedule(1, value, 1)).toThrow(
        new RangeError(`linearSchedule: end is ${value} but must be a finite number`),
      );
      expect(() => cosineSchedule(value, 1)).toThrow(
        new RangeError(`cosineSchedule: start is ${value} but must be a finite number`),
      );
      expect(() => cosineSchedule(1, 1, value)).toThrow(
        new RangeError(`cosineSchedule: end is ${value} but must be a finite number`),
      );
      expect(() => exponentialSchedule(value, 1, 1)).toThrow(
        new RangeError(`exponentialSchedule: start is ${value} but must be a finite number`),
      );
      expect(() => warmup(1, value)).toThrow(
        new RangeError(`warmup: after is ${value} but must be a finite number or a schedule`),
      );
    }
    for (const decay of [0, -1, Number.NaN]) {
      expect(() => exponentialSchedule(1, decay, 1)).toThrow(
        new RangeError(`exponentialSchedule: decay is ${decay} but must be a finite number > 0`),
      );
    }
    const count = (name: string) => new RangeError(`${name}: steps is 0 but must be a whole number ≥ 1`);
    expect(() => linearSchedule(1, 1, 0)).toThrow(count("linearSchedule"));
    expect(() => cosineSchedule(1, 0)).toThrow(count("cosineSchedule"));
    expect(() => exponentialSchedule(1, 1, 0)).toThrow(count("exponentialSchedule"));
    expect(() => warmup(0, 1)).toThrow(count("warmup"));
  });
});
