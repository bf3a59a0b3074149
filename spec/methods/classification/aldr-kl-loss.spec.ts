import { cpu, gather, grad, type Tensor, tensor, valueAndGrad } from "cotangent";
import {
  aldrKlLoss,
  aldrTemperature,
  ldrKlLoss,
  ldrWeights,
  updateAldrTemperatures,
} from "cotangent/methods/classification";
import { checkGradient, floats, ids, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import * as extreme from "../../support/extreme-inputs.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { gpu, law } from "../../support/law.js";
import { rowsOf, softmaxOf } from "./support/closed-forms.js";

const [rows, classes] = [3, 5];
const logits = floats([rows, classes], { min: -20, max: 20 });
const labels = ids(rows, classes);
const references = numbers({ min: 0.5, max: 12 });
const alphas = numbers({ min: 1.05, max: 4 });
const matrix = (values: ArrayLike<number>, width = classes) =>
  tensor(Float64Array.from(values), { shape: [values.length / width, width] });
const vector = (values: ArrayLike<number>) => tensor(Float64Array.from(values));

const divergence = (p: readonly number[]) =>
  p.reduce((sum, share) => (share > 0 ? sum + share * Math.log(share * p.length) : sum), 0);
const leads = (row: readonly number[], label: number) =>
  row.map((score, k) => score - row[label] + (k === label ? 0 : 0.1));

/** The objective of a row at a temperature, and the right side of its fixed point, in plain numbers. */
function rowOf(row: readonly number[], label: number, reference: number, alpha: number) {
  const m = leads(row, label);
  const largest = Math.max(...m);
  const price = (alpha * Math.log(m.length)) / reference;
  return {
    objective: (lambda: number) => {
      const mean = m.reduce((sum, lead) => sum + Math.exp((lead - largest) / lambda), 0) / m.length;
      return largest + lambda * Math.log(mean) - (price / 2) * (lambda - reference) ** 2;
    },
    next: (lambda: number) => reference - divergence(softmaxOf(m.map((lead) => lead / lambda))) / price,
  };
}

describe("aldrTemperature", () => {
  law(
    "is the better of the smallest and the largest fixed point",
    logits,
    labels,
    references,
    alphas,
    async (f, y, reference, alpha) => {
      const options = { reference, alpha, normalization: "none" } as const;
      const found = await aldrTemperature(matrix(f), tensor(y), options).data();
      rowsOf(f, classes).forEach((row, i) => {
        const { objective, next } = rowOf(row, y[i], reference, alpha);
        const limits = [reference, reference * (1 - 1 / alpha)].map((start) => {
          let lambda = start;
          for (let step = 0; step < 1000; step++) lambda = next(lambda);
          return objective(lambda);
        });
        expect(Math.abs(found[i] - next(found[i]))).toBeLessThan(1e-8 * reference);
        expect(found[i]).toBeGreaterThanOrEqual(reference * (1 - 1 / alpha) - 1e-12);
        expect(found[i]).toBeLessThanOrEqual(reference + 1e-12);
        const best = objective(found[i]);
        expect(best).toBeGreaterThanOrEqual(Math.max(...limits) - 1e-10 * (1 + Math.abs(best)));
        for (let point = 0; point <= 200; point++) {
          const lambda = reference * (1 - 1 / alpha + point / (200 * alpha));
          expect(best).toBeGreaterThanOrEqual(objective(lambda) - 1e-10 * (1 + Math.abs(best)));
        }
      });
    },
  );

  it("is λ₀ for a single class, and where no class stands out", async () => {
    const [reference, alpha] = [3, 1.5];
    const one = aldrTemperature(matrix([3, 4], 1), tensor(Int32Array.of(0, 0)), { reference, alpha });
    await expectClose(one, [reference, reference], { tolerance: 1e-12 });
    const level = aldrTemperature(matrix([1, 1, 1], 3), tensor(Int32Array.of(0)), { reference, alpha, margin: 0 });
    await expectClose(level, [reference], { tolerance: 1e-12 });
  });

  it("tells two maxima apart that are nearly as high", async () => {
    const [row, reference, alpha] = [[7.44, ...Array<number>(19).fill(0)], 3, 1.5];
    const { objective } = rowOf(row, 1, reference, alpha);
    const options = { reference, alpha, normalization: "none" } as const;
    const best = objective(await aldrTemperature(matrix(row, 20), tensor(Int32Array.of(1)), options).item());
    for (let point = 0; point <= 1000; point++) {
      expect(best).toBeGreaterThanOrEqual(objective(reference * (1 - point / (1000 * alpha))) - 1e-12);
    }
  });

  it("is detached", async () => {
    const total = (f: Tensor) => aldrTemperature(f, tensor(Int32Array.of(0))).sum();
    await expectClose(grad(total)(matrix([1, 5, -2, 0, 3])), new Float64Array(5), { tolerance: 0 });
  });
});

describe("aldrKlLoss", () => {
  law(
    "is ldrKlLoss at each temperature less the price of it",
    logits,
    labels,
    references,
    alphas,
    floats([rows], { min: 0.5, max: 12 }),
    async (f, y, reference, alpha, lambda) => {
      const options = { reference, alpha, normalization: "none" } as const;
      const found = await aldrKlLoss(matrix(f), tensor(y), vector(lambda), options).data();
      for (let i = 0; i < rows; i++) {
        const row = matrix(f.slice(i * classes, (i + 1) * classes));
        const plain = await ldrKlLoss(row, tensor(y.slice(i, i + 1)), { temperature: lambda[i] }).item();
        const price = (alpha * Math.log(classes)) / (2 * reference);
        const expected = plain - price * (lambda[i] - reference) ** 2;
        expect(Math.abs(found[i] - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)));
      }
    },
  );

  law(
    "has the envelope's gradient p − e_y at the best temperature",
    floats([1, classes]),
    references,
    async (f, reference) => {
      const y = tensor(Int32Array.of(2));
      const options = { reference, normalization: "none" } as const;
      const loss = (x: Tensor) => aldrKlLoss(x, y, aldrTemperature(x, y, options), options).sum();
      const temperature = await aldrTemperature(matrix(f), y, options).item();
      const weights = await ldrWeights(matrix(f), y, { temperature }).data();
      await expectClose(
        grad(loss)(matrix(f)),
        weights.map((share, k) => share - Number(k === 2)),
        { tolerance: 1e-11 },
      );
    },
  );

  it("has a slope that does not miss what the temperature does", async () => {
    const y = tensor(Int32Array.of(2));
    const options = { reference: 3, normalization: "softplus" } as const;
    const loss = (x: Tensor) => aldrKlLoss(x, y, aldrTemperature(x, y, options), options).sum();
    const at = [0.3, -1.2, 2, 0.4, -0.1];
    const slope = await grad(loss)(matrix(at)).data();
    for (let k = 0; k < classes; k++) {
      const [left, right] = [-1e-5, 1e-5].map((by) => matrix(at.map((score, i) => (i === k ? score + by : score))));
      const difference = ((await loss(right).item()) - (await loss(left).item())) / 2e-5;
      expect(Math.abs(difference - slope[k])).toBeLessThan(1e-9);
    }
  });

  law("is ldrKlLoss at λ₀ as α → ∞", floats([rows, classes]), labels, references, async (f, y, reference) => {
    const options = { reference, alpha: 1e10, normalization: "none" } as const;
    const best = aldrTemperature(matrix(f), tensor(y), options);
    const expected = await ldrKlLoss(matrix(f), tensor(y), { temperature: reference }).data();
    await expectClose(aldrKlLoss(matrix(f), tensor(y), best, options), expected, { tolerance: 1e-9 });
  });

  law(
    "agrees with finite differences to second order at given temperatures",
    floats([rows, classes]),
    labels,
    async (f, y) => {
      const lambda = vector([0.7, 3, 9]);
      await checkGradient((x: Tensor) => aldrKlLoss(x, tensor(y), lambda).sum(), matrix(f), { order: 2 });
      const price = (at: Tensor) => aldrKlLoss(matrix(f), tensor(y), at).sum();
      await expectClose(grad(price)(lambda), [0, 0, 0], { tolerance: 0 });
    },
  );

  it("reduces, and is the same in single precision on every backend", async () => {
    const on = async (place: { readonly backend?: ReturnType<typeof cpu> }) => {
      const z = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
      const [y, at] = [tensor(Int32Array.of(2, 0), place), tensor(Int32Array.of(3, 1), place)];
      const state = tensor([10, 9, 8, 7], place);
      const next = updateAldrTemperatures(state, at, z);
      const loss = (x: Tensor) => aldrKlLoss(x, y, gather(next, at), { reduction: "mean" });
      const { value, grad: slope } = valueAndGrad(loss)(z);
      return [await value.item(), ...(await slope.data()), ...(await next.data())];
    };
    const expected = await on({ backend: cpu() });
    await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
    if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
    const [f, y, lambda] = [matrix([1, 2, 0, 3], 2), tensor(Int32Array.of(0, 1)), vector([1, 2])];
    const [a, b] = await aldrKlLoss(f, y, lambda).data();
    await expectClose(aldrKlLoss(f, y, lambda, { reduction: "sum" }), [a + b], { tolerance: 1e-15 });
    const single = aldrKlLoss(matrix([4], 1), tensor(Int32Array.of(0)), vector([10]));
    await expectClose(single, [0], { tolerance: 0 });
  });
});

describe("updateAldrTemperatures", () => {
  law(
    "takes one step of the fixed point for the batch's examples alone",
    logits,
    references,
    alphas,
    async (f, reference, alpha) => {
      const state = [0, 1, 2, 3, 4].map((i) => reference * (1 - i / (10 * alpha)));
      const at = [4, 0, 2];
      const options = { reference, alpha, normalization: "none" } as const;
      const next = await updateAldrTemperatures(vector(state), tensor(Int32Array.from(at)), matrix(f), options).data();
      const expected = [...state];
      rowsOf(f, classes).forEach((row, i) => {
        const shares = softmaxOf(row.map((score) => score / state[at[i]])).map(
          (p) => (p + 1e-5) / (1 + classes * 1e-5),
        );
        expected[at[i]] = reference * (1 - divergence(shares) / (alpha * Math.log(classes)));
      });
      await expectClose(next, expected, { tolerance: 1e-12 });
      for (const i of at) {
        expect(next[i]).toBeGreaterThanOrEqual(reference * (1 - 1 / alpha));
        expect(next[i]).toBeLessThanOrEqual(reference + 1e-12);
      }
    },
  );

  it("is detached, keeps λ₀ for one class, and the last of several rows", async () => {
    const state = vector([10, 10, 10]);
    const at = tensor(Int32Array.of(1, 1));
    const total = (f: Tensor) => updateAldrTemperatures(state, at, f).sum();
    await expectClose(grad(total)(matrix([1, 5, -2, 0], 2)), [0, 0, 0, 0], { tolerance: 0 });
    const both = updateAldrTemperatures(state, at, matrix([1, 5, -2, 0], 2));
    const last = updateAldrTemperatures(state, tensor(Int32Array.of(1)), matrix([-2, 0], 2));
    await expectClose(both, await last.data(), { tolerance: 0 });
    const single = updateAldrTemperatures(state, tensor(Int32Array.of(2, 0)), matrix([7, 1], 1), { reference: 5 });
    await expectClose(single, [5, 10, 5], { tolerance: 0 });
  });
});

describe("the ALDR losses, told nothing", () => {
  it("have λ₀ = 10, α = 2, a lead of 0.1 and the softplus form, and do not reduce", async () => {
    const [f, y, at] = [matrix([1, 5, -2, 0], 2), tensor(Int32Array.of(0, 1)), tensor(Int32Array.of(2, 0))];
    const [lambda, state] = [vector([7, 9]), vector([10, 9, 8])];
    const told = { reference: 10, alpha: 2, margin: 0.1, normalization: "softplus", reduction: "none" } as const;
    const exactly = { tolerance: 0 };
    await expectClose(aldrKlLoss(f, y, lambda), aldrKlLoss(f, y, lambda, told), exactly);
    await expectClose(aldrTemperature(f, y), aldrTemperature(f, y, told), exactly);
    await expectClose(updateAldrTemperatures(state, at, f), updateAldrTemperatures(state, at, f, told), exactly);
  });
});

describe("the ALDR losses, wrong arguments", () => {
  const [f, y, at] = [matrix([0, 0], 2), tensor(Int32Array.of(1)), tensor(Int32Array.of(0))];
  const [lambda, state] = [vector([10]), vector([10, 10])];

  it("names what is wrong", () => {
    for (const [name, call] of [
      ["aldrKlLoss", (options: object) => aldrKlLoss(f, y, lambda, options)],
      ["aldrTemperature", (options: object) => aldrTemperature(f, y, options)],
      ["updateAldrTemperatures", (options: object) => updateAldrTemperatures(state, at, f, options)],
    ] as const) {
      expect(() => call({ reference: 0 })).toThrow(`${name}: reference is 0 but must be a finite number > 0`);
      expect(() => call({ alpha: 1 })).toThrow(`${name}: alpha is 1 but must be a finite number > 1`);
      expect(() => call({ normalization: "l2" })).toThrow(
        `${name}: normalization is "l2" but must be one of none, softplus, absolute`,
      );
    }
    expect(() => aldrKlLoss(f, y, state)).toThrow("aldrKlLoss: temperatures has shape [2] but must be [1]");
    expect(() => aldrKlLoss(f, y, vector([Number.NaN]))).toThrow(
      "aldrKlLoss: temperatures holds NaN at 0 but must hold finite numbers",
    );
    expect(() => aldrKlLoss(f, tensor(Int32Array.of(2)), lambda)).toThrow(
      "aldrKlLoss: labels is 2 at [0] but must be in [0, 2)",
    );
    expect(() => aldrKlLoss(f, y, lambda, { margin: -1 })).toThrow(
      "aldrKlLoss: margin is -1 but must be a finite number ≥ 0",
    );
    expect(() => updateAldrTemperatures(state, tensor(Int32Array.of(2)), f)).toThrow(
      "updateAldrTemperatures: ids holds 2 at 0 but must be in [0, 2)",
    );
    expect(() => updateAldrTemperatures(state, tensor(Int32Array.of(0, 1)), f)).toThrow(
      "updateAldrTemperatures: ids has shape [2] but must be [1]",
    );
    expect(() => updateAldrTemperatures(state, at, matrix([0, Number.NaN], 2))).toThrow(
      "updateAldrTemperatures: logits holds NaN at 1 but must hold finite numbers",
    );
    expect(() => updateAldrTemperatures(tensor([10]), at, f)).toThrow(
      "updateAldrTemperatures: state is f32 but must match logits, f64; cast one of them",
    );
  });
});

finiteAtExtremes("aldrKlLoss", (x, { labels }) => {
  const temperatures = extreme.beside(x, [10, 9, 8, 7, 6, 5, 9.5, 8.5]);
  return aldrKlLoss(x, labels, temperatures, { normalization: "none", margin: 0.125 });
});
