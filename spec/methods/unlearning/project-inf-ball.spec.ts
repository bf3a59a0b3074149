import { grad, leavesOf, type Tensor, tensor } from "cotangent";
import { projectInfBall } from "cotangent/methods/unlearning";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { distance, flat, pair } from "./support/balls.js";

const points = floats([6]);
const radii = numbers({ min: 0.01, max: 2 });

describe("projectInfBall", () => {
  law(
    "clips each element to [fl(θ₀ − δ), fl(θ₀ + δ)], to the last bit",
    points,
    points,
    radii,
    async (x, c, radius) => {
      const found = await flat(projectInfBall(pair(x), pair(c), radius));
      expect(found).toEqual(x.map((value, i) => Math.min(Math.max(value, c[i] - radius), c[i] + radius)));
      found.forEach((value, i) => {
        expect(Math.abs(value - c[i])).toBeLessThanOrEqual(radius + 2 ** -53 * (Math.abs(c[i]) + radius));
      });
    },
  );

  law(
    "in single precision, is off by half a unit in the last place of |θ₀| + δ at most",
    points,
    points,
    radii,
    async (x, c, radius) => {
      const [single, center, delta] = [Float32Array.from(x), Float32Array.from(c), Math.fround(radius)];
      const found = await projectInfBall(tensor(single), tensor(center), radius).data();
      found.forEach((value, i) => {
        expect(Math.abs(value - center[i])).toBeLessThanOrEqual(delta + 2 ** -24 * 2 * (Math.abs(center[i]) + delta));
        expect(value).toBeLessThanOrEqual(Math.fround(center[i] + delta));
        expect(value).toBeGreaterThanOrEqual(Math.fround(center[i] - delta));
      });
    },
  );

  law("changes nothing the second time, to the last bit", points, points, radii, async (x, c, radius) => {
    const once = projectInfBall(pair(x), pair(c), radius);
    expect(await flat(projectInfBall(once, pair(c), radius))).toEqual(await flat(once));
  });

  law("does not take points further apart", points, points, points, radii, async (x, y, c, radius) => {
    const [p, q] = [
      await flat(projectInfBall(pair(x), pair(c), radius)),
      await flat(projectInfBall(pair(y), pair(c), radius)),
    ];
    expect(distance(p, q)).toBeLessThanOrEqual(distance(x, y) * (1 + 1e-15));
  });

  law(
    "is the closest of all points in the ball",
    points,
    points,
    floats([6], { min: -1, max: 1 }),
    radii,
    async (x, c, other, radius) => {
      const found = await flat(projectInfBall(pair(x), pair(c), radius));
      const feasible = c.map((value, i) => value + radius * other[i]);
      expect(distance(x, found)).toBeLessThanOrEqual(distance(x, feasible) + 1e-15);
    },
  );

  law(
    "is the identity inside, where its slope is 1, and outside its slope is 0",
    points,
    floats([6], { min: -0.99, max: 0.99 }),
    radii,
    async (c, inside, radius) => {
      const x = c.map((value, i) => value + radius * inside[i]);
      expect(await flat(projectInfBall(pair(x), pair(c), radius))).toEqual(x);
      const total = (params: ReturnType<typeof pair>) =>
        leavesOf(projectInfBall(params, pair(c), radius))
          .map((leaf) => leaf.sum())
          .reduce((sum, part) => sum.add(part));
      await expectClose(await flat(grad(total)(pair(x))), [1, 1, 1, 1, 1, 1], { tolerance: 0 });
      const far = c.map((value, i) => value + (i % 2 === 0 ? 1 : -1) * (radius + 1));
      await expectClose(await flat(grad(total)(pair(far))), [0, 0, 0, 0, 0, 0], { tolerance: 0 });
    },
  );

  law("of some tensors is the projection of all, with those kept", points, points, radii, async (x, c, radius) => {
    const all = projectInfBall(pair(x), pair(c), radius);
    const some = projectInfBall({ b: pair(x).b }, { b: pair(c).b }, radius);
    expect(await some.b.data()).toEqual(await all.b.data());
  });

  it("is the center at radius 0, even the sign of its zeros, and nothing at Infinity", async () => {
    const center = tensor(new Float64Array([-0, 0.1, 1e300]));
    const [x] = [tensor(new Float64Array([1, -1e308, 2]))];
    const found = await projectInfBall(x, center, 0).data();
    expect([...found]).toEqual([-0, 0.1, 1e300]); // a list tells −0 from 0
    const lost = tensor(new Float64Array([Number.NaN, 0, Number.POSITIVE_INFINITY]));
    expect([...(await projectInfBall(lost, center, 0).data())]).toEqual([-0, 0.1, 1e300]);
    expect(await projectInfBall(x, center, Number.POSITIVE_INFINITY).data()).toEqual(await x.data());
    const endless = tensor(new Float64Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]));
    expect(await projectInfBall(x, endless, Number.POSITIVE_INFINITY).data()).toEqual(await x.data());
    expect(await projectInfBall(x, center, 1).data()).toEqual(new Float64Array([1, -0.9, 1e300]));
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement(
      (backend) => projectInfBall(tensor([1, 2, 3], { backend }), tensor([1.25, 0, 2.9], { backend }), 0.3),
      0,
    );
  });

  it("names what is wrong", () => {
    const x = pair(new Float64Array(6));
    const call =
      (center: unknown, radius = 1) =>
      () =>
        projectInfBall(x as { a: Tensor; b: Tensor }, center as typeof x, radius);
    expect(call(x, -1)).toThrow("projectInfBall: radius is -1 but must be a number ≥ 0, or Infinity for no limit");
    expect(call(x, Number.NaN)).toThrow(
      "projectInfBall: radius is NaN but must be a number ≥ 0, or Infinity for no limit",
    );
    expect(call({ a: x.a })).toThrow("projectInfBall: params has a tensor at b but must have only those of center");
    expect(call({ ...x, c: x.a })).toThrow(
      "projectInfBall: params has no tensor at c but must have all those of center",
    );
    expect(call({ a: x.a, b: x.a })).toThrow("projectInfBall: params.b has shape [2, 2] but must match center, [2]");
    expect(call({ a: tensor([1, 2]), b: x.b })).toThrow(
      "projectInfBall: params.a is f64 but must match center, f32; cast one of them",
    );
  });
});
