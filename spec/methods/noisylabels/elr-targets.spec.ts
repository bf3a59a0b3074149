import { grad, softmax, type Tensor, tensor, zeros } from "cotangent";
import { updateElrTargets } from "cotangent/methods/noisylabels";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const [rows, classes, examples] = [2, 3, 4];
const logits = floats([rows, classes]);
const betas = numbers({ min: 0, max: 0.99 });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
const ids = (...list: number[]) => tensor(Int32Array.from(list));
const start = () => zeros([examples, classes], { dtype: "f64" });

describe("updateElrTargets", () => {
  law(
    "is a running mean of predictions, of the batch's examples alone",
    logits,
    floats([examples, classes], { min: 0, max: 0.3 }),
    betas,
    async (z, t, momentum) => {
      const next = await updateElrTargets(matrix(t), ids(3, 1), matrix(z), { momentum, clamped: false }).data();
      const shares = await softmax(matrix(z), 1).data();
      const expected = t.map((old, i) => {
        const row = [3, 1].indexOf(Math.floor(i / classes));
        return row < 0 ? old : momentum * old + (1 - momentum) * shares[row * classes + (i % classes)];
      });
      await expectClose(next, expected, { tolerance: 1e-14 });
    },
  );

  law(
    "sums to 1 − βᵏ after k predictions",
    logits,
    floats([rows, classes], { min: -40, max: 40 }),
    betas,
    async (a, b, momentum) => {
      for (const clamped of [true, false]) {
        let state = start();
        for (const z of [a, b, a]) state = updateElrTargets(state, ids(0, 2), matrix(z), { momentum, clamped });
        const total = 1 - momentum ** 3;
        await expectClose(state.sum(1), [total, 0, total, 0], { tolerance: 1e-13 });
        expect(Math.min(...(await state.data()))).toBeGreaterThanOrEqual(0);
      }
    },
  );

  law("does not see the order of batches without a common example", logits, logits, betas, async (a, b, momentum) => {
    const first = updateElrTargets(
      updateElrTargets(start(), ids(0, 2), matrix(a), { momentum }),
      ids(1, 3),
      matrix(b),
      { momentum },
    );
    const second = updateElrTargets(
      updateElrTargets(start(), ids(1, 3), matrix(b), { momentum }),
      ids(0, 2),
      matrix(a),
      { momentum },
    );
    await expectClose(first, await second.data(), { tolerance: 0 });
  });

  it("keeps probabilities off 0 and 1 unless told not to, is detached, and keeps the last of several rows", async () => {
    const z = matrix([50, 0], 2);
    const empty = zeros([1, 2], z);
    const clamped = 1e-4;
    await expectClose(updateElrTargets(empty, ids(0), z, { momentum: 0 }), [1 - clamped, clamped], {
      tolerance: 1e-12,
    });
    await expectClose(updateElrTargets(empty, ids(0), z, { momentum: 0, clamped: false }), [1, 0], {
      tolerance: 1e-12,
    });
    const total = (x: Tensor) => updateElrTargets(start(), ids(1, 1), x).sum();
    await expectClose(grad(total)(matrix([1, 2, 3, 0, 0, 5])), new Float64Array(6), { tolerance: 0 });
    const both = updateElrTargets(start(), ids(1, 1), matrix([1, 2, 3, 0, 0, 5]));
    const last = updateElrTargets(start(), ids(1), matrix([0, 0, 5]));
    await expectClose(both, await last.data(), { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const z = matrix([0, 0, 0]);
    expect(() => updateElrTargets(start(), ids(0), z, { momentum: 1 })).toThrow(
      "updateElrTargets: momentum is 1 but must be in [0, 1)",
    );
    expect(() => updateElrTargets(start(), ids(4), z)).toThrow(
      "updateElrTargets: ids holds 4 at 0 but must be in [0, 4)",
    );
    expect(() => updateElrTargets(start(), ids(0, 1), z)).toThrow(
      "updateElrTargets: ids has shape [2] but must be [1]",
    );
    expect(() => updateElrTargets(matrix([0, 0], 2), ids(0), z)).toThrow(
      "updateElrTargets: state has shape [1, 2] but must be [any, 3]",
    );
    expect(() => updateElrTargets(start(), ids(0), matrix([0, 0, Number.NaN]))).toThrow(
      "updateElrTargets: logits holds NaN at 2 but must hold finite numbers",
    );
  });
});
