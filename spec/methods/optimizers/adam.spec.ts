import { tensor } from "cotangent";
import { adam, adamw, cosineSchedule } from "cotangent/methods/optimizers";
import { numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import {
  full,
  type Reference,
  referencePath,
  runs,
  sameRow,
  sparse,
  tableOf,
  tables,
  trajectory,
} from "./support/trajectories.js";
import { checkDifferentiable } from "./support/unrolled.js";

interface Constants {
  readonly rate: (step: number) => number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly decay?: number;
}

const reference =
  ({ rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 }: Constants): Reference =>
  () => {
    let [mean, meanSquare, t] = [0, 0, 0];
    return (g, parameter) => {
      const now = rate(t++);
      mean = beta1 * mean + (1 - beta1) * g;
      meanSquare = beta2 * meanSquare + (1 - beta2) * g * g;
      const root = Math.sqrt(meanSquare / (1 - beta2 ** t)) + epsilon;
      return (-now * (mean / (1 - beta1 ** t))) / root - now * decay * parameter;
    };
  };
const constant = () => 0.05;
const betas = numbers({ min: 0, max: 0.999 });

describe("adam", () => {
  law("follows its formula", runs, betas, betas, async ({ start, gradients }, beta1, beta2) => {
    const constants = { beta1, beta2, epsilon: 1e-4 };
    const rule = adam({ ...constants, learningRate: cosineSchedule(0.05, 40) });
    const { path } = await trajectory(
      rule,
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const rate = (step: number) => (0.05 * (1 + Math.cos((Math.PI * step) / 40))) / 2;
    const expected = referencePath(reference({ ...constants, rate }), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  law("remembers 0.9 and 0.999 with epsilon 1e-8 by default", runs, async ({ start, gradients }) => {
    const { path } = await trajectory(
      adam({ learningRate: 0.05 }),
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(reference({ rate: constant }), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  it("moves by the learning rate at the first step, also in f32: the bias correction does not cancel", async () => {
    for (const beta2 of [0.999, 0.9999, 0.999999]) {
      const rule = adam({ learningRate: 1, beta2, epsilon: 1e-12 });
      const { path } = await trajectory(rule, tensor([0, 0]), [tensor([4, -0.25])]);
      await expectClose(path[0], [-1, 1], { tolerance: 1e-6 }); // 1 − beta2 as f32 would be off by 6e-2 at the last
    }
  });

  law(
    "moves rows without a gradient, as its moments decay, unless lazy: then they stand still",
    tables,
    async ({ table, steps }) => {
      const options = { learningRate: 0.05 };
      const whole = await trajectory(adam(options), tableOf(table), steps.map(full));
      const exact = await trajectory(adam(options), tableOf(table), steps.map(sparse));
      for (const [i, at] of exact.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-13 });
      for (const [i, at] of exact.state.entries()) await expectClose(at, whole.state[i], { tolerance: 1e-13 });

      const lazy = await trajectory(adam({ ...options, lazy: true }), tableOf(table), steps.map(sparse));
      const [mean, meanSquare] = [new Float64Array(12), new Float64Array(12)];
      const expected = table.slice();
      let before = table;
      for (const [i, at] of lazy.path.entries()) {
        const gradient = await full(steps[i]).data();
        for (let place = 0; place < 12; place++) {
          if (!steps[i].ids.includes(place >> 1)) continue;
          mean[place] = 0.9 * mean[place] + 0.1 * gradient[place];
          meanSquare[place] = 0.999 * meanSquare[place] + 0.001 * gradient[place] ** 2;
          const root = Math.sqrt(meanSquare[place] / (1 - 0.999 ** (i + 1))) + 1e-8;
          expected[place] -= (0.05 * (mean[place] / (1 - 0.9 ** (i + 1)))) / root; // t counts all steps
        }
        await expectClose(at, expected, { tolerance: 1e-12 });
        for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
        before = at;
      }
      await expectClose(lazy.state[1], mean, { tolerance: 1e-13 });
      await expectClose(lazy.state[2], meanSquare, { tolerance: 1e-13 });
    },
  );

  law("lazy is dense where every row has a gradient", tables, async ({ table, steps }) => {
    const touched = steps.map(({ rows }) => ({
      ids: Int32Array.of(3, 1, 0, 2, 5, 4),
      rows: Float64Array.from({ length: 12 }, (_, i) => rows[i % 8] + i),
    }));
    const options = { learningRate: 0.05 };
    const whole = await trajectory(adam(options), tableOf(table), touched.map(full));
    const lazy = await trajectory(adam({ ...options, lazy: true }), tableOf(table), touched.map(sparse));
    expect(lazy.path).toEqual(whole.path);
    expect(lazy.state).toEqual(whole.state);
  });

  it("can be differentiated", async () => {
    await checkDifferentiable((learningRate) => adam({ learningRate, epsilon: 0.1 }));
    await checkDifferentiable((learningRate) => adam({ learningRate, epsilon: 0.1, lazy: true }));
  });

  it("names the argument that is wrong", () => {
    const learningRate = 1;
    expect(() => adam({ learningRate: Number.NaN })).toThrow(
      new RangeError("adam: learningRate is NaN but must be a finite number or a schedule"),
    );
    expect(() => adam({ learningRate, beta1: 1 })).toThrow(new RangeError("adam: beta1 is 1 but must be in [0, 1)"));
    expect(() => adam({ learningRate, beta2: -1 })).toThrow(new RangeError("adam: beta2 is -1 but must be in [0, 1)"));
    expect(() => adam({ learningRate, epsilon: 0 })).toThrow(
      new RangeError("adam: epsilon is 0 but must be a finite number > 0"),
    );
  });
});

describe("adamw", () => {
  law(
    "follows its formula: the decay is not part of the gradient",
    runs,
    betas,
    async ({ start, gradients }, decay) => {
      const rule = adamw({ learningRate: cosineSchedule(0.05, 40), weightDecay: decay });
      const { path } = await trajectory(
        rule,
        tensor(start),
        gradients.map((g) => tensor(g)),
      );
      const rate = (step: number) => (0.05 * (1 + Math.cos((Math.PI * step) / 40))) / 2;
      const expected = referencePath(reference({ rate, decay }), start, gradients);
      for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
    },
  );

  law("decays by 0.01 by default", runs, async ({ start, gradients }) => {
    const { path } = await trajectory(
      adamw({ learningRate: 0.05 }),
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(reference({ rate: constant, decay: 0.01 }), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  law("lazy decays only the rows with a gradient, once where an id repeats", tables, async ({ table, steps }) => {
    const rule = adamw({ learningRate: 0.05, weightDecay: 0.3, lazy: true });
    const plain = adam({ learningRate: 0.05, lazy: true });
    const [first] = steps;
    const decayed = await trajectory(rule, tableOf(table), [sparse(first)]);
    const moved = await trajectory(plain, tableOf(table), [sparse(first)]);
    const expected = moved.path[0].map((value, i) => value - (first.ids.includes(i >> 1) ? 0.05 * 0.3 * table[i] : 0));
    await expectClose(decayed.path[0], expected, { tolerance: 1e-13 });
    for (let row = 0; row < 6; row++) {
      expect(sameRow(decayed.path[0], table, row) || first.ids.includes(row)).toBe(true);
    }
  });

  it("can be differentiated", async () => {
    await checkDifferentiable((learningRate) => adamw({ learningRate, epsilon: 0.1, weightDecay: 0.2 }));
    await checkDifferentiable((learningRate) => adamw({ learningRate, epsilon: 0.1, weightDecay: 0.2, lazy: true }));
  });

  it("names the argument that is wrong", () => {
    expect(() => adamw({ learningRate: 1, weightDecay: -1 })).toThrow(
      new RangeError("adamw: weightDecay is -1 but must be a finite number ≥ 0"),
    );
    expect(() => adamw({ learningRate: 1, beta1: 2 })).toThrow(
      new RangeError("adamw: beta1 is 2 but must be in [0, 1)"),
    );
    expect(() => adamw({ learningRate: Infinity })).toThrow(
      new RangeError("adamw: learningRate is Infinity but must be a finite number or a schedule"),
    );
  });
});
