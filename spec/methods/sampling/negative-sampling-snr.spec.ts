import { tensor } from "cotangent";
import { negativeSamplingSnr } from "cotangent/methods/sampling";
import { simplex } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

interface Pair {
  readonly shape: readonly [inputs: number, classes: number];
  readonly data: Float64Array;
  readonly noise: Float64Array;
}

function rows(inputs: number, classes: number): Arbitrary<Float64Array> {
  return fc
    .array(simplex(classes, 0.02), { minLength: inputs, maxLength: inputs })
    .map((list) => Float64Array.from(list.flatMap((row) => [...row])));
}

const pairs: Arbitrary<Pair> = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 5 }))
  .chain((shape) => fc.record({ shape: fc.constant(shape), data: rows(...shape), noise: rows(...shape) }));

const snrOf = ({ shape, data, noise }: Pair) => negativeSamplingSnr(tensor(data, { shape }), tensor(noise, { shape }));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Hessian diagonal and second moment of the gradient at one input, by running through every label and negative. */
function bruteForce({ shape: [, classes], data, noise }: Pair, x: number) {
  const row = (values: Float64Array) => values.subarray(x * classes, (x + 1) * classes);
  const [p, q] = [row(data), row(noise)];
  const score = p.map((value, y) => Math.log(value / q[y]));
  const hessian = new Float64Array(classes);
  const moment = new Float64Array(classes * classes);
  const mean = new Float64Array(classes);
  for (let y = 0; y < classes; y++) {
    for (let other = 0; other < classes; other++) {
      const chance = p[y] * q[other];
      const gradient = new Float64Array(classes);
      gradient[y] -= sigmoid(-score[y]);
      gradient[other] += sigmoid(score[other]); // an accidental hit adds to the same entry
      hessian[y] += chance * sigmoid(score[y]) * sigmoid(-score[y]);
      hessian[other] += chance * sigmoid(score[other]) * sigmoid(-score[other]);
      for (let i = 0; i < classes; i++) {
        mean[i] += chance * gradient[i];
        for (let j = 0; j < classes; j++) moment[i * classes + j] += chance * gradient[i] * gradient[j];
      }
    }
  }
  return { hessian, moment, mean };
}

describe("negativeSamplingSnr", () => {
  law(
    "has the curvature α, and N(diag α − 2ααᵀ) as covariance, of the expectation over labels and negatives",
    pairs,
    async (pair) => {
      const [inputs, classes] = pair.shape;
      const { curvature, snr } = await snrOf(pair);
      let trace = 0;
      for (let x = 0; x < inputs; x++) {
        const { hessian, moment, mean } = bruteForce(pair, x);
        const alpha = curvature.subarray(x * classes, (x + 1) * classes);
        await expectClose(alpha, hessian, { tolerance: 1e-12 });
        await expectClose(mean, new Float64Array(classes), { tolerance: 1e-12 });
        // N times the gradient, at an input drawn with chance 1/N: the second moment is N² / N times that of the input
        const covariance = moment.map((value) => inputs * value);
        const formula = moment.map((_, at) => {
          const [i, j] = [Math.floor(at / classes), at % classes];
          return inputs * ((i === j ? alpha[i] : 0) - 2 * alpha[i] * alpha[j]);
        });
        await expectClose(formula, covariance, { tolerance: 1e-12 });
        for (let y = 0; y < classes; y++) trace += covariance[y * (classes + 1)] / hessian[y];
      }
      await expectClose([1 / snr], [trace], { tolerance: 1e-11 });
    },
  );

  law("is best, 1/(N²(C − 1)), where the noise equals the data", pairs, async (pair) => {
    const [inputs, classes] = pair.shape;
    const equal = await snrOf({ ...pair, noise: pair.data });
    await expectClose(
      [equal.snr, equal.bestSnr],
      [1 / (inputs ** 2 * (classes - 1)), 1 / (inputs ** 2 * (classes - 1))],
      { tolerance: 1e-12 },
    );
  });

  it("is never better than that, for 1000 random noises", async () => {
    const noises = fc.sample(simplex(5, 0.001), { numRuns: 1000, seed: 5 });
    const data = new Float64Array([0.5, 0.2, 0.15, 0.1, 0.05]);
    for (const noise of noises) {
      const { snr, bestSnr, curvature } = await snrOf({ shape: [1, 5], data, noise });
      expect(curvature.reduce((sum, value) => sum + value)).toBeLessThanOrEqual(0.5 + 1e-15);
      expect(snr).toBeLessThanOrEqual(bestSnr * (1 + 1e-12));
      if (noise.some((value, y) => Math.abs(value - data[y]) > 1e-3)) expect(snr).toBeLessThan(bestSnr);
    }
  });

  law("does not change when the scores are recombined linearly", pairs, async (pair) => {
    // With ξ = Mθ the gradient is Mᵀg and the Hessian MᵀHM; M is unit upper triangular here, so M⁻¹ is exact.
    const [, classes] = pair.shape;
    const { hessian, moment } = bruteForce({ ...pair, shape: [1, classes] }, 0);
    const { snr } = await snrOf({
      shape: [1, classes],
      data: pair.data.slice(0, classes),
      noise: pair.noise.slice(0, classes),
    });
    const at = (i: number, j: number) => (i === j ? 1 : j === i + 1 ? 0.7 : 0); // M
    const inverse = (i: number, j: number) => (j >= i ? (-0.7) ** (j - i) : 0);
    let trace = 0;
    for (let i = 0; i < classes; i++) {
      for (let j = 0; j < classes; j++) {
        let covariance = 0;
        let solved = 0;
        for (let a = 0; a < classes; a++) {
          for (let b = 0; b < classes; b++) covariance += at(a, i) * moment[a * classes + b] * at(b, j);
          solved += (inverse(j, a) * inverse(i, a)) / hessian[a]; // (MᵀHM)⁻¹ = M⁻¹H⁻¹M⁻ᵀ
        }
        trace += covariance * solved;
      }
    }
    await expectClose([1 / snr], [trace], { tolerance: 1e-10 });
  });

  it("takes the limit where a class is impossible, and is infinite for a single class", async () => {
    const impossible = await snrOf({
      shape: [1, 2],
      data: new Float64Array([1, 0]),
      noise: new Float64Array([0.5, 0.5]),
    });
    await expectClose(impossible.curvature, [1 / 3, 0]);
    await expectClose([impossible.snr], [1 / (2 - 2 / 3)]);
    const single = await snrOf({ shape: [1, 1], data: new Float64Array([1]), noise: new Float64Array([1]) });
    expect(single.snr).toBe(Number.POSITIVE_INFINITY);
  });

  it("names the argument that is wrong", async () => {
    const half = tensor([[0.5, 0.5]]);
    const fails = (call: Promise<unknown>, message: string) => expect(call).rejects.toThrow(message);
    await fails(
      negativeSamplingSnr(tensor([1]), tensor([1])),
      "negativeSamplingSnr: dataProbability has shape [1] but must have 2 axes",
    );
    await fails(
      negativeSamplingSnr(half, tensor([[1]])),
      "negativeSamplingSnr: noiseProbability has shape [1, 1] but must match dataProbability, [1, 2]",
    );
    await fails(
      negativeSamplingSnr(half, tensor([[1.5, -0.5]])),
      "negativeSamplingSnr: noiseProbability holds -0.5 but must be finite and ≥ 0",
    );
    await fails(
      negativeSamplingSnr(tensor([[0.5, 0.25]]), half),
      "negativeSamplingSnr: dataProbability has a row that sums to 0.75 but must sum to 1",
    );
    await fails(
      negativeSamplingSnr(tensor([[1, 2]], { dtype: "i32" }) as never, half),
      "negativeSamplingSnr: dataProbability is i32 but must be f32 or f64; cast it",
    );
  });
});
