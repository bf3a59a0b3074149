import { grad, type Tensor, tensor } from "cotangent";
import { pskdTargets } from "cotangent/methods/distillation";
import { simplex } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { matrix, rowsOf, sum } from "./support/logit-pairs.js";

const epochs = fc
  .integer({ min: 1, max: 9 })
  .chain((last) => fc.record({ epochs: fc.constant(last), epoch: fc.integer({ min: 1, max: last }) }));
const weights = fc.integer({ min: 0, max: 10 }).map((tenth) => tenth / 10);

describe("pskdTargets", () => {
  law(
    "is (1 − α) y + α P with α = α_T t / T: distributions",
    simplex(3),
    simplex(3),
    epochs,
    weights,
    async (y, past, schedule, finalWeight) => {
      const alpha = (finalWeight * schedule.epoch) / schedule.epochs;
      const targets = pskdTargets(matrix(y, 3), matrix(past, 3), { ...schedule, finalWeight });
      await expectClose(
        targets,
        y.map((share, k) => (1 - alpha) * share + alpha * past[k]),
        { tolerance: 1e-14 },
      );
      const values = await targets.data();
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(sum(rowsOf(values, 3)[0])).toBeCloseTo(1, 12);
    },
  );

  it("leaves the target of an example that was not seen, and has 0.8 at the end", async () => {
    const y = matrix(Float64Array.of(1, 0, 0, 1), 2);
    const past = matrix(Float64Array.of(0, 0, 0.5, 0.5), 2);
    await expectClose(pskdTargets(y, past, { epoch: 3, epochs: 3 }), [1, 0, 0.4, 0.6], { tolerance: 1e-15 });
    await expectClose(pskdTargets(y, past, { epoch: 3, epochs: 3, finalWeight: 1 }), [1, 0, 0.5, 0.5], {
      tolerance: 0,
    });
  });

  it("has no gradient", async () => {
    const y = matrix(Float64Array.of(1, 0), 2);
    const of = (rows: { y: Tensor; past: Tensor }) =>
      pskdTargets(rows.y, rows.past, { epoch: 1, epochs: 1 }).mul(y).sum();
    const slopes = grad(of)({ y, past: matrix(Float64Array.of(0.5, 0.5), 2) });
    await expectClose(slopes.y, [0, 0], { tolerance: 0 });
    await expectClose(slopes.past, [0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const y = tensor([[1, 0]]);
    const at = { epoch: 1, epochs: 2 };
    const call = (...args: Parameters<typeof pskdTargets>) => expect(() => pskdTargets(...args));
    const name = "pskdTargets";
    call(y, y, { ...at, epochs: 0 }).toThrow(`${name}: epochs is 0 but must be a whole number ≥ 1`);
    call(y, y, { ...at, epoch: 0 }).toThrow(`${name}: epoch is 0 but must be a whole number ≥ 1`);
    call(y, y, { ...at, epoch: 3 }).toThrow(`${name}: epoch is 3 but must be in [1, 2]`);
    call(y, y, { ...at, finalWeight: 1.1 }).toThrow(`${name}: finalWeight is 1.1 but must be in [0, 1]`);
    call(tensor([1]), y, at).toThrow(`${name}: targets has shape [1] but must have 2 axes`);
    call(tensor([[1]]), tensor([[1]]), at).toThrow(
      `${name}: targets has shape [1, 1] but must have at least 2 classes`,
    );
    call(y, tensor([[1, 0, 0]]), at).toThrow(`${name}: past has shape [1, 3] but must match targets, [1, 2]`);
    const ints = tensor(Int32Array.of(1, 0), { shape: [1, 2] }) as unknown as Tensor;
    call(ints, ints, at).toThrow(`${name}: targets is i32 but must be f32 or f64; cast it`);
    call(tensor([[0, 0]]), y, at).toThrow(`${name}: row 0 of targets is [0, 0] but must be a distribution`);
    call(y, tensor([[NaN, 0]]), at).toThrow(`${name}: row 0 of past is [NaN, 0] but must be a distribution, or zeros`);
    call(y, tensor([[2, -1]]), at).toThrow(`${name}: row 0 of past is [2, -1] but must be a distribution, or zeros`);
    call(y, tensor(Float64Array.of(1, 0), { shape: [1, 2] }) as Tensor, at).toThrow(
      `${name}: past is f64 but must match targets, f32; cast one of them`,
    );
  });
});
