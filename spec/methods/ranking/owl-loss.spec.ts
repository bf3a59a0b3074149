import { type Backend, cpu, grad, type Tensor, tensor, zeros } from "cotangent";
import { type OwlLossOptions, owlLoss } from "cotangent/methods/ranking";
import { checkGradient, distinctFloats, floats, ids as idLists } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { eachForm, finiteAtExtremes, marginForms } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { marginLosses } from "../sampling/support/negative-schemes.js";
import { descending, meanOf, sumOf, topKMeanOf } from "./support/subsets.js";

const forms = ["hinge", "squaredHinge", "logistic"] as const;
const anyForm = fc.constantFrom(...forms);
const label = fc.integer({ min: 0, max: 4 });
const counts = fc.integer({ min: 1, max: 4 });
/** Non-increasing weights of the four negatives. */
const ordered = floats([4], { min: 0, max: 1 }).map((list) => Float64Array.from(descending(list)));
const even = (k: number) => new Float64Array(k).fill(1 / k);
const ids = (...list: number[]) => tensor(Int32Array.from(list));
const row = (scores: ArrayLike<number>) => tensor(Float64Array.from(scores), { shape: [1, scores.length] });
const loss = (scores: Tensor, y: number, theta: ArrayLike<number>, options: OwlLossOptions = {}) =>
  owlLoss(scores, ids(y), theta, options).sum();
const othersOf = (scores: Float64Array, y: number) => scores.filter((_, j) => j !== y);

describe("owlLoss", () => {
  law(
    "is Σ θ·φ over the negatives in order, and so is its gradient",
    distinctFloats([5]),
    label,
    ordered,
    anyForm,
    async (scores, y, theta, form) => {
      const { value, slope } = marginLosses[form];
      const order = descending(othersOf(scores, y));
      await expectClose(
        loss(row(scores), y, theta, { form }),
        [sumOf(order.map((f, i) => theta[i] * value(scores[y] - f)))],
        {
          tolerance: 1e-13,
        },
      );
      const slopes = scores.map((f, j) => (j === y ? 0 : -theta[order.indexOf(f)] * slope(scores[y] - f)));
      const expected = slopes.with(y, -sumOf(slopes));
      await expectClose(grad((f: Tensor) => loss(f, y, theta, { form }))(row(scores)), expected, { tolerance: 1e-13 });
    },
  );

  law(
    "agrees with finite differences to second order",
    distinctFloats([5], 0.23),
    label,
    anyForm,
    async (scores, y, form) => {
      const theta = [0.9, 0.4, 0.2];
      await checkGradient((f: Tensor) => loss(f, y, theta, { form }), row(scores), { order: 2 });
    },
  );

  law(
    "with even weights is the mean of φ over the k hardest",
    floats([5]),
    label,
    counts,
    anyForm,
    async (scores, y, k, form) => {
      const losses = othersOf(scores, y).map((f) => marginLosses[form].value(scores[y] - f));
      await expectClose(loss(row(scores), y, even(k), { form }), [topKMeanOf(losses, k)], { tolerance: 1e-13 });
      await expectClose(loss(row(scores), y, even(1), { form }), [Math.max(...losses)], { tolerance: 1e-13 });
      await expectClose(loss(row(scores), y, even(4), { form }), [meanOf(losses)], { tolerance: 1e-13 });
    },
  );

  law(
    "with even weights bounds φ(0) where the label is not among the top k",
    floats([5]),
    label,
    counts,
    anyForm,
    async (scores, y, k, form) => {
      const isMissed = othersOf(scores, y).filter((f) => f >= scores[y]).length >= k;
      const atZero = marginLosses[form].value(0);
      if (form === "hinge") expect(atZero).toBe(1);
      expect(await loss(row(scores), y, even(k), { form }).item()).toBeGreaterThanOrEqual(
        isMissed ? atZero - 1e-14 : 0,
      );
    },
  );

  law(
    "is convex where weights do not increase",
    floats([5]),
    floats([5]),
    label,
    ordered,
    anyForm,
    async (a, b, y, theta, form) => {
      const of = (scores: Float64Array) => loss(row(scores), y, theta, { form }).item();
      const middle = a.map((f, i) => (f + b[i]) / 2);
      expect(await of(middle)).toBeLessThanOrEqual(((await of(a)) + (await of(b))) / 2 + 1e-13);
    },
  );

  it("is not convex where they increase", async () => {
    const of = (...scores: number[]) => loss(row(scores), 0, [0, 1], { allowIncreasing: true }).item();
    expect(await of(0, 0, 0)).toBeGreaterThan(((await of(0, 1, -1)) + (await of(0, -1, 1))) / 2);
  });

  law("does not see a shift of the scores", floats([5]), label, ordered, async (scores, y, theta) => {
    await expectClose(loss(row(scores).add(2.5), y, theta), loss(row(scores), y, theta), { tolerance: 1e-13 });
  });

  law(
    "takes missing weights as 0, with no gradient to their negatives",
    distinctFloats([5]),
    label,
    async (scores, y) => {
      const short = (f: Tensor) => loss(f, y, [0.7, 0.3]);
      await expectClose(short(row(scores)), loss(row(scores), y, [0.7, 0.3, 0, 0]), { tolerance: 1e-15 });
      const slope = await grad(short)(row(scores)).data();
      const third = descending(othersOf(scores, y))[2];
      scores.forEach((f, j) => {
        if (j !== y && f <= third) expect(slope[j] === 0).toBe(true);
      });
    },
  );

  law("treats each row alone", floats([15]), idLists(3, 5), ordered, async (scores, labels, theta) => {
    const alone = await Promise.all(
      Array.from(labels, (y, i) => loss(row(scores.slice(5 * i, 5 * i + 5)), y, theta).item()),
    );
    const of = (reduction: "none" | "mean" | "sum") =>
      owlLoss(tensor(scores, { shape: [3, 5] }), tensor(labels), theta, { reduction });
    await expectClose(of("none"), alone, { tolerance: 1e-14 });
    await expectClose(of("mean"), [meanOf(alone)], { tolerance: 1e-13 });
    await expectClose(of("sum"), [sumOf(alone)], { tolerance: 1e-13 });
  });

  it("takes the lower of equal classes, and works with two classes", async () => {
    const tied = grad((f: Tensor) => loss(f, 2, [1]))(row([0, 0, 0]));
    await expectClose(tied, [1, 0, -1], { tolerance: 0 });
    await expectClose(loss(row([0.25, 0]), 0, [1]), [0.75], { tolerance: 0 });
    const satisfied = grad((f: Tensor) => loss(f, 0, [1, 1]))(row([5, 0, 1]));
    await expectClose(satisfied, [0, 0, 0], { tolerance: 0 });
  });

  it("never takes the label for a negative, however low the others are", async () => {
    await expectClose(loss(row([500, -500, -400]), 0, [1, 1]), [0], { tolerance: 0 });
    await expectClose(loss(row([-500, -600, 500]), 0, [0.5, 0.5]), [500.5], { tolerance: 1e-12 });
  });

  it("is the same in single precision on every backend", async () => {
    const on = async (backend?: Backend) => {
      const place = backend === undefined ? {} : { backend };
      const scores = tensor([0.4, -1.3, 1.5, 0.2, -0.7, 0.1, 2.1, -1.1], { ...place, shape: [2, 4] });
      const labels = tensor(Int32Array.of(3, 0), place);
      return Promise.all(forms.map((form) => owlLoss(scores, labels, [0.6, 0.3], { form }).data()));
    };
    const expected = await on(cpu());
    for (const backend of gpu === undefined ? [undefined] : [undefined, gpu]) {
      for (const [i, found] of (await on(backend)).entries()) {
        await expectClose(found, expected[i], { tolerance: 1e-6 }); // single precision
      }
    }
  });

  it("names what is wrong", () => {
    const scores = zeros([2, 3], { dtype: "f64" });
    const call =
      (theta: number[], options: OwlLossOptions = {}, labels = ids(0, 1), of = scores) =>
      () =>
        owlLoss(of, labels, theta, options);
    expect(call([0.2, 0.5])).toThrow(
      "owlLoss: weights[1] is 0.5 but must be at most 0.2, the one before; set allowIncreasing if it is meant",
    );
    expect(call([0.2, 0.5], { allowIncreasing: true })).not.toThrow();
    expect(call([1, -1])).toThrow("owlLoss: weights[1] is -1 but must be a finite number ≥ 0");
    expect(call([Number.NaN])).toThrow("owlLoss: weights[0] is NaN but must be a finite number ≥ 0");
    expect(call([])).toThrow("owlLoss: weights has 0 numbers but must have 1 to 2, one for each negative");
    expect(call([1, 1, 1])).toThrow("owlLoss: weights has 3 numbers but must have 1 to 2, one for each negative");
    expect(call([1], {}, ids(0, 3))).toThrow("owlLoss: labels holds 3 at 1 but must be in [0, 3)");
    expect(call([1], {}, ids(0))).toThrow("owlLoss: labels has shape [1] but must be [2]");
    expect(call([1], {}, zeros([2]) as unknown as Tensor<"i32">)).toThrow(
      "owlLoss: labels is f32 but must be i32; cast it",
    );
    expect(call([1], {}, ids(0, 0), zeros([2, 1]))).toThrow(
      "owlLoss: scores has shape [2, 1] but must have at least 1 row and 2 classes",
    );
    expect(call([1], {}, ids(), zeros([0, 3]))).toThrow(
      "owlLoss: scores has shape [0, 3] but must have at least 1 row and 2 classes",
    );
    expect(call([1], {}, ids(0), zeros([3]))).toThrow("owlLoss: scores has shape [3] but must have 2 axes");
    expect(call([1], {}, ids(0), row([1, Number.NaN]))).toThrow("owlLoss: scores is NaN at 1 but must be a number");
    expect(call([1], { form: "softmax" as "hinge" })).toThrow(
      'owlLoss: form is "softmax" but must be one of logistic, hinge, squaredHinge',
    );
    expect(call([1], { reduction: "max" as "mean" })).toThrow(
      'owlLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(call([1], {}, ids(0, 1), tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] }) as unknown as Tensor)).toThrow(
      "owlLoss: scores is i32 but must be f32 or f64",
    );
  });
});

finiteAtExtremes(
  "owlLoss",
  eachForm(
    marginForms,
    (form) =>
      (x, { labels }) =>
        owlLoss(x, labels, [0.5, 0.3, 0.2], { form }),
  ),
);
