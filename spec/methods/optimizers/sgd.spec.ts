import { tensor } from "cotangent";
import { linearSchedule, sgd } from "cotangent/methods/optimizers";
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

const momentums = numbers({ min: 0, max: 0.99 });

const reference =
  (rate: (step: number) => number, momentum: number, nesterov: boolean): Reference =>
  () => {
    let [velocity, step] = [0, 0];
    return (g) => {
      velocity = momentum * velocity + g;
      return -rate(step++) * (nesterov ? g + momentum * velocity : velocity);
    };
  };

describe("sgd", () => {
  for (const nesterov of [false, true]) {
    law(
      `follows its formula${nesterov ? ", Nesterov's" : ""}`,
      runs,
      momentums,
      async ({ start, gradients }, momentum) => {
        const rule = sgd({ learningRate: linearSchedule(0.3, 0.1, 20), momentum, nesterov });
        const { path } = await trajectory(
          rule,
          tensor(start),
          gradients.map((g) => tensor(g)),
        );
        const rate = (step: number) => 0.3 - 0.2 * Math.min(1, step / 20);
        const expected = referencePath(reference(rate, momentum, nesterov), start, gradients);
        // up to 100 velocities add up, each of them rounded
        for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
      },
    );
  }

  law("is plain descent without momentum", runs, async ({ start, gradients }) => {
    const { path } = await trajectory(
      sgd({ learningRate: 0.1 }),
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const expected = referencePath(() => (g) => -0.1 * g, start, gradients);
    for (const [i, at] of path.entries()) expect([...at]).toEqual(expected[i]);
  });

  law(
    "gives the same bits for rows as for the whole gradient, and touches no other row",
    tables,
    async ({ table, steps }) => {
      const rule = sgd({ learningRate: 0.1 });
      const rows = await trajectory(rule, tableOf(table), steps.map(sparse));
      const whole = await trajectory(rule, tableOf(table), steps.map(full));
      expect(rows.path).toEqual(whole.path);
      let before = table;
      rows.path.forEach((at, i) => {
        for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
        before = at;
      });
    },
  );

  law(
    "moves every row with momentum, unless lazy: then only rows with a gradient",
    tables,
    momentums,
    async ({ table, steps }, momentum) => {
      const options = { learningRate: 0.1, momentum };
      const exact = await trajectory(sgd(options), tableOf(table), steps.map(sparse));
      const whole = await trajectory(sgd(options), tableOf(table), steps.map(full));
      for (const [i, at] of exact.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-14 });
      const lazy = await trajectory(sgd({ ...options, lazy: true }), tableOf(table), steps.map(sparse));
      const rules = Array.from(
        table,
        reference(() => 0.1, momentum, false),
      );
      const expected = table.slice();
      for (const [i, at] of lazy.path.entries()) {
        const gradient = await full(steps[i]).data();
        for (let place = 0; place < expected.length; place++) {
          if (steps[i].ids.includes(place >> 1)) expected[place] += rules[place](gradient[place], 0);
        }
        await expectClose(at, expected, { tolerance: 1e-13 });
      }
    },
  );

  it("can be differentiated", async () => {
    await checkDifferentiable((learningRate) => sgd({ learningRate }));
    await checkDifferentiable((learningRate) => sgd({ learningRate, momentum: 0.7 }));
    await checkDifferentiable((learningRate) => sgd({ learningRate, momentum: 0.7, nesterov: true, lazy: true }));
  });

  it("names the argument that is wrong", () => {
    for (const learningRate of [Number.NaN, Infinity]) {
      expect(() => sgd({ learningRate })).toThrow(
        new RangeError(`sgd: learningRate is ${learningRate} but must be a finite number or a schedule`),
      );
    }
    for (const momentum of [-0.1, 1, Number.NaN]) {
      expect(() => sgd({ learningRate: 1, momentum })).toThrow(
        new RangeError(`sgd: momentum is ${momentum} but must be in [0, 1)`),
      );
    }
  });
});
