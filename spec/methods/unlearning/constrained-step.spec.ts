import { evaluate, leavesOf, type Tensor, tensor } from "cotangent";
import { adam, applyUpdates, type Optimizer, sgd } from "cotangent/methods/optimizers";
import { constrainedStep, type ParameterBall, projectInfBall, projectL2Ball } from "cotangent/methods/unlearning";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";
import { distance, flat, type Pair, pair } from "./support/balls.js";

const points = floats([6]);
const radii = numbers({ min: 0.01, max: 1 });
const optimizers: readonly Optimizer[] = [sgd({ learningRate: 0.3, momentum: 0.9 }), adam({ learningRate: 0.3 })];
/** The slope of Σ (x − 1)⁴ / 4, scaled by position. */
const slopes = (params: Pair): Pair => ({
  a: params.a.sub(1).mul(params.a.sub(1)).mul(params.a.sub(1)).mul(0.3),
  b: params.b.sub(1).mul(params.b.sub(1)).mul(params.b.sub(1)).mul(2),
});

/** The parameters after each of some steps. */
async function path(
  optimizer: Optimizer,
  start: Float64Array,
  center: Float64Array,
  ball: ParameterBall,
): Promise<Float64Array[]> {
  let [params, state] = [pair(start), optimizer.init(pair(start))];
  const visited: Float64Array[] = [];
  for (let i = 0; i < 8; i++) {
    const next = evaluate(constrainedStep(optimizer, slopes(params), { params, state }, pair(center), ball));
    for (const tensor of leavesOf({ params, state })) tensor.dispose();
    ({ params, state } = next);
    visited.push(await flat(params));
  }
  for (const tensor of leavesOf({ params, state })) tensor.dispose();
  return visited;
}

const projectEachL2: typeof projectL2Ball = (params, center, radius) =>
  projectL2Ball(params, center, radius, { scope: "tensor" });

describe("constrainedStep", () => {
  law("stays within fl(θ₀ ± δ), exactly, at every step", points, radii, async (x, radius) => {
    for (const optimizer of optimizers) {
      for (const found of await path(optimizer, x, x, { radius })) {
        found.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(x[i] - radius);
          expect(value).toBeLessThanOrEqual(x[i] + radius);
        });
      }
    }
  });

  law("stays within the Euclidean ball at every step", points, radii, async (x, radius) => {
    for (const found of await path(optimizers[1], x, x, { radius, norm: "l2" })) {
      expect(distance(found, x)).toBeLessThanOrEqual(radius * (1 + 1e-12));
    }
    for (const found of await path(optimizers[1], x, x, { radius, norm: "l2", scope: "tensor" })) {
      expect(distance(found.slice(0, 2), x.slice(0, 2))).toBeLessThanOrEqual(radius * (1 + 1e-12));
      expect(distance(found.slice(2), x.slice(2))).toBeLessThanOrEqual(radius * (1 + 1e-12));
    }
  });

  law(
    "with radius 0 never moves, with Infinity or none goes where the optimizer goes",
    points,
    points,
    async (x, other) => {
      for (const optimizer of optimizers) {
        for (const norm of ["inf", "l2"] as const) {
          for (const found of await path(optimizer, x, x, { radius: 0, norm })) expect(found).toEqual(x);
          const free = await path(optimizer, x, x, { radius: Number.POSITIVE_INFINITY, norm });
          expect(free).toEqual(await path(optimizer, x, other, {}));
        }
      }
      const optimizer = optimizers[1];
      const { updates } = optimizer.update(slopes(pair(x)), optimizer.init(pair(x)), pair(x));
      const [first] = await path(optimizer, x, x, {});
      expect(first).toEqual(await flat(applyUpdates(pair(x), updates)));
    },
  );

  law("is first clip(−η·g, −δ, δ) for gradient descent in the box", points, radii, async (x, radius) => {
    const [found] = await path(sgd({ learningRate: 0.3 }), x, x, { radius });
    const slope = await flat(slopes(pair(x)));
    found.forEach((value, i) => {
      const step = Math.min(Math.max(-0.3 * slope[i], -radius), radius);
      expect(Math.abs(value - (x[i] + step))).toBeLessThanOrEqual(1e-15 * (Math.abs(x[i]) + 1));
    });
  });

  law(
    "projects after the update, and leaves the optimizer's moments alone",
    points,
    points,
    radii,
    async (x, c, radius) => {
      const optimizer = optimizers[1];
      const state = optimizer.init(pair(x));
      const { updates, state: wanted } = optimizer.update(slopes(pair(x)), state, pair(x));
      for (const [ball, project] of [
        [{ radius }, projectInfBall],
        [{ radius, norm: "l2" }, projectL2Ball],
        [{ radius, norm: "l2", scope: "tensor" }, projectEachL2],
      ] as const) {
        const found = constrainedStep(optimizer, slopes(pair(x)), { params: pair(x), state }, pair(c), ball);
        expect(await flat(found.params)).toEqual(await flat(project(applyUpdates(pair(x), updates), pair(c), radius)));
        const [moments, expected] = [leavesOf<Tensor>(found.state), leavesOf<Tensor>(wanted)];
        for (const [i, moment] of moments.entries()) expect(await moment.data()).toEqual(await expected[i].data());
      }
    },
  );

  it("names what is wrong", () => {
    const x = pair(new Float64Array(6));
    const held = { params: x, state: optimizers[1].init(x) };
    const call =
      (ball: object, center: unknown = x) =>
      () =>
        constrainedStep(optimizers[1], x, held, center as Pair, ball);
    expect(call({ radius: -1 })).toThrow(
      "constrainedStep: radius is -1 but must be a number ≥ 0, or Infinity for no limit",
    );
    expect(call({ norm: "l1" })).toThrow('constrainedStep: norm is "l1" but must be one of inf, l2');
    expect(call({ scope: "block" })).toThrow('constrainedStep: scope is "block" but must be one of all, tensor');
    expect(call({}, { a: x.a })).toThrow(
      "constrainedStep: center has no tensor at b but must have all those of params",
    );
    expect(call({}, { ...x, b: tensor([1]) })).toThrow(
      "constrainedStep: center.b has shape [1] but must match params, [2, 2]",
    );
  });
});
