import { rowSparse, type Tensor, tensor } from "cotangent";
import { decayWeights, linearSchedule } from "cotangent/methods/optimizers";
import { numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { full, referencePath, runs, sameRow, sparse, tableOf, tables, trajectory } from "./support/trajectories.js";

const rates = numbers({ min: 0, max: 0.5 });

describe("decayWeights", () => {
  law("takes learningRate · rate of each parameter off the update", runs, rates, async ({ start, gradients }, rate) => {
    const given = gradients.map((g) => tensor(g));
    const scheduled = decayWeights({ rate, learningRate: linearSchedule(1, 0.5, 10) });
    const { path } = await trajectory(scheduled, tensor(start), given);
    const reference = () => {
      let step = 0;
      return (g: number, parameter: number) => g - rate * (1 - 0.5 * Math.min(1, step++ / 10)) * parameter;
    };
    const expected = referencePath(reference, start, gradients);
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
    const plain = await trajectory(decayWeights({ rate }), tensor(start), given.slice(0, 1));
    await expectClose(
      plain.path[0],
      start.map((value, i) => value + gradients[0][i] - rate * value),
      { tolerance: 1e-14 },
    );
  });

  law(
    "decays every row, unless lazy: then the updated ones, once where an id repeats",
    tables,
    rates,
    async ({ table, steps }, rate) => {
      const given = steps.map(sparse);
      const whole = await trajectory(decayWeights({ rate }), tableOf(table), steps.map(full));
      const exact = await trajectory(decayWeights({ rate }), tableOf(table), given);
      for (const [i, at] of exact.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-14 });

      const lazy = await trajectory(decayWeights({ rate, lazy: true }), tableOf(table), given);
      let before = table;
      for (const [i, at] of lazy.path.entries()) {
        const update = await full(steps[i]).data();
        const touched = (place: number) => steps[i].ids.includes(place >> 1);
        const expected = before.map((value, place) => value + update[place] - (touched(place) ? rate * value : 0));
        await expectClose(at, expected, { tolerance: 1e-14 });
        for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
        before = at;
      }
    },
  );

  law("lazy leaves updates row-sparse", tables, ({ table, steps }) => {
    const rule = decayWeights({ rate: 0.1, lazy: true });
    const params = tableOf(table);
    const { updates } = rule.update(sparse(steps[0]), rule.init(params), params);
    expect(rowSparse(updates)?.ids.shape).toEqual([4]);
  });

  it("takes a tree of f32 and f64", async () => {
    const params: Tensor[] = [tensor([2]), tensor(Float64Array.of(4))];
    const rule = decayWeights({ rate: 0.5 });
    const { updates } = rule.update(params, rule.init(params), params);
    await expectClose(updates[0], [1]);
    await expectClose(updates[1], [2]);
  });

  it("names the argument that is wrong", () => {
    expect(() => decayWeights({ rate: -1 })).toThrow(
      new RangeError("decayWeights: rate is -1 but must be a finite number ≥ 0"),
    );
    expect(() => decayWeights({ rate: 1, learningRate: Number.NaN })).toThrow(
      new RangeError("decayWeights: learningRate is NaN but must be a finite number or a schedule"),
    );
    expect(() => decayWeights({ rate: 1 }).init({})).toThrow(
      new TypeError("decayWeights: params holds no tensor but must hold at least one"),
    );
  });
});
