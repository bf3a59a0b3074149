import { grad, type Tensor, tensor } from "cotangent";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { checkMarginLoss, type MarginLoss, marginLoss } from "../../src/methods/margin.js";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";
import { marginLosses } from "./sampling/support/negative-schemes.js";

const kinds: readonly MarginLoss[] = ["logistic", "hinge", "squaredHinge"];
const slopesOf = (u: Float64Array, kind: MarginLoss) => grad((x: Tensor) => marginLoss(x, kind).sum())(tensor(u));

describe("marginLoss", () => {
  law("has the value and the slope of its definition", floats([6], { min: -4, max: 4 }), async (u) => {
    for (const kind of kinds) {
      const { value, slope } = marginLosses[kind];
      await expectClose(marginLoss(tensor(u), kind), u.map(value), { tolerance: 1e-14 });
      await expectClose(slopesOf(u, kind), u.map(slope), { tolerance: 1e-14 });
    }
  });

  law("is at least 0, non-increasing and convex", floats([2], { min: -4, max: 4 }), async (ends) => {
    const [low, high] = ends.slice().sort();
    for (const kind of kinds) {
      const [a, middle, b] = await marginLoss(tensor(Float64Array.of(low, (low + high) / 2, high)), kind).data();
      expect(b).toBeGreaterThanOrEqual(0);
      expect(a).toBeGreaterThanOrEqual(b);
      expect(middle).toBeLessThanOrEqual((a + b) / 2 + 1e-14);
    }
  });

  it("has no slope at a margin of 1 in either hinge, and keeps NaN", async () => {
    for (const kind of ["hinge", "squaredHinge"] as const) {
      await expectClose(slopesOf(Float64Array.of(1), kind), [0], { tolerance: 0 });
      expect(await marginLoss(tensor(Float64Array.of(Number.NaN)), kind).item()).toBeNaN();
    }
  });

  it("names what is wrong", () => {
    expect(() => checkMarginLoss("f", "form", "ramp", ["softmax"])).toThrow(
      'f: form is "ramp" but must be one of softmax, logistic, hinge, squaredHinge',
    );
  });
});
