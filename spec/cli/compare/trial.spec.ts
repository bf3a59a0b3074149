import { describe, expect, it, vi } from "vitest";
import { medianOf, NO_STEPS, recordOf, runTrial, type TrialState } from "../../../cli/src/compare/trial.js";
import type { Corpus } from "../../../cli/src/corpus.js";
import { DivergedError } from "../../../cli/src/errors.js";
import type { TrainingRun } from "../../../cli/src/training-run.js";

/** A run of so many steps, which diverges at one of them if that is given. */
function fakeRun(left: number, divergesAt = Number.POSITIVE_INFINITY): TrainingRun {
  const run = {
    stepsLeft: () => left,
    model: () => ({}),
    async *steps() {
      for (let step = 1; step <= left; step += 1) {
        if (step === divergesAt) throw new DivergedError("the loss", Number.NaN);
        yield { step };
      }
    },
  };
  return run as unknown as TrainingRun;
}

const corpus = {} as Corpus;

async function trial(run: TrainingRun, points: number, from: TrialState = NO_STEPS) {
  let scores = 0;
  const shares: number[] = [];
  const state = await runTrial(
    run,
    corpus,
    {
      budget: { epochs: 1 },
      points,
      bytesHeld: () => 100,
      score: async () => (scores += 1),
      onStep: async (share) => {
        shares.push(share);
      },
    },
    from,
  );
  return { state, shares };
}

describe("runTrial", () => {
  it("scores at even places, the last at the end", async () => {
    const { state, shares } = await trial(fakeRun(10), 4);
    expect(state.curve.map(({ steps }) => steps)).toEqual([3, 5, 8, 10]);
    expect(state.steps).toBe(10);
    expect(state.bytes).toBe(100);
    expect(shares).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it("goes on where it was", async () => {
    const from = { ...NO_STEPS, steps: 6, seconds: 2, curve: [{ steps: 5, seconds: 1, precisionAt1: 9 }] };
    const { state } = await trial(fakeRun(4), 2, from);
    expect(state.curve.map(({ steps }) => steps)).toEqual([5, 10]);
    expect(state.seconds).toBeGreaterThanOrEqual(2);
  });

  it("scores once where a step passes several places", async () => {
    const { state } = await trial(fakeRun(2), 8);
    expect(state.curve.map(({ steps }) => steps)).toEqual([1, 2]);
  });

  it("ends when the time is up, and evaluation takes none of it", async () => {
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 1)); // a step is a millisecond long
    const score = async () => {
      now += 1000;
      return 1;
    };
    const options = { budget: { seconds: 0.0195 }, points: 2, bytesHeld: () => 0, score, onStep: async () => {} };
    const state = await runTrial(fakeRun(1_000_000_000), corpus, options);
    clock.mockRestore();
    expect(state.curve.map(({ steps }) => steps)).toEqual([10, 20]);
    expect(state.seconds).toBeCloseTo(0.02, 12);
  });

  it("says when numbers leave the finite ones, and keeps what was before", async () => {
    const { state } = await trial(fakeRun(10, 6), 2);
    expect(state).toMatchObject({
      steps: 5,
      diverged: "train: the loss is NaN but must be finite; lower --learning-rate",
    });
    expect(recordOf("m", 1, 0.3, state, undefined)).toMatchObject({ method: "m", seed: 1, diverged: state.diverged });
  });
});

describe("medianOf", () => {
  it("is the middle, or between the two in the middle", () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(medianOf([])).toBeNaN();
  });
});
