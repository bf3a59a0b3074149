import { grad, square, type Tensor, tensor } from "cotangent";
import {
  applyUpdates,
  entropySoftPotential,
  groupL2Potential,
  halfSquarePotential,
  l1Potential,
  l2Potential,
  linearSchedule,
  lion,
  lionK,
  optimize,
  sgd,
} from "cotangent/methods/optimizers";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import {
  full,
  type Reference,
  referencePath,
  runs,
  sameRow,
  sparse,
  tableOf,
  tables,
  trajectory,
} from "./support/trajectories.js";
import { checkDifferentiable } from "./support/unrolled.js";

interface Constants {
  readonly rate: (step: number) => number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly decay?: number;
  readonly implicit?: boolean;
  readonly direction?: (c: number) => number;
}
const reference =
  ({ rate, beta1 = 0.9, beta2 = 0.99, decay = 0, implicit = false, direction = Math.sign }: Constants): Reference =>
  () => {
    let [momentum, step] = [0, 0];
    return (g, x) => {
      const now = rate(step++);
      const s = direction(beta1 * momentum + (1 - beta1) * g);
      momentum = beta2 * momentum + (1 - beta2) * g;
      return implicit ? (x - now * s) / (1 + now * decay) - x : -now * (s + decay * x);
    };
  };
const betas = numbers({ min: 0, max: 0.99 });
const decays = numbers({ min: 0, max: 2 });
const tensors = (list: readonly Float64Array[]) => list.map((g) => tensor(g) as Tensor);

describe("lion", () => {
  law(
    "follows its formula",
    runs,
    betas,
    betas,
    decays,
    fc.boolean(),
    async ({ start, gradients }, beta1, beta2, weightDecay, implicit) => {
      const learningRate = linearSchedule(0.3, 0.1, 20);
      const decay = implicit ? "implicit" : "explicit";
      const { path } = await trajectory(
        lion({ learningRate, beta1, beta2, weightDecay, decay }),
        tensor(start),
        tensors(gradients),
      );
      const rate = (step: number) => 0.3 - 0.2 * Math.min(1, step / 20);
      const expected = referencePath(reference({ rate, beta1, beta2, decay: weightDecay, implicit }), start, gradients);
      for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
    },
  );

  law(
    "has 0.9, 0.99 and no decay by default, and is lionK of the sum of magnitudes",
    runs,
    async ({ start, gradients }) => {
      const { path } = await trajectory(lion({ learningRate: 0.1 }), tensor(start), tensors(gradients));
      const expected = referencePath(reference({ rate: () => 0.1 }), start, gradients);
      for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
      const other = lionK({ learningRate: 0.1, potential: l1Potential() });
      expect((await trajectory(other, tensor(start), tensors(gradients))).path).toEqual(path);
    },
  );

  law("is sign descent without memory and decay", runs, async ({ start, gradients }) => {
    const rule = lion({ learningRate: 0.25, beta1: 0, beta2: 0 });
    const { path } = await trajectory(rule, tensor(start), tensors(gradients));
    const expected = referencePath(() => (g) => -0.25 * Math.sign(g), start, gradients);
    for (const [i, at] of path.entries()) expect([...at]).toEqual(expected[i]);
  });

  law(
    "moves no element by more than the rate beyond what decays",
    runs,
    decays,
    async ({ start, gradients }, weightDecay) => {
      const { path } = await trajectory(lion({ learningRate: 0.3, weightDecay }), tensor(start), tensors(gradients));
      path.forEach((at, i) => {
        const before = i === 0 ? start : path[i - 1];
        at.forEach((x, j) => {
          expect(Math.abs(x - (1 - 0.3 * weightDecay) * before[j])).toBeLessThanOrEqual(0.3 + 1e-14);
        });
      });
    },
  );

  law(
    "comes to the box as (1 − rate · decay)ᵗ, and stays",
    runs,
    numbers({ min: 0.1, max: 3 }),
    async ({ start, gradients }, weightDecay) => {
      const { path } = await trajectory(
        lion({ learningRate: 0.3, weightDecay }),
        tensor(start.map((v) => 5 * v)),
        tensors(gradients),
      );
      const beyond = (x: ArrayLike<number>) => Array.from(x, (v) => Math.max(0, Math.abs(weightDecay * v) - 1));
      path.forEach((at, i) => {
        const before = beyond(i === 0 ? start.map((v) => 5 * v) : path[i - 1]);
        beyond(at).forEach((excess, j) => {
          expect(excess).toBeLessThanOrEqual((1 - 0.3 * weightDecay) * before[j] + 1e-12);
        });
      });
    },
  );

  law(
    "does not see the scale of the loss, to the bit for powers of two",
    runs,
    fc.integer({ min: -20, max: 20 }),
    async ({ start, gradients }, power) => {
      const rule = lion({ learningRate: 0.1, weightDecay: 0.5 });
      const { path } = await trajectory(rule, tensor(start), tensors(gradients));
      const scaled = gradients.map((g) => g.map((v) => v * 2 ** power));
      expect((await trajectory(rule, tensor(start), tensors(scaled))).path).toEqual(path);
    },
  );

  it("only decays where gradient and momentum are 0", async () => {
    const rule = lion({ learningRate: 0.1, weightDecay: 0.5 });
    const { path } = await trajectory(rule, tensor(Float64Array.of(2, -1)), tensors([new Float64Array(2)]));
    await expectClose(path[0], [1.9, -0.95], { tolerance: 1e-15 });
  });

  it("ends at a point that Karush, Kuhn and Tucker accept", async () => {
    const target = tensor(Float64Array.of(2, 0.3, -0.1, -5)) as Tensor; // minimize ‖x − target‖²/2 in the box of 1/1.5
    let x = Float64Array.of(3, -1, 0.2, 1);
    for (let learningRate = 0.02; learningRate > 1e-4; learningRate /= 2) {
      const rule = lion({ learningRate, weightDecay: 1.5, beta1: 0.5, beta2: 0.5 });
      using training = optimize((p: Tensor) => square(p.sub(target)).sum().mul(0.5), tensor(x) as Tensor, rule);
      for (let step = 0; step < 200; step++) await training.step();
      x = (await training.params.data()) as Float64Array<ArrayBuffer>;
    }
    await expectClose(x, [1 / 1.5, 0.3, -0.1, -1 / 1.5], { tolerance: 2e-3 }); // the last rate is 1.6e-4
  });
});

describe("lionK", () => {
  law("takes the gradient of any potential", runs, betas, decays, async ({ start, gradients }, beta1, weightDecay) => {
    const rule = lionK({ learningRate: 0.1, beta1, weightDecay, potential: entropySoftPotential(0.4) });
    const { path } = await trajectory(rule, tensor(start), tensors(gradients));
    const direction = (c: number) => Math.tanh(c / 0.4);
    const expected = referencePath(
      reference({ rate: () => 0.1, beta1, decay: weightDecay, direction }),
      start,
      gradients,
    );
    for (const [i, at] of path.entries()) await expectClose(at, expected[i], { tolerance: 1e-12 });
  });

  law("of half a square is momentum with decay", runs, async ({ start, gradients }) => {
    const rule = lionK({ learningRate: 0.1, beta1: 0.8, beta2: 0.8, potential: halfSquarePotential() });
    const { path } = await trajectory(rule, tensor(start), tensors(gradients));
    const plain = await trajectory(sgd({ learningRate: 0.02, momentum: 0.8 }), tensor(start), tensors(gradients));
    for (const [i, at] of path.entries()) await expectClose(at, plain.path[i], { tolerance: 1e-12 });
  });

  law(
    "comes to the ball of its norm as (1 − rate · decay)ᵗ, and stays",
    runs,
    fc.boolean(),
    async ({ start, gradients }, implicit) => {
      const decay = implicit ? "implicit" : "explicit";
      const rule = lionK({ learningRate: 0.2, weightDecay: 2, potential: l2Potential(), decay });
      const { path } = await trajectory(rule, tensor(start.map((v) => 4 * v)), tensors(gradients));
      const beyond = (x: Float64Array) => Math.max(0, 2 * Math.hypot(...x) - 1);
      path.forEach((at, i) => {
        const before = beyond(i === 0 ? start.map((v) => 4 * v) : path[i - 1]);
        expect(beyond(at)).toBeLessThanOrEqual((implicit ? 1 / 1.4 : 0.6) * before + 1e-12);
      });
    },
  );

  for (const [name, potential] of [
    ["the sign", l1Potential()],
    ["rows", groupL2Potential()],
  ] as const) {
    law(
      `of ${name} is exact on rows, or leaves those without a gradient alone if lazy`,
      tables,
      async ({ table, steps }) => {
        const options = { learningRate: 0.05, weightDecay: 0.3, potential };
        const whole = await trajectory(lionK(options), tableOf(table), steps.map(full));
        const exact = await trajectory(lionK(options), tableOf(table), steps.map(sparse));
        for (const [i, at] of exact.path.entries()) await expectClose(at, whole.path[i], { tolerance: 1e-13 });
        const lazy = await trajectory(lionK({ ...options, lazy: true }), tableOf(table), steps.map(sparse));
        let before = table;
        for (const [i, at] of lazy.path.entries()) {
          for (let row = 0; row < 6; row++) expect(sameRow(at, before, row) || steps[i].ids.includes(row)).toBe(true);
          before = at;
        }
        await expectClose(
          lazy.path[0],
          whole.path[0].map((v, at) => (steps[0].ids.includes(at >> 1) ? v : table[at])),
          { tolerance: 1e-13 },
        );
      },
    );
  }

  law("with implicit decay leaves rows alone if lazy, too", tables, async ({ table, steps }) => {
    const options = { learningRate: 0.05, weightDecay: 0.3, potential: l1Potential(), decay: "implicit" } as const;
    const whole = await trajectory(lionK(options), tableOf(table), steps.map(full));
    const lazy = await trajectory(lionK({ ...options, lazy: true }), tableOf(table), steps.map(sparse));
    const [first] = steps;
    const expected = whole.path[0].map((v, at) => (first.ids.includes(at >> 1) ? v : table[at]));
    await expectClose(lazy.path[0], expected, { tolerance: 1e-13 });
  });

  it("can be differentiated", async () => {
    const potential = entropySoftPotential(0.5);
    for (const decay of ["explicit", "implicit"] as const) {
      await checkDifferentiable((learningRate) => lionK({ learningRate, potential, weightDecay: 0.2, decay }));
    }
    await checkDifferentiable((learningRate) => lionK({ learningRate, potential, weightDecay: 0.2, lazy: true }));
  });
});

describe.each([
  ["lion", lion],
  ["lionK", (options: Parameters<typeof lion>[0]) => lionK({ ...options, potential: l1Potential() })],
] as const)("%s", (name, make) => {
  it("names the argument that is wrong", () => {
    const learningRate = 0.1;
    expect(() => make({ learningRate: 0 })).toThrow(
      new RangeError(`${name}: learningRate is 0 but must be a finite number > 0`),
    );
    expect(() => make({ learningRate: Number.NaN })).toThrow(
      new RangeError(`${name}: learningRate is NaN but must be a finite number or a schedule`),
    );
    expect(() => make({ learningRate, beta1: 1 })).toThrow(new RangeError(`${name}: beta1 is 1 but must be in [0, 1)`));
    expect(() => make({ learningRate, beta2: -1 })).toThrow(
      new RangeError(`${name}: beta2 is -1 but must be in [0, 1)`),
    );
    expect(() => make({ learningRate, weightDecay: -1 })).toThrow(
      new RangeError(`${name}: weightDecay is -1 but must be a finite number ≥ 0`),
    );
    expect(() => make({ learningRate, decay: "none" as never })).toThrow(
      new TypeError(`${name}: decay is "none" but must be one of explicit, implicit`),
    );
  });

  it("warns where decay no longer contracts", () => {
    const said: string[] = [];
    const onWarning = (message: string) => said.push(message);
    make({ learningRate: 0.5, weightDecay: 1, onWarning });
    make({ learningRate: 0.5, weightDecay: 4, decay: "implicit", onWarning });
    expect(said).toEqual([]);
    make({ learningRate: 0.5, weightDecay: 4, onWarning });
    expect(said).toEqual([
      `${name}: learningRate · weightDecay is 2; from 1 on decay does not contract, so parameters may not reach the constraint`,
    ]);
  });

  it("raises at a gradient that is NaN, before the state is touched", () => {
    const rule = make({ learningRate: 0.1 });
    const params = { a: tensor([1]), b: tensor([1, 2]) };
    const gradients = { a: tensor([1]), b: tensor([0, Number.NaN]) };
    expect(() => rule.update(gradients, rule.init(params), params)).toThrow(
      new RangeError(`${name}: gradients[1] holds NaN at 1 but must hold finite numbers`),
    );
  });
});

it("lionK refuses to treat rows alone where a potential does not", () => {
  expect(() => lionK({ learningRate: 1, potential: l2Potential(), lazy: true })).toThrow(
    new TypeError("lionK: lazy is true but must be false for a potential of whole tensors; rows are no more alone"),
  );
});

it("lion shows a NaN that is not on the host in the parameters", async () => {
  const loss = (x: Tensor) => x.mul(Number.NaN).sum();
  const rule = lion({ learningRate: 0.1 });
  const x = tensor(Float64Array.of(1, 2)) as Tensor;
  const { updates } = rule.update(grad(loss)(x), rule.init(x), x);
  expect((await applyUpdates(x, updates).data()).every(Number.isNaN)).toBe(true);
});
