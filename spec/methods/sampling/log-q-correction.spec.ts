import { equal, grad, type Tensor, tensor, zeros } from "cotangent";
import { logQCorrection } from "cotangent/methods/sampling";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { ids } from "./support/one-row.js";

const scores = tensor(new Float64Array([1, 2, 3, 4, 5, 6]), { shape: [2, 3] });
const counts = tensor(new Float64Array([0.5, -1, Number.POSITIVE_INFINITY]));

describe("logQCorrection", () => {
  it("subtracts the log expected count, and leaves hits out", async () => {
    expect([...(await logQCorrection(scores, counts).data())]).toEqual([0.5, 3, -Infinity, 3.5, 6, -Infinity]);
    const isHit = equal(ids(0, 1).reshape([2, 1]), ids(0, 1, 2));
    expect([...(await logQCorrection(scores, scores, { isHit }).data())]).toEqual([-Infinity, 0, 0, 0, -Infinity, 0]);
  });

  it("takes no gradient to the count", async () => {
    const through = (count: Tensor) => logQCorrection(scores, count).sum();
    await expectClose(grad(through)(tensor(new Float64Array([1, 2, 3]))), [0, 0, 0], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const like = { dtype: "f64" } as const;
    expect(() => logQCorrection(scores, zeros([2], like))).toThrow(
      "logQCorrection: logExpectedCount has shape [2] but must be [2, 3] or [3]",
    );
    expect(() => logQCorrection(zeros([2], like), zeros([], like))).toThrow(
      "logQCorrection: logExpectedCount has shape [] but must be [2]",
    );
    expect(() => logQCorrection(scores, zeros([3]))).toThrow(
      "logQCorrection: logExpectedCount is f32 but must match scores, f64; cast one of them",
    );
    const right = "but must be above -Infinity; what is drawn has a count above 0";
    expect(() => logQCorrection(scores, tensor(new Float64Array([0, -Infinity, 0])))).toThrow(
      `logQCorrection: logExpectedCount holds -Infinity at 1 ${right}`,
    );
    expect(() => logQCorrection(scores, tensor(new Float64Array([-Infinity, 0, 0])))).toThrow(
      `logQCorrection: logExpectedCount holds -Infinity at 0 ${right}`,
    );
    expect(() => logQCorrection(scores, tensor(new Float64Array([0, 0, Number.NaN])))).toThrow(
      `logQCorrection: logExpectedCount holds NaN at 2 ${right}`,
    );
    expect(() => logQCorrection(scores, counts, { isHit: equal(ids(0), 0).reshape([1, 1]) })).toThrow(
      "logQCorrection: isHit has shape [1, 1] but must be [2, 3] or [3]",
    );
  });
});
