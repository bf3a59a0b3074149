import { checkCount, checkOneOf } from "../autodiff/check.js";

export interface BiasRateOptions {
  /** Which side of the truth the estimator's mean lies on. */
  readonly sign: "positive" | "negative";
  /** Smallest number of samples m, a whole number ≥ 1. */
  readonly samples: number;
  /** `consecutive` looks at m, m + 1, m + 2; `doubling` at m and 2m. Default `consecutive`. */
  readonly rule?: "consecutive" | "doubling";
}

/** The biases that `checkBiasRate` looked at. */
export interface BiasRate {
  /** Numbers of samples. */
  readonly samples: readonly number[];
  /** Bias at each. */
  readonly biases: readonly number[];
}

/**
 * Proves that the bias of an estimator has its stated sign and falls off like 1/m.
 *
 *     consecutive:  | (m+k) bias(m+k) / (m bias(m)) − 1 | < 0.15 for k = 1, 2
 *     doubling:     1.6 ≤ bias(m) / bias(2m) ≤ 2.6
 *
 * Reach for it with biases from `exactExpectation`, on instances whose importance ratios spread little: with skewed ones
 * a small m is far from the asymptote.
 *
 * @param biasAt - the exact bias, expectation − truth, at a number of samples; promises are awaited
 * @returns the biases
 * @throws Error if a bias has the other sign, is 0 or is not finite
 * @throws Error if the biases fall off at another rate
 * @throws RangeError if `samples` is not a whole number ≥ 1
 * @throws TypeError if `sign` or `rule` is not one of those listed
 */
export async function checkBiasRate(
  biasAt: (samples: number) => number | PromiseLike<number>,
  options: BiasRateOptions,
): Promise<BiasRate> {
  const { sign, samples: least, rule = "consecutive" } = options;
  checkOneOf("checkBiasRate", "sign", sign, ["positive", "negative"]);
  checkOneOf("checkBiasRate", "rule", rule, ["consecutive", "doubling"]);
  checkCount("checkBiasRate", { samples: least }, 1);
  const samples = rule === "consecutive" ? [least, least + 1, least + 2] : [least, 2 * least];
  const biases: number[] = [];
  for (const m of samples) {
    const bias = await biasAt(m);
    if (!(Number.isFinite(bias) && (sign === "positive" ? bias > 0 : bias < 0))) {
      throw new Error(`checkBiasRate: the bias at ${m} samples is ${bias} but must be ${sign} and finite`);
    }
    biases.push(bias);
  }
  if (rule === "doubling") {
    const ratio = biases[0] / biases[1];
    if (!(ratio >= 1.6 && ratio <= 2.6)) {
      throw new Error(`checkBiasRate: bias(${least}) / bias(${2 * least}) is ${ratio} but must be in [1.6, 2.6]`);
    }
  } else {
    for (const k of [1, 2]) {
      const change = ((least + k) * biases[k]) / (least * biases[0]) - 1;
      if (!(Math.abs(change) < 0.15)) {
        throw new Error(
          `checkBiasRate: samples · bias changes by ${change} from ${least} to ${least + k} samples but must change by less than 0.15`,
        );
      }
    }
  }
  return { samples, biases };
}
