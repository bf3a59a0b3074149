import { tensor } from "cotangent";
import { rmsprop } from "cotangent/methods/optimizers";
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
  (decay: number, epsilon: number): Reference =>
  () => {
    let meanSquare = 0;
    return (g) => {
      meanSquare = decay * meanSquare + (1 - decay) * g * g;
      return (-0.03 * g) / (Math.sqrt(meanSquare) + epsilon);
    };
  };

describe("rmsprop", () => {
  law("follows its formula", runs, numbers({ min: 0, max: 0.999 }), async ({ start, gradients }, decay) => {
    const rule = rmsprop({ learningRate: 0.03, decay, epsilon: 1e-3 });
    const { path } = await trajectory(
      rule,
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(reference(decay, 1e-3), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  law("decays by 0.9 with epsilon 1e-8 by default", runs, async ({ start, gradients }) => {
    const { path } = await trajectory(
      rmsprop({ learningRate: 0.03 }),
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(reference(0.9, 1e-8), start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  law(
    "lets the mean squares of other rows decay, unless lazy: then they stand still",
    tables,
    async ({ table, steps }) => {
      const options = { learningRate: 0.03 };
      const whole = await trajectory(rmsprop(options), tableOf(table), steps.map(full));
      const exact = await trajectory(rmsprop(options), tableOf(table), steps.map(sparse));
      for (const [i, at] of exact.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-14 });
      await expectClose(exact.state[1], whole.state[1], { tolerance: 1e-14 });

      const lazy = await trajectory(rmsprop({ ...options, lazy: true }), tableOf(table), steps.map(sparse));
      const rules = Array.from(table, reference(0.9, 1e-8));
      const expected = table.slice();
      let before = table;
      for (const [i, at] of lazy.path.entries()) {
        const gradient = await full(steps[i]).data();
        for (let place = 0; place < expected.length; place++) {
          if (steps[i].ids.includes(place >> 1)) expected[place] += rules[place](gradient[place], 0);
        }
        await expectClose(at, expected, { tolerance: 1e-13 });
        for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
        before = at;
      }
    },
  );

  it("can be differentiated", async () => {
    await checkDifferentiable((learningRate) => rmsprop({ learningRate, lazy: true, epsilon: 0.1 }));
  });

  it("names the argument that is wrong", () => {
    expect(() => rmsprop({ learningRate: Infinity })).toThrow(
      new RangeError("rmsprop: learningRate is Infinity but must be a finite number or a schedule"),
    );
    expect(() => rmsprop({ learningRate: 1, decay: 1 })).toThrow(
      new RangeError("rmsprop: decay is 1 but must be in [0, 1)"),
    );
    expect(() => rmsprop({ learningRate: 1, epsilon: 0 })).toThrow(
      new RangeError("rmsprop: epsilon is 0 but must be a finite number > 0"),
    );
  });
});
