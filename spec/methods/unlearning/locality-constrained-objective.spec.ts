import { grad, type Tensor, tensor } from "cotangent";
import { type LocalityOptions, localityConstrainedObjective } from "cotangent/methods/unlearning";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes, SIZE } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";

const losses = floats([3], { min: 0, max: 3 });
const positive = numbers({ min: 0.1, max: 3 });
const mean = (x: Float64Array) => x.reduce((sum, value) => sum + value, 0) / x.length;
const scalar = (x: number) => tensor(new Float64Array([x]), { shape: [] });

describe("localityConstrainedObjective", () => {
  law(
    "is mean(modified) + (max(0, λ + ρ·g)² − λ²)/(2ρ)",
    losses,
    losses,
    losses,
    positive,
    positive,
    positive,
    async (m, u, before, tolerance, penalty, price) => {
      const options = { tolerance, penalty, multiplier: scalar(price) };
      const found = localityConstrainedObjective(
        { modified: tensor(m), unmodified: tensor(u), before: tensor(before) },
        options,
      );
      const excess = mean(u) - mean(before) - tolerance;
      const raised = Math.max(0, price + penalty * excess);
      await expectClose(found.excess, [excess], { tolerance: 1e-14 });
      await expectClose(found.multiplier, [raised], { tolerance: 1e-13 });
      await expectClose(found.objective, [mean(m) + (raised ** 2 - price ** 2) / (2 * penalty)], { tolerance: 1e-12 });
    },
  );

  law(
    "without a multiplier is the penalty of a violation, and nothing where there is none",
    losses,
    losses,
    positive,
    async (m, u, rise) => {
      const of = (before: Float64Array, options: LocalityOptions = {}) =>
        localityConstrainedObjective({ modified: tensor(m), unmodified: tensor(u), before: tensor(before) }, options)
          .objective;
      await expectClose(of(u.map((x) => x - rise)), [mean(m) + rise ** 2 / 2], { tolerance: 1e-12 });
      await expectClose(of(u.map((x) => x + rise)), [mean(m)], { tolerance: 1e-14 });
      await expectClose(
        of(
          u.map((x) => x - rise),
          { tolerance: rise + 0.01, penalty: 7 },
        ),
        [mean(m)],
        { tolerance: 1e-14 },
      );
    },
  );

  law(
    "has slope max(0, λ + ρ·g)/b in each other loss, and none in those before",
    losses,
    losses,
    positive,
    async (m, u, rise) => {
      const tree = { unmodified: tensor(u), before: tensor(u.map((x) => x - rise)), price: scalar(0.5) };
      const slopes = grad(
        ({ unmodified, before, price }: typeof tree) =>
          localityConstrainedObjective({ modified: tensor(m), unmodified, before }, { penalty: 2, multiplier: price })
            .objective,
      )(tree);
      await expectClose(slopes.unmodified, Array(3).fill((0.5 + 2 * rise) / 3), { tolerance: 1e-13 });
      await expectClose(slopes.before, [0, 0, 0], { tolerance: 0 });
      await expectClose(slopes.price, [0], { tolerance: 0 });
    },
  );

  law("agrees with central differences to second order", losses, positive, async (m, rise) => {
    const before = tensor(m.map((x) => x * x - rise));
    const f = (x: Tensor) =>
      localityConstrainedObjective({ modified: x.mul(x).mul(x), unmodified: x.mul(x), before }, { penalty: 3 })
        .objective;
    await checkGradient(f, tensor(m.map((x) => x + 0.1)), { order: 2 });
  });

  it.each([
    [2, 0.05],
    [0.5, 0.1],
    [0.3, 1],
  ])(
    "solved with rising prices, ends at the constrained optimum (wanted %d, tolerance %d)",
    async (wanted, tolerance) => {
      // ½(θ − wanted)² subject to ½θ² ≤ ε, from θ₀ = 0: θ = min(wanted, √(2ε)).
      const before = tensor(new Float64Array(1));
      let [theta, price] = [0, 0];
      for (let outer = 0; outer < 30; outer++) {
        const of = (t: Tensor) => {
          const modified = t.sub(wanted).mul(t.sub(wanted)).mul(0.5);
          const parts = { modified, unmodified: t.mul(t).mul(0.5), before };
          return localityConstrainedObjective(parts, { tolerance, penalty: 300, multiplier: scalar(price) });
        };
        for (let newton = 0; newton < 30; newton++) {
          const at = tensor(new Float64Array([theta]));
          const slope = (x: Tensor) => grad((y: Tensor) => of(y).objective)(x).sum();
          const [first, second] = [await slope(at).item(), await grad(slope)(at).item()];
          theta -= first / second;
          if (Math.abs(first) < 1e-13) break;
        }
        price = await of(tensor(new Float64Array([theta]))).multiplier.item();
      }
      const solution = Math.min(wanted, Math.sqrt(2 * tolerance));
      await expectClose([theta], [solution], { tolerance: 1e-10 });
      await expectClose([price], [Math.max(0, wanted / solution - 1)], { tolerance: 1e-9 });
    },
  );

  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) => {
      const of = (...values: number[]) => tensor(values, { backend });
      return localityConstrainedObjective(
        { modified: of(1, 2), unmodified: of(1, 4, 2), before: of(1, 1, 1) },
        { penalty: 3 },
      ).objective;
    });
  });

  it("names what is wrong", () => {
    const [one, two] = [tensor(new Float64Array(1)), tensor(new Float64Array(2))];
    const call =
      (options: LocalityOptions, parts = {}) =>
      () =>
        localityConstrainedObjective({ modified: one, unmodified: two, before: two, ...parts }, options);
    expect(call({ tolerance: -1 })).toThrow(
      "localityConstrainedObjective: tolerance is -1 but must be a finite number ≥ 0",
    );
    expect(call({ penalty: 0 })).toThrow("localityConstrainedObjective: penalty is 0 but must be a finite number > 0");
    expect(call({ multiplier: two })).toThrow(
      "localityConstrainedObjective: multiplier has shape [2] but must have 0 axes",
    );
    expect(call({}, { before: one })).toThrow(
      "localityConstrainedObjective: before has shape [1] but must match unmodified, [2]",
    );
    expect(call({}, { modified: tensor(new Float64Array(0)) })).toThrow(
      "localityConstrainedObjective: modified has shape [0] but must hold a loss",
    );
    expect(call({}, { modified: tensor([1]) })).toThrow(
      "localityConstrainedObjective: unmodified is f64 but must match modified, f32; cast one of them",
    );
    expect(call({}, { modified: one.sum() })).toThrow(
      "localityConstrainedObjective: modified has shape [] but must have 1 axis",
    );
  });
});

finiteAtExtremes(
  "localityConstrainedObjective",
  (x, at) => {
    const losses = {
      modified: extreme.positiveOf(x, at.labels),
      unmodified: x.max(1),
      before: extreme.beside(x, Array(SIZE).fill(1)),
    };
    return localityConstrainedObjective(losses).objective;
  },
  { degree: 2 },
);
