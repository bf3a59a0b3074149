import { type Tensor, tensor } from "cotangent";
import { projectL2Ball } from "cotangent/methods/unlearning";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { distance, flat, pair } from "./support/balls.js";

const points = floats([6]);
const radii = numbers({ min: 0.01, max: 4 });

describe("projectL2Ball", () => {
  law(
    "is θ₀ + (θ − θ₀)·min(1, δ/‖θ − θ₀‖), at a distance of δ at most",
    points,
    points,
    radii,
    async (x, c, radius) => {
      const found = await flat(projectL2Ball(pair(x), pair(c), radius));
      const share = Math.min(1, radius / distance(x, c));
      await expectClose(
        found,
        x.map((value, i) => c[i] + (value - c[i]) * share),
        { tolerance: 1e-14 },
      );
      expect(distance(found, c)).toBeLessThanOrEqual(radius * (1 + 1e-12));
    },
  );

  law("of each tensor for itself, if asked", points, points, radii, async (x, c, radius) => {
    const found = await flat(projectL2Ball(pair(x), pair(c), radius, { scope: "tensor" }));
    const parts = [
      [0, 2],
      [2, 6],
    ].flatMap(([from, to]) => {
      const share = Math.min(1, radius / distance(x.slice(from, to), c.slice(from, to)));
      return [...x.slice(from, to)].map((value, i) => c[from + i] + (value - c[from + i]) * share);
    });
    await expectClose(found, parts, { tolerance: 1e-14 });
  });

  law("changes nothing the second time", points, points, radii, async (x, c, radius) => {
    const once = projectL2Ball(pair(x), pair(c), radius);
    await expectClose(await flat(projectL2Ball(once, pair(c), radius)), await flat(once), { tolerance: 1e-14 });
  });

  law("does not take points further apart", points, points, points, radii, async (x, y, c, radius) => {
    const [p, q] = [
      await flat(projectL2Ball(pair(x), pair(c), radius)),
      await flat(projectL2Ball(pair(y), pair(c), radius)),
    ];
    expect(distance(p, q)).toBeLessThanOrEqual(distance(x, y) * (1 + 1e-12) + 1e-14);
  });

  law("is the closest of all points in the ball", points, points, points, radii, async (x, c, other, radius) => {
    const found = await flat(projectL2Ball(pair(x), pair(c), radius));
    const share = Math.min(1, radius / Math.hypot(...other, 1e-9));
    const feasible = c.map((value, i) => value + other[i] * share);
    expect(distance(x, found)).toBeLessThanOrEqual(distance(x, feasible) + 1e-13);
  });

  law("is the identity inside, to the last bit", points, points, async (x, c) => {
    expect(await flat(projectL2Ball(pair(x), pair(c), distance(x, c) * 1.01 + 0.01))).toEqual(x);
    expect(await flat(projectL2Ball(pair(c), pair(c), 0.01))).toEqual(c);
  });

  law("agrees with central differences to second order outside", points, async (x) => {
    const far = x.map((value, i) => (i === 0 ? 4 + Math.abs(value) : value));
    const center = pair(new Float64Array(6));
    await checkGradient(
      (params) => {
        const { a, b } = projectL2Ball(params, center, 1.5);
        return a.mul(a).mul(a).sum().add(b.mul(b).mul(b).sum());
      },
      pair(far),
      { order: 2 },
    );
  });

  it("is the center at radius 0, even the sign of its zeros, and nothing at Infinity", async () => {
    const [x, center] = [tensor(new Float64Array([1, 2])), tensor(new Float64Array([-0, 3]))];
    expect(await projectL2Ball(x, center, 0).data()).toEqual(new Float64Array([-0, 3]));
    expect(await projectL2Ball(x, center, Number.POSITIVE_INFINITY).data()).toEqual(new Float64Array([1, 2]));
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement(
      (backend) => projectL2Ball(tensor([1, 2, 3], { backend }), tensor([1.25, 0, 2.9], { backend }), 0.3),
      1e-6,
    );
  });

  it("names what is wrong", () => {
    const x = pair(new Float64Array(6));
    const call =
      (options: object, radius = 1, center: unknown = x) =>
      () =>
        projectL2Ball(x as { a: Tensor; b: Tensor }, center as typeof x, radius, options);
    expect(call({}, -1)).toThrow("projectL2Ball: radius is -1 but must be a number ≥ 0, or Infinity for no limit");
    expect(call({}, Number.NaN)).toThrow(
      "projectL2Ball: radius is NaN but must be a number ≥ 0, or Infinity for no limit",
    );
    expect(call({ scope: "layer" })).toThrow('projectL2Ball: scope is "layer" but must be one of all, tensor');
    expect(call({}, 1, { a: x.a })).toThrow(
      "projectL2Ball: params has a tensor at b but must have only those of center",
    );
  });
});
