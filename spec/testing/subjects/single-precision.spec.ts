import { cpu, evaluate, randomKey, tensor, uniform } from "cotangent";
import { describe, expect, it } from "vitest";
import { inSinglePrecisionOnly } from "../../../src/testing/subjects/single-precision.js";

describe("inSinglePrecisionOnly", () => {
  const whole = cpu();
  const single = inSinglePrecisionOnly(whole);

  it("lacks f64 and nothing else", () => {
    expect([...single.dtypes].sort()).toEqual([...whole.dtypes].filter((dtype) => dtype !== "f64").sort());
    expect(whole.dtypes.has("f64")).toBe(true);
    expect(single.name).toBe(whole.name);
  });

  it("computes with the backend, and counts its buffers", async () => {
    const before = whole.memory().buffers;
    const x = tensor([1, 2, 3], { backend: single });
    const doubled = evaluate(x.mul(2));
    expect([...(await doubled.data())]).toEqual([2, 4, 6]);
    expect(single.memory()).toEqual(whole.memory());
    expect(whole.memory().buffers).toBeGreaterThan(before);
    doubled.dispose();
    x.dispose();
    expect(whole.memory().buffers).toBe(before);
    const drawn = (backend: typeof whole) => uniform(randomKey(3, { backend }), [4]).data();
    expect(await drawn(single)).toEqual(await drawn(whole));
  });
});
