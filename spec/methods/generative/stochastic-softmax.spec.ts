import { grad, jvp, randomKey, type Tensor, tensor } from "cotangent";
import { categoricalSst, kSubsetSst, sampleHard, sampleRelaxed, stochasticSoftmax } from "cotangent/methods/generative";
import { checkGradient, distinctFloats, floats, numbers, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { infeasibility, instances } from "./support/instances.js";
import { best, covariances, dot, marginals, mean } from "./support/structures.js";

const temperatures = numbers({ min: 0.2, max: 3 });
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const key = randomKey(11);

describe.each(instances)("$name", (instance) => {
  const { family, shape, objects, spread, isExponential, isShiftable, hardness, hasKinks } = instance;
  const size = sizeOf(shape);
  const of = (u: ArrayLike<number>) => tensor(Float64Array.from(u), { shape });
  const wide = floats([size], { min: -4, max: 4 });

  law("has a hard object as brute force finds it", wide, async (u) => {
    const { object, gap } = best(objects, u);
    if (gap < 1e-9) return;
    await expectClose(family.hard(of(u)), object, { tolerance: 0 });
  });

  law("has a relaxed object in the polytope", wide, temperatures, async (u, t) => {
    expect(infeasibility(instance, await family.relaxed(of(u), t).data())).toBeLessThan(1e-12);
  });

  if (isExponential) {
    law("is the mean under chances ∝ exp ⟨u, x⟩ / t", wide, temperatures, async (u, t) => {
      const expected = marginals(
        objects,
        u.map((v) => v / t),
      );
      await expectClose(family.relaxed(of(u), t), expected, { tolerance: 1e-12 });
    });

    law("has the covariances of the entries as its Jacobian", wide, async (u) => {
      const expected = covariances(objects, u);
      const many = tensor(Float64Array.from(expected.flatMap(() => [...u])), { shape: [size, ...shape] });
      const units = tensor(
        Float64Array.from(expected.flatMap((_, i) => expected.map((_row, j) => (j === i ? 1 : 0)))),
        {
          shape: [size, ...shape],
        },
      );
      const { tangent } = jvp((x: Tensor) => family.relaxed(x, 1), many, units);
      await expectClose(tangent, expected.flat(), { tolerance: 1e-12 });
    });

    law("tends to the mean object as t grows", wide, async (u) => {
      const uniform = mean(
        objects,
        objects.map(() => 1 / objects.length),
      );
      await expectClose(family.relaxed(of(u), 1e9), uniform, { tolerance: 1e-7 });
    });
  }

  law("tends to the hard object as t shrinks", distinctFloats(shape, 0.2), async (u) => {
    const { object, gap } = best(objects, u);
    if (gap < 0.01) return;
    await expectClose(family.relaxed(of(u), gap / (20 * hardness)), object, { tolerance: 1e-3 });
  });

  law("loses at most t (max f − min f), the less the smaller t", wide, temperatures, async (u, t) => {
    const top = dot(best(objects, u).object, u);
    let earlier = -Infinity;
    for (const scale of [1, 0.5, 0.2]) {
      const value = dot(await family.relaxed(of(u), scale * t).data(), u);
      expect(value).toBeGreaterThanOrEqual(Math.max(earlier, top - scale * t * spread) - 1e-9);
      expect(value).toBeLessThanOrEqual(top + 1e-9);
      earlier = value;
    }
  });

  law("depends on u / t alone", wide, temperatures, numbers({ min: 0.5, max: 4 }), async (u, t, s) => {
    const scaled = family.relaxed(of(u.map((v) => s * v)), t);
    await expectClose(scaled, family.relaxed(of(u), t / s), { tolerance: 1e-10 });
  });

  if (isShiftable && !instance.name.startsWith("correlated")) {
    law("does not change when all utilities grow alike", wide, numbers({ min: -50, max: 50 }), async (u, c) => {
      const shifted = u.map((v) => v + c);
      await expectClose(family.relaxed(of(shifted), 0.7), family.relaxed(of(u), 0.7), { tolerance: 1e-11 });
    });
  }

  law("has a symmetric positive semidefinite Jacobian", distinctFloats(shape, 0.1), floats([size]), async (u, v) => {
    const relaxed = (x: Tensor) => family.relaxed(x, 0.8);
    const along = (d: Float64Array) => jvp(relaxed, of(u), of(d)).tangent.data();
    const back = await grad((x: Tensor) => relaxed(x).mul(of(v)).sum())(of(u)).data();
    const forward = await along(v);
    await expectClose(forward, back, { tolerance: 1e-11 });
    expect(dot(forward, v)).toBeGreaterThanOrEqual(-1e-12);
  });

  it("agrees with finite differences to second order", async () => {
    const u = of(Float64Array.from({ length: size }, (_, i) => 0.35 * Math.sin(7 * i + 1) + 0.3));
    const weights = of(Float64Array.from({ length: size }, (_, i) => Math.cos(3 * i) + i / size));
    const loss = (x: Tensor) => {
      const relaxed = family.relaxed(x, 1.3);
      return relaxed.mul(relaxed).mul(weights).sum();
    };
    await checkGradient(loss, u, { order: 2 });
  });

  law("stays finite, value and gradient, at utilities of ±10⁴", distinctFloats(shape, 200), async (u) => {
    const far = u.map((v) => Math.max(-1e4, Math.min(1e4, v * 8)));
    for (const t of [0.1, 10]) {
      const relaxed = await family.relaxed(of(far), t).data();
      expect(infeasibility(instance, relaxed)).toBeLessThan(1e-6);
      const slope = await grad((x: Tensor) => family.relaxed(x, t).mul(of(u)).sum())(of(far)).data();
      expect(slope.every(Number.isFinite)).toBe(true);
    }
  });

  it("works on batches as on each", async () => {
    const rows = [0, 1, 2, 3].map((row) => Float64Array.from({ length: size }, (_, i) => Math.sin(5 * i + row)));
    const batch = tensor(Float64Array.from(rows.flatMap((row) => [...row])), { shape: [2, 2, ...shape] });
    const join = async (f: (u: Tensor) => Tensor) =>
      (await Promise.all(rows.map(async (row) => [...(await f(of(row)).data())]))).flat();
    await expectClose(family.relaxed(batch, 0.6), await join((u) => family.relaxed(u, 0.6)), { tolerance: 1e-13 });
    await expectClose(family.hard(batch), await join((u) => family.hard(u)), { tolerance: 0 });
    expect(family.relaxed(batch, 0.6).shape).toEqual([2, 2, ...shape]);
    expect(family.hard(batch).shape).toEqual([2, 2, ...shape]);
  });

  it("has NaN for a hard object whose utilities turn out not to be finite", async () => {
    const broken = of(Float64Array.from({ length: size }, (_, i) => i + 1));
    for (const bad of [Number.NaN, Infinity]) {
      const values = await family
        .hard(
          broken
            .add(of(Float64Array.from({ length: size }, (_, i) => (i === 0 ? 0 : 1))))
            .add(0)
            .mul(bad),
        )
        .data();
      expect([...values].every(Number.isNaN)).toBe(true);
    }
  });

  it("takes no gradient through the hard object", async () => {
    const u = of(Float64Array.from({ length: size }, (_, i) => Math.sin(i)));
    await expectClose(grad((x: Tensor) => family.hard(x).sum())(u), new Float64Array(size), { tolerance: 0 });
  });

  law("is sampled as theta plus noise", floats([size]), seeds, async (theta, seed) => {
    const at = randomKey(seed);
    const { utilities, hard, relaxed } = sampleRelaxed(family, at, of(theta), 0.5);
    const noise = await sampleHard(family, at, of(new Float64Array(size))).utilities.data();
    await expectClose(
      utilities,
      theta.map((v, i) => v + noise[i]),
      { tolerance: 1e-14 },
    );
    const u = await utilities.data();
    await expectClose(hard, family.hard(of(u)), { tolerance: 0 });
    await expectClose(relaxed, family.relaxed(of(u), 0.5), { tolerance: 1e-14 });
    await expectClose(sampleHard(family, at, of(theta)).hard, hard, { tolerance: 0 });
  });

  it("says what is wrong with utilities and temperature", () => {
    const good = of(new Float64Array(size));
    for (const t of [0, -1, Number.NaN, Infinity]) {
      expect(() => family.relaxed(good, t)).toThrow(
        `${family.name}: temperature is ${t} but must be a finite number > 0`,
      );
      expect(() => sampleRelaxed(family, key, good, t)).toThrow(
        `sampleRelaxed: temperature is ${t} but must be a finite number > 0`,
      );
    }
    const bad = new Float64Array(size);
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      bad[1] = value;
      const message = `holds ${value} at 1 but must hold finite numbers`;
      expect(() => family.relaxed(of(bad), 1)).toThrow(`${family.name}: utilities ${message}`);
      expect(() => family.hard(of(bad))).toThrow(`${family.name}: utilities ${message}`);
      expect(() => sampleRelaxed(family, key, of(bad), 1)).toThrow(`sampleRelaxed: theta ${message}`);
      expect(() => sampleHard(family, key, of(bad))).toThrow(`sampleHard: theta ${message}`);
    }
    const axes = family.rank === 1 ? "a last axis" : "two last axes";
    const scalar = tensor(new Float64Array(1), { shape: [] });
    expect(() => family.hard(scalar)).toThrow(
      `${family.name}: utilities has shape [] but must have ${axes} of at least one utility`,
    );
    expect(() => family.hard(tensor(new Int32Array(size), { shape }) as unknown as Tensor)).toThrow(
      `${family.name}: utilities is i32 but must be f32 or f64; cast it`,
    );
    if (!hasKinks)
      expect(() => family.relaxed(tensor(new Float64Array(0), { shape: [0, 0] }), 1)).toThrow(
        `${family.name}: utilities has shape [0, 0] but must have ${axes} of at least one utility`,
      );
  });
});

describe("stochasticSoftmax", () => {
  it("makes an instance of one's own", async () => {
    const last = categoricalSst();
    const pairs = stochasticSoftmax({
      name: "pairs",
      noise: "logistic",
      maximum: (u) => last.hard(u.mul(-1)),
      relaxation: (z) => last.relaxed(z.mul(-1), 1),
    });
    const u = tensor(new Float64Array([3, 1, 2]));
    expect(pairs.noise).toBe("logistic");
    expect(pairs.rank).toBe(1);
    await expectClose(pairs.hard(u), [0, 1, 0], { tolerance: 0 });
    await expectClose(
      pairs.relaxed(u, 0.5),
      last
        .relaxed(u, -0.5 * -1)
        .mul(0)
        .add(last.relaxed(u.mul(-2), 1)),
    );
    const soft = stochasticSoftmax({ name: "soft", maximum: (x) => x.mul(x), relaxation: (z) => z });
    await expectClose(grad((x: Tensor) => soft.hard(x).sum())(u), [0, 0, 0], { tolerance: 0 });
    expect(() => pairs.relaxed(u, 0)).toThrow("pairs: temperature is 0 but must be a finite number > 0");
  });

  it("works in f32 as in f64", async () => {
    const family = kSubsetSst({ k: 2 });
    const theta = tensor([0.3, -0.2, 1, 0]);
    const { relaxed, utilities } = sampleRelaxed(family, key, theta, 0.5);
    expect(relaxed.dtype).toBe("f32");
    const precise = tensor(Float64Array.from(await utilities.data()));
    await expectClose(await relaxed.data(), family.relaxed(precise, 0.5), { tolerance: 1e-6 });
  });
});
