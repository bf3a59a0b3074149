import { cast, type DType, grad, type Tensor, tensor, vjp } from "cotangent";
import { floats } from "cotangent/testing";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";

const values = [
  -2.7,
  -1,
  -0.3,
  0,
  0.3,
  1,
  2.7,
  3e9,
  -3e9,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const [top, bottom] = [2 ** 31 - 1, -(2 ** 31)];

onEveryBackend("cast", (backend) => {
  it("truncates to integers, which saturate, and takes all but 0 for true", async () => {
    const x = tensor(Float32Array.from(values), { backend });
    expect([...(await cast(x, "i32").data())]).toEqual([-2, -1, 0, 0, 0, 1, 2, top, bottom, 0, top, bottom]);
    const unsigned = [0, 0, 0, 0, 0, 1, 2, 3e9, 0, 0, 2 ** 32 - 1, 0];
    expect([...(await cast(x, "u32").data())]).toEqual(unsigned);
    expect([...(await cast(x, "bool").data())]).toEqual(values.map((value) => (value === 0 ? 0 : 1)));
  });

  it("gives integers and truth values as floats", async () => {
    const integers = tensor(Int32Array.of(-5, 0, 7), { backend });
    expect([...(await cast(integers, "f32").data())]).toEqual([-5, 0, 7]);
    expect([...(await cast(tensor([true, false], { backend }), "f32").data())]).toEqual([1, 0]);
    expect([...(await cast(tensor([true, false], { backend }), "i32").data())]).toEqual([1, 0]);
  });

  law("rounds to single precision, and hands gradients back in the dtype they came for", floats([3]), async (x) => {
    const wide = tensor(x, { backend });
    await expectClose(cast(wide, "f32"), Float32Array.from(x), { tolerance: 0 });
    const slope = grad((t: Tensor) =>
      cast(t, "f32")
        .mul(tensor(Float32Array.of(1, 2, 4), { backend }))
        .sum(),
    )(wide);
    expect(slope.dtype).toBe("f64");
    await expectClose(slope, [1, 2, 4], { tolerance: 0 });
  });

  it("passes no gradient through integers", async () => {
    const through = (dtype: DType) => (x: Tensor) => cast(cast(x, dtype), "f64").mul(x).sum();
    const x = tensor(Float64Array.of(1.5, -2.5), { backend });
    await expectClose(grad(through("i32"))(x), [1, -2], { tolerance: 0 });
    await expectClose(grad(through("bool"))(x), [1, 1], { tolerance: 0 });
  });

  it("takes no cotangent of integers back to floats", async () => {
    for (const dtype of ["i32", "u32"] as const) {
      const { value, pullback } = vjp((x: Tensor) => cast(x, dtype), tensor(Float64Array.of(1.5, 2.5), { backend }));
      await expectClose(pullback(value), [0, 0], { tolerance: 0 });
    }
  });

  it("gives a tensor of that dtype as it is, and refuses what is none", () => {
    const x = tensor([1], { backend });
    expect(cast(x, "f32")).toBe(x);
    expect(cast(x, "f64").dtype).toBe("f64");
    expect(() => cast(x, "f16" as "f32")).toThrow(
      new TypeError('cast: dtype is "f16" but must be one of f32, f64, i32, u32, bool'),
    );
  });
});
