import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { showDuration, showProgress } from "../../cli/src/progress.js";

describe("showDuration", () => {
  it("reads as a person would say it", () => {
    expect([0.4, 12, 59.7, 200, 3720, 90061].map(showDuration)).toEqual([
      "0 s",
      "12 s",
      "1 min 00 s",
      "3 min 20 s",
      "1 h 02 min",
      "25 h 01 min",
    ]);
  });
});

describe("showProgress without a terminal", () => {
  afterEach(() => vi.useRealTimers());

  it("writes a plain line every five seconds, with the time left", () => {
    vi.useFakeTimers();
    const stream = new PassThrough();
    const progress = showProgress("training", 200, stream as unknown as NodeJS.WriteStream);
    for (let done = 1; done <= 121; done += 1) {
      progress.update(done, [`loss ${done}`]);
      vi.advanceTimersByTime(100);
    }
    progress.stop();
    expect(String(stream.read())).toBe("training 25%  loss 51  15 s left\ntraining 50%  loss 101  10 s left\n");
  });
});
