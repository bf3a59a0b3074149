import { grad, type Tensor, tensor } from "cotangent";
import {
  type ConvexPotential,
  deadZonePotential,
  entropySoftPotential,
  groupL2Potential,
  halfSquarePotential,
  huberPotential,
  l1Potential,
  l2Potential,
  lpPotential,
} from "cotangent/methods/optimizers";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";

const shape = [3, 2];
const of = (values: Float64Array) => tensor(values, { shape }) as Tensor;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const abs = (values: Float64Array) => values.map(Math.abs);
const rows = (u: Float64Array) => [0, 1, 2].map((i) => Math.hypot(u[2 * i], u[2 * i + 1]));
const xLogX = (x: number) => (x > 0 ? x * Math.log(x) : 0);
const norm = (u: Float64Array, p: number) => sum(abs(u).map((v) => v ** p)) ** (1 / p);
const inBox = (v: Float64Array, value: number) => (Math.max(...abs(v)) <= 1 ? value : Infinity);

interface Case {
  readonly name: string;
  readonly potential: ConvexPotential;
  readonly value: (u: Float64Array) => number;
  readonly conjugate: (v: Float64Array) => number;
}
const cases: readonly Case[] = [
  { name: "l1", potential: l1Potential(), value: (u) => sum(abs(u)), conjugate: (v) => inBox(v, 0) },
  ...[1.5, 3].map((p) => ({
    name: `l${p}`,
    potential: lpPotential(p),
    value: (u: Float64Array) => norm(u, p),
    conjugate: (v: Float64Array) => (norm(v, p / (p - 1)) <= 1 ? 0 : Infinity),
  })),
  {
    name: "l2",
    potential: l2Potential(),
    value: (u) => norm(u, 2),
    conjugate: (v) => (norm(v, 2) <= 1 ? 0 : Infinity),
  },
  {
    name: "group l2",
    potential: groupL2Potential(),
    value: (u) => sum(rows(u)),
    conjugate: (v) => (Math.max(...rows(v)) <= 1 ? 0 : Infinity),
  },
  {
    name: "half square",
    potential: halfSquarePotential(),
    value: (u) => norm(u, 2) ** 2 / 2,
    conjugate: (v) => norm(v, 2) ** 2 / 2,
  },
  {
    name: "dead zone",
    potential: deadZonePotential(0.7),
    value: (u) => sum(abs(u).map((v) => Math.max(0, v - 0.7))),
    conjugate: (v) => inBox(v, 0.7 * sum(abs(v))),
  },
  {
    name: "huber",
    potential: huberPotential(0.7),
    value: (u) => sum(abs(u).map((v) => (v <= 0.7 ? v ** 2 / 1.4 : v - 0.35))),
    conjugate: (v) => inBox(v, 0.35 * sum(v.map((x) => x * x))),
  },
  {
    name: "entropy soft",
    potential: entropySoftPotential(0.7),
    value: (u) => 0.7 * sum(u.map((v) => Math.log(2 * Math.cosh(v / 0.7)))),
    conjugate: (v) => inBox(v, 0.7 * sum(v.map((x) => xLogX((1 + x) / 2) + xLogX((1 - x) / 2)))),
  },
];

describe.each(cases)("the $name potential", ({ name, potential, value, conjugate }) => {
  /** Whether directions determine momenta: not those of norms, which all have length 1, nor those of a dead zone. */
  const isSmooth = /soft|huber|square/.test(name);
  const away = distinctFloats(shape, 0.1).filter((u) => u.every((v) => Math.abs(Math.abs(v) - 0.7) > 0.02)); // no kink near

  law(
    "and its conjugate are what their formulas say",
    floats(shape),
    floats(shape, { min: -1.2, max: 1.2 }),
    async (u, v) => {
      await expectClose(potential.value(of(u)), value(u), { tolerance: 1e-12 });
      await expectClose(potential.conjugate(of(v)), conjugate(v), { tolerance: 1e-12 });
      const small = v.map((x) => 0.2 * x);
      await expectClose(potential.conjugate(of(small)), conjugate(small), { tolerance: 1e-12 });
    },
  );

  law("has as its gradient the slope of its value", away, async (u) => {
    await expectClose(potential.gradient(of(u)), grad(potential.value)(of(u)), { tolerance: 1e-11 });
  });

  it("agrees with central differences", async () => {
    await checkGradient(potential.value, of(Float64Array.of(0.31, -1.13, 2.17, 0.23, -0.89, 1.61)));
  });

  law("meets Fenchel's inequality, with equality at the gradient", floats(shape), floats(shape), async (u, w) => {
    const inner = (a: Float64Array, b: Float64Array) => sum(a.map((x, i) => x * b[i]));
    const k = await potential.value(of(u)).item();
    const v = (await potential.gradient(of(w)).data()) as Float64Array; // inside the domain
    expect(k + (await potential.conjugate(of(v)).item())).toBeGreaterThanOrEqual(inner(u, v) - 1e-11);
    const own = (await potential.gradient(of(u)).data()) as Float64Array;
    await expectClose([k + (await potential.conjugate(of(own)).item())], [inner(u, own)], { tolerance: 1e-11 });
  });

  law("is even, and at rest at 0", floats(shape), async (u) => {
    const mirrored = u.map((v) => -v);
    await expectClose(potential.value(of(mirrored)), potential.value(of(u)), { tolerance: 1e-14 });
    const turned = (await potential.gradient(of(mirrored)).data()).map((v) => -v);
    await expectClose(potential.gradient(of(u)), turned, { tolerance: 1e-14 });
    expect([...(await potential.gradient(of(new Float64Array(6))).data())].map(Math.abs)).toEqual(Array(6).fill(0));
  });

  if (isSmooth) {
    law("has as its conjugate's slope the momentum of a direction", away, async (u) => {
      const small = u.map((v) => 0.05 * v);
      await expectClose(grad(potential.conjugate)(potential.gradient(of(small))), small, { tolerance: 1e-10 });
    });
  }

  it("lets NaN through, so that a bad gradient shows", async () => {
    const u = of(Float64Array.of(1, Number.NaN, 2, 0, -1, 3));
    expect((await potential.gradient(u).data()).some(Number.isNaN)).toBe(true);
  });

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const u = tensor(
        [
          [0.5, -2],
          [0, 0],
          [3, 0.1],
        ],
        { backend },
      );
      return potential.gradient(u).add(potential.value(u));
    });
  });
});

describe("potentials that are norms", () => {
  law(
    "know no scale: magnitudes neither overflow nor vanish",
    floats(shape, { min: 0.5, max: 3 }),
    numbers({ min: -200, max: 200 }),
    async (u, power) => {
      const scaled = u.map((v) => v * 10 ** power);
      for (const potential of [lpPotential(1.5), lpPotential(4), l2Potential(), groupL2Potential()]) {
        await expectClose(potential.gradient(of(scaled)), potential.gradient(of(u)), { tolerance: 1e-12 });
        const ratio = (await potential.value(of(scaled)).item()) / 10 ** power;
        await expectClose(potential.value(of(u)), ratio, { tolerance: 1e-12 });
      }
    },
  );

  law("treat a zero row alone", floats([4]), async (u) => {
    const withZero = Float64Array.of(u[0], u[1], 0, 0, u[2], u[3]);
    const g = await groupL2Potential().gradient(of(withZero)).data();
    expect([g[2], g[3]]).toEqual([0, 0]);
    await expectClose(groupL2Potential().gradient(tensor(u, { shape: [2, 2] }) as Tensor), [g[0], g[1], g[4], g[5]]);
  });
});

it("say how far a direction reaches", () => {
  expect([l1Potential, halfSquarePotential].map((make) => make().unit)).toEqual(["element", "element"]);
  expect([groupL2Potential().unit, l2Potential().unit, lpPotential(3).unit]).toEqual(["row", "tensor", "tensor"]);
});

it("name the argument that is wrong", () => {
  expect(() => lpPotential(1)).toThrow(new RangeError("lpPotential: p is 1 but must be a finite number > 1"));
  expect(() => huberPotential(0)).toThrow(new RangeError("huberPotential: e is 0 but must be a finite number > 0"));
  expect(() => deadZonePotential(-1)).toThrow(
    new RangeError("deadZonePotential: e is -1 but must be a finite number > 0"),
  );
  expect(() => entropySoftPotential(Number.NaN)).toThrow(
    new RangeError("entropySoftPotential: e is NaN but must be a finite number > 0"),
  );
});
