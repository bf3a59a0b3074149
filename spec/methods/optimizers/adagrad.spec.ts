import { tensor } from "cotangent";
import { adagrad } from "cotangent/methods/optimizers";
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

const reference =
  (initial: number, epsilon: number): Reference =>
  () => {
    let accumulator = initial;
    return (g) => {
      accumulator += g * g;
      return (-0.3 * g) / (Math.sqrt(accumulator) + epsilon);
    };
  };

describe("adagrad", () => {
  law("follows its formula", runs, numbers({ min: 0, max: 2 }), async ({ start, gradients }, initial) => {
    for (const epsilon of [1e-10, 0.1]) {
      const rule = adagrad({ learningRate: 0.3, initialAccumulator: initial, epsilon });
      const { path } = await trajectory(
        rule,
        tensor(start),
        gradients.map((g) => tensor(g)),
      );
      const expected = referencePath(reference(initial, epsilon), start, gradients);
      for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-13 });
    }
  });

  law("starts at 0 with epsilon 1e-10", runs, async ({ start, gradients }) => {
    const { path } = await trajectory(
      adagrad({ learningRate: 0.3 }),
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(reference(0, 1e-10), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-13 });
  });

  law(
    "gives the same bits for rows as for the whole gradient, sums repeated ids before it squares, and touches no other row",
    tables,
    async ({ table, steps }) => {
      const rule = adagrad({ learningRate: 0.3 });
      const rows = await trajectory(rule, tableOf(table), steps.map(sparse));
      const whole = await trajectory(rule, tableOf(table), steps.map(full));
      expect(rows.path).toEqual(whole.path);
      expect(rows.state).toEqual(whole.state);
      let before = table;
      rows.path.forEach((at, i) => {
        for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
        before = at;
      });
    },
  );

  it("sums the two rows of one id: 3 + 1 makes 16, not 10", async () => {
    const rows = { ids: Int32Array.of(1, 1), rows: Float64Array.of(3, 0, 1, 0) };
    const { state } = await trajectory(adagrad({ learningRate: 1 }), tableOf(new Float64Array(12)), [sparse(rows)]);
    expect([...state[1]]).toEqual([0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("does not move for gradients of 0", async () => {
    const zero = tensor(new Float64Array(2));
    const { path } = await trajectory(adagrad({ learningRate: 1 }), tensor(Float64Array.of(1, 2)), [zero, zero]);
    expect([...path[1]]).toEqual([1, 2]);
  });

  it("can be differentiated", async () => {
    await checkDifferentiable((learningRate) => adagrad({ learningRate, initialAccumulator: 0.2 }));
  });

  it("names the argument that is wrong", () => {
    expect(() => adagrad({ learningRate: Number.NaN })).toThrow(
      new RangeError("adagrad: learningRate is NaN but must be a finite number or a schedule"),
    );
    expect(() => adagrad({ learningRate: 1, initialAccumulator: -1 })).toThrow(
      new RangeError("adagrad: initialAccumulator is -1 but must be a finite number ≥ 0"),
    );
    expect(() => adagrad({ learningRate: 1, epsilon: -1 })).toThrow(
      new RangeError("adagrad: epsilon is -1 but must be a finite number ≥ 0"),
    );
    expect(() => adagrad({ learningRate: 1, epsilon: 0 })).toThrow(
      new RangeError("adagrad: epsilon is 0 but must be > 0 where the accumulator starts at 0; 0/0 is no update"),
    );
    expect(() => adagrad({ learningRate: 1, epsilon: 0, initialAccumulator: 1 })).not.toThrow();
  });
});
