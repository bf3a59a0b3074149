import { grad, type Tensor, tensor } from "cotangent";
import {
  type FDivergenceName,
  fDivergenceWeight,
  initRatioHistogram,
  normalizeFWeights,
  relativeRatios,
  updateRatioHistogram,
} from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const names = ["forwardKl", "jensenShannon", "softenedReverseKl", "squaredHellinger", "jeffreys", "neyman"] as const;
const name: fc.Arbitrary<FDivergenceName> = fc.constantFrom(...names);
const ratios = floats([5], { min: 0.05, max: 30 });
const times = tensor(Float64Array.of(0.1, 0.15, 0.5, 1, 0.55)) as Tensor;
const histogram = initRatioHistogram(times);
const free = { ratioLower: 0, ratioUpper: Infinity };

describe("normalizeFWeights", () => {
  law("clips, then makes weights of mean 1", ratios, name, async (values, of) => {
    const clipped = tensor(values.map((r) => Math.min(20, Math.max(0.1, r)))) as Tensor;
    const h = (await fDivergenceWeight(clipped, of).data()) as Float64Array;
    const mean = h.reduce((a, b) => a + b, 0) / 5;
    const { weights, histogram: none } = normalizeFWeights(tensor(values) as Tensor, of);
    await expectClose(
      weights,
      h.map((x) => x / (mean + 1e-6)),
      { tolerance: 1e-12 },
    );
    expect(none).toBe(undefined);
    expect(Math.abs((await weights.mean().item()) - 1)).toBeLessThan(1e-4 / (100 * mean)); // the 1e-6 in the divisor
  });

  law("takes ratios relative to their time's mean, this batch's included", ratios, name, async (values, of) => {
    const r = tensor(values) as Tensor;
    const seen = updateRatioHistogram(histogram, r, times);
    const h = fDivergenceWeight(relativeRatios(seen, r, times), of);
    const out = normalizeFWeights(r, of, { ...free, histogram, times });
    await expectClose(out.weights, h.div(h.mean().add(1e-6)), { tolerance: 1e-12 });
    await expectClose(out.histogram?.means ?? [], seen.means, { tolerance: 0 });
  });

  law(
    "is not moved by a factor of all ratios",
    ratios,
    name,
    fc.integer({ min: -3, max: 3 }),
    async (values, of, power) => {
      const at = (factor: number) =>
        normalizeFWeights(tensor(values.map((r) => r * factor)) as Tensor, of, { ...free, histogram, times }).weights;
      // The 1e-6 in the divisor is up to 1.6e-4 of the smallest mean, 0.05 / 8.
      await expectClose(at(2 ** power), at(1), { tolerance: 1e-3 });
      await expectClose(at(1e3), at(1e4), { tolerance: 1e-6 });
    },
  );

  law("is 1 everywhere for the reverse KL, whatever the ratios", ratios, async (values) => {
    const r = tensor(values) as Tensor;
    await expectClose(normalizeFWeights(r, "reverseKl").weights, [1, 1, 1, 1, 1], { tolerance: 0 });
    const out = normalizeFWeights(r, "reverseKl", { histogram, times });
    await expectClose(out.weights, [1, 1, 1, 1, 1], { tolerance: 0 });
    expect(out.histogram).toBe(histogram);
  });

  it("has no gradient, and a weight near 1 for a batch of one", async () => {
    const r = tensor(Float64Array.of(3)) as Tensor;
    for (const of of ["reverseKl", ...names] as const) {
      await expectClose(grad((x: Tensor) => normalizeFWeights(x, of).weights.sum())(r), [0], { tolerance: 0 });
      await expectClose(normalizeFWeights(r, of).weights, [1], { tolerance: 1e-5 }); // h / (h + 1e-6)
    }
  });

  it("names what is wrong", () => {
    const r = tensor(Float64Array.of(1)) as Tensor;
    const call = (...args: Parameters<typeof normalizeFWeights>) => expect(() => normalizeFWeights(...args));
    const caller = "normalizeFWeights";
    call(r, "js" as "jeffreys").toThrow(/^normalizeFWeights: divergence is "js" but must be one of /);
    call(r, "jeffreys", { ratioLower: 3, ratioUpper: 1 }).toThrow(
      `${caller}: ratioUpper is 1 but must be above ratioLower, 3`,
    );
    call(r.sum(), "jeffreys").toThrow(`${caller}: ratio has shape [] but must have 1 axis`);
    call(tensor(new Float64Array(0)) as Tensor, "jeffreys").toThrow(
      `${caller}: ratio has shape [0] but must have one for each sample`,
    );
    call(tensor(Float64Array.of(-1)) as Tensor, "jeffreys").toThrow(
      `${caller}: ratio holds -1 at 0 but must hold finite numbers > 0`,
    );
    call(r, "jeffreys", { histogram }).toThrow(
      `${caller}: times is undefined but must be there; the first stage needs both`,
    );
    call(r, "jeffreys", { times: r }).toThrow(
      `${caller}: histogram is undefined but must be there; the first stage needs both`,
    );
    call(r, "jeffreys", { histogram, times: tensor(Float64Array.of(2)) as Tensor }).toThrow(
      `${caller}: times holds 2 at 0 but must be in [0, 1]`,
    );
  });
});
