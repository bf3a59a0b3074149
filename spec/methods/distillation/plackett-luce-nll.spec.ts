import { grad, hvp, type Tensor, tensor } from "cotangent";
import { plackettLuceNll } from "cotangent/methods/distillation";
import { checkGradient, floats, seeds, sfc32 } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, rowsOf, sum, weighed } from "./support/logit-pairs.js";

/** All orders of a few classes. */
const orders = (classes: readonly number[]): number[][] =>
  classes.length === 0
    ? [[]]
    : classes.flatMap((one) => orders(classes.filter((k) => k !== one)).map((rest) => [one, ...rest]));

/** Two examples over one to five classes, their rankings, and what each place counts. */
const rankings = fc.integer({ min: 1, max: 5 }).chain((classes) => {
  const order = fc.shuffledSubarray([...Array(classes).keys()], { minLength: classes, maxLength: classes });
  return fc.record({
    ...{ classes: fc.constant(classes), first: order, second: order },
    logits: floats([2, classes]),
    weights: floats([2, classes], { min: 0, max: 2 }),
  });
});
const idsOf = (...rows: number[][]) =>
  tensor(Int32Array.from(rows.flat()), { shape: [rows.length, rows[0].length] }) as Tensor<"i32">;

/** By the definition, in plain numbers. */
const lossOf = (z: readonly number[], order: readonly number[], weights: readonly number[] = z.map(() => 1)) =>
  sum(order.map((id, k) => weights[k] * (Math.log(sum(order.slice(k).map((l) => Math.exp(z[l])))) - z[id])));

describe("plackettLuceNll", () => {
  law(
    "is Σ_k w_k (log Σ_{l ≥ k} exp(z_π_l) − z_π_k), reduced or not",
    rankings,
    async ({ classes, first, second, logits, weights }) => {
      const [z, w] = [rowsOf(logits, classes), rowsOf(weights, classes)];
      const ranking = idsOf(first, second);
      const plain = [lossOf(z[0], first), lossOf(z[1], second)];
      await expectClose(plackettLuceNll(matrix(logits, classes), ranking), plain, { tolerance: 1e-13 });
      await expectClose(plackettLuceNll(matrix(logits, classes), ranking, { reduction: "sum" }), [sum(plain)], {
        tolerance: 1e-13,
      });
      await expectClose(plackettLuceNll(matrix(logits, classes), ranking, { reduction: "mean" }), [sum(plain) / 2], {
        tolerance: 1e-13,
      });
      const each = plackettLuceNll(matrix(logits, classes), ranking, { weights: matrix(weights, classes) });
      await expectClose(each, [lossOf(z[0], first, w[0]), lossOf(z[1], second, w[1])], { tolerance: 1e-13 });
      const alike = plackettLuceNll(matrix(logits, classes), ranking, {
        weights: tensor(weights.slice(0, classes)) as Tensor,
      });
      await expectClose(alike, [lossOf(z[0], first, w[0]), lossOf(z[1], second, w[0])], { tolerance: 1e-13 });
    },
  );

  law(
    "has probabilities that sum to 1 over all rankings",
    fc.integer({ min: 1, max: 4 }).chain((n) => floats([n])),
    async (z) => {
      const all = orders([...z.keys()]);
      const rows = Float64Array.from(all.flatMap(() => [...z]));
      const losses = await plackettLuceNll(matrix(rows, z.length), idsOf(...all)).data();
      expect(Math.abs(sum(Array.from(losses, (loss) => Math.exp(-loss))) - 1)).toBeLessThan(1e-12);
    },
  );

  law("agrees with differences to second order", rankings, async ({ classes, first, second, logits, weights }) => {
    const f = (z: Tensor) => weighed(plackettLuceNll(z, idsOf(first, second), { weights: matrix(weights, classes) }));
    if (classes > 1) await checkGradient(f, matrix(logits, classes), { order: classes <= 3 ? 2 : 1 });
  });

  law(
    "is convex: no second difference is negative",
    rankings,
    seeds,
    async ({ classes, first, second, logits, weights }, seed) => {
      const random = sfc32(seed);
      const f = (z: Tensor) => plackettLuceNll(z, idsOf(first, second), { weights: matrix(weights, classes) }).sum();
      const direction = matrix(
        logits.map(() => random() - 0.5),
        classes,
      );
      const curvature = await hvp(f, matrix(logits, classes), direction).mul(direction).sum().item();
      expect(curvature).toBeGreaterThanOrEqual(-1e-13);
    },
  );

  law(
    "is ≥ 0, does not see a constant added to a row, and tends to 0 as gaps grow",
    rankings,
    async ({ classes, first, second, logits }) => {
      const ranking = idsOf(first, second);
      const losses = plackettLuceNll(matrix(logits, classes), ranking);
      for (const loss of await losses.data()) expect(loss).toBeGreaterThanOrEqual(-1e-14);
      await expectClose(plackettLuceNll(matrix(logits, classes).add(3), ranking), losses, { tolerance: 1e-13 });
      const gapped = (gap: number) => {
        const z = new Float64Array(2 * classes);
        [first, second].forEach((order, row) => {
          order.forEach((id, place) => {
            z[row * classes + id] = -gap * place;
          });
        });
        return plackettLuceNll(matrix(z, classes), ranking).sum().item();
      };
      if (classes > 1) expect(await gapped(10)).toBeGreaterThan(0);
      expect(await gapped(10)).toBeLessThan(1e-3);
      expect(await gapped(40)).toBeLessThan(1e-15);
    },
  );

  it("takes weights for constants", async () => {
    const z = matrix(Float64Array.of(1, 2, 3), 3);
    const slope = grad((weights: Tensor) => plackettLuceNll(z, idsOf([2, 0, 1]), { weights }).sum())(
      tensor(Float64Array.of(1, 1, 1)) as Tensor,
    );
    await expectClose(slope, [0, 0, 0], { tolerance: 0 });
  });

  it("is the same on every backend", async () => {
    await expectAgreement((z, { labels }) => {
      const order = labels(4, 6)
        .reshape([4, 1])
        .mul(0)
        .add(tensor(Int32Array.of(2, 0, 5, 1, 4, 3), { backend: z.backend }).reshape([1, 6]));
      return plackettLuceNll(z, order);
    });
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const order = idsOf([1, 0]);
    const call = (...args: Parameters<typeof plackettLuceNll>) => expect(() => plackettLuceNll(...args));
    const name = "plackettLuceNll";
    call(tensor([1]), order).toThrow(`${name}: logits has shape [1] but must have 2 axes`);
    call(tensor(new Float32Array(0), { shape: [1, 0] }) as Tensor, order).toThrow(
      `${name}: logits has shape [1, 0] but must have a row and a class`,
    );
    call(tensor([[1, NaN]]), order).toThrow(`${name}: logits holds NaN at 1 but must hold finite numbers`);
    call(z, idsOf([0])).toThrow(`${name}: ranking has shape [1, 1] but must match logits, [1, 2]`);
    call(z, idsOf([1, 1])).toThrow(`${name}: row 0 of ranking is [1, 1] but must be a permutation of [0, 2)`);
    call(z, idsOf([1, 2])).toThrow(`${name}: row 0 of ranking is [1, 2] but must be a permutation of [0, 2)`);
    call(z, z as unknown as Tensor<"i32">).toThrow(`${name}: ranking is f32 but must be i32; cast it`);
    call(z, order, { weights: tensor([1]) }).toThrow(`${name}: weights has shape [1] but must be [1, 2] or [2]`);
    const rows = tensor([
      [1, 2],
      [3, 4],
    ]);
    call(z, order, { weights: rows }).toThrow(`${name}: weights has shape [2, 2] but must be [1, 2] or [2]`);
    call(z, order, { weights: tensor([1, -1]) }).toThrow(
      `${name}: weights holds -1 at 1 but must hold finite numbers ≥ 0`,
    );
    call(z, order, { weights: tensor(Float64Array.of(1, 1)) }).toThrow(
      `${name}: weights is f64 but must match logits, f32; cast one of them`,
    );
    call(z, order, { reduction: "max" as "mean" }).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});
