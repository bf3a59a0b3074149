import { randomKey } from "cotangent";
import { type LabelledRows, samplesToReach } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";

const data = (count: number): LabelledRows => ({
  inputs: Array.from({ length: count }, (_, i) => [i, 1, 2]),
  labels: Int32Array.from({ length: count }, (_, i) => i % 2),
});
/** Wrong for the first `wrong` of the test inputs. */
const erring = (wrong: number) => ({ predict: (input: ArrayLike<number>) => (input[0] < wrong ? 2 : input[0] % 2) });

describe("samplesToReach", () => {
  it("stops at the first size whose mean error is near enough", async () => {
    const seen: LabelledRows[] = [];
    const learner = (sample: LabelledRows) => {
      seen.push(sample);
      return erring(20 - sample.labels.length); // of 100 test examples
    };
    const { samples, errors } = await samplesToReach(learner, data(60), data(100), randomKey(0), { within: 0.05 });
    expect(samples).toBe(16); // 4, 6, 8, …: ⌈ln 3⌉ is 2
    expect(errors.map((e) => e.samples)).toEqual([4, 6, 8, 10, 12, 14, 16]);
    errors.forEach(({ samples: m, error }) => {
      expect(error).toBeCloseTo((20 - m) / 100, 12);
    });
    expect(seen).toHaveLength(35);
    for (const { inputs, labels } of seen) {
      expect(new Set(labels as Int32Array)).toEqual(new Set([0, 1]));
      expect(new Set(inputs.map((row) => row[0])).size).toBe(inputs.length);
      inputs.forEach((row, i) => {
        expect(row[0] % 2).toBe(labels[i]);
      });
    }
    expect(new Set(seen.slice(0, 5).map(({ inputs }) => inputs.map((row) => row[0]).join())).size).toBe(5);
  });

  it("counts from Bayes' error, in steps and repeats as told", async () => {
    let calls = 0;
    const learner = async ({ labels }: LabelledRows) => {
      calls += 1;
      return erring(30 - labels.length);
    };
    const options = { bayesError: 0.1, within: 0.02, step: 5, repeats: 2 };
    const { samples } = await samplesToReach(learner, data(60), data(100), randomKey(0), options);
    expect([samples, calls]).toEqual([19, 8]);
  });

  it("says so where the pool does not suffice", async () => {
    const { samples, errors } = await samplesToReach(() => erring(50), data(10), data(100), randomKey(0));
    expect(samples).toBeUndefined();
    expect(errors.map((e) => e.samples)).toEqual([4, 6, 8, 10]);
  });

  it("repeats itself for the same key", async () => {
    const sizes = async (seed: number) => {
      const firsts: number[] = [];
      const learner = ({ inputs }: LabelledRows) => {
        firsts.push(inputs[0][0]);
        return erring(0);
      };
      await samplesToReach(learner, data(60), data(10), randomKey(seed));
      return firsts;
    };
    expect(await sizes(1)).toEqual(await sizes(1));
    expect(await sizes(1)).not.toEqual(await sizes(2));
  });

  it("names what is wrong", async () => {
    const call = (pool: LabelledRows, test: LabelledRows = data(10), options: object = {}) =>
      samplesToReach(() => erring(0), pool, test, randomKey(0), options);
    await expect(call({ inputs: [], labels: [] })).rejects.toThrow(
      "samplesToReach: pool.inputs is empty but must have an example",
    );
    await expect(
      call({ inputs: [[1], [2], [3], [4]], labels: [0, 0, 2, 2] }, { inputs: [[1]], labels: [0] }),
    ).rejects.toThrow("samplesToReach: pool has no example of class 1 but must have one");
    await expect(
      call({ inputs: [[1], [2], [3], [4]], labels: [1, 1, 1, 1] }, { inputs: [[1]], labels: [0] }),
    ).rejects.toThrow("samplesToReach: pool has no example of class 0 but must have one");
    await expect(call({ inputs: [[1], [2], [3]], labels: [0, 1, 1] }, { inputs: [[1]], labels: [0] })).rejects.toThrow(
      "samplesToReach: pool has 3 examples but must have 4, two a class",
    );
    await expect(call(data(10), { inputs: [[1, 2]], labels: [0] })).rejects.toThrow(
      "samplesToReach: test.inputs[0] has 2 features but must have 3, as pool.inputs[0] has",
    );
    await expect(call(data(10), { inputs: [[1, 2, 3]], labels: [5] })).rejects.toThrow(
      "samplesToReach: labels[0] is 5 but must be a whole number in [0, 2)",
    );
    await expect(call({ inputs: [[1]], labels: [0.5] })).rejects.toThrow(
      "samplesToReach: labels[0] is 0.5 but must be a whole number in [0, 2)",
    );
    await expect(call(data(10), data(10), { within: 0 })).rejects.toThrow(
      "samplesToReach: within is 0 but must be a finite number > 0",
    );
    await expect(call(data(10), data(10), { bayesError: -1 })).rejects.toThrow(
      "samplesToReach: bayesError is -1 but must be a finite number ≥ 0",
    );
    await expect(call(data(10), data(10), { step: 0 })).rejects.toThrow(
      "samplesToReach: step is 0 but must be a whole number ≥ 1",
    );
    await expect(call(data(10), data(10), { repeats: 0 })).rejects.toThrow(
      "samplesToReach: repeats is 0 but must be a whole number ≥ 1",
    );
  });
});
