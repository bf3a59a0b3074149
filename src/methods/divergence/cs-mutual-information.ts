import { greater, logSumExp, sqrt, type Tensor, where } from "../../autodiff/index.js";
import {
  type Bandwidth,
  checkBandwidths,
  checkBase,
  checkPaired,
  checkSamples,
  inBase,
  logGram,
} from "./gaussian-gram.js";

export interface NormalizedCsMutualInformationOptions {
  /** Width of the kernel of `x`, > 0: a number or a tensor `[]`. Default 1. */
  readonly inputWidth?: Bandwidth;
  /** Width of the kernel of `t`, > 0: a number or a tensor `[]`. Default 1. */
  readonly codeWidth?: Bandwidth;
}

export interface CsMutualInformationOptions extends NormalizedCsMutualInformationOptions {
  /** Base of the logarithms, > 1. Default e. */
  readonly base?: number;
}

/**
 * Cauchy–Schwarz mutual information of paired samples: the divergence between their joint law and the product of their
 * marginals.
 *
 *     I(x; t) = log mean_ij K_ij·Q_ij + log (mean K · mean Q) − 2·log mean_i (mean_j K_ij)(mean_j Q_ij)
 *
 * K and Q are the Gram matrices of x and t. It is ≥ 0 for every sample, symmetric, and 0 where x or t is constant.
 *
 * Reach for it to measure how much of an input a representation keeps.
 *
 * @param x - `[n, d]`, n ≥ 2, finite
 * @param t - `[n, k]`, finite
 * @returns `[]`, ≥ 0 up to rounding
 * @throws DTypeError if they are not of one dtype, f32 or f64
 * @throws ShapeError if one is no matrix with two rows, or they differ in rows
 * @throws RangeError if a value on the host is not finite, a width is not above 0 or `base` not above 1
 * @source Yu, Yu, Løkse, Jenssen and Príncipe, "Cauchy-Schwarz Divergence Information Bottleneck for Regression", ICLR
 * 2024, arXiv:2404.17951, eq. 12
 */
export function csMutualInformation(x: Tensor, t: Tensor, options: CsMutualInformationOptions = {}): Tensor {
  const { inputWidth = 1, codeWidth = 1, base = Math.E } = options;
  checkPairs("csMutualInformation", x, t, { inputWidth, codeWidth });
  checkBase("csMutualInformation", base);
  return inBase(informationOf(logGram(x, x, inputWidth), logGram(t, t, codeWidth)), base);
}

/**
 * Cauchy–Schwarz mutual information over the geometric mean of what each sample has of itself.
 *
 *     Ĩ(x; t) = I(x; t) / √(I(x; x)·I(t; t))
 *
 * Ĩ(x; x) = 1 and Ĩ ≥ 0, but Ĩ may exceed 1 in small samples. Where x or t is constant, to working precision, it is 0,
 * with gradient 0.
 *
 * @param x - `[n, d]`, n ≥ 2, finite
 * @param t - `[n, k]`, finite
 * @returns `[]`
 * @throws as `csMutualInformation` does
 * @source Yu, Yu, Løkse, Jenssen and Príncipe, "Cauchy-Schwarz Divergence Information Bottleneck for Regression", ICLR
 * 2024, arXiv:2404.17951, the authors' program
 */
export function normalizedCsMutualInformation(
  x: Tensor,
  t: Tensor,
  options: NormalizedCsMutualInformationOptions = {},
): Tensor {
  return normalizedOf("normalizedCsMutualInformation", x, t, options);
}

/** `normalizedCsMutualInformation`, in the name of who was called; `names` are what x and t are called there. */
export function normalizedOf(
  caller: string,
  x: Tensor,
  t: Tensor,
  { inputWidth = 1, codeWidth = 1 }: NormalizedCsMutualInformationOptions,
  names: readonly [string, string] = ["x", "t"],
): Tensor {
  checkPairs(caller, x, t, { inputWidth, codeWidth }, names);
  const [k, q] = [logGram(x, x, inputWidth), logGram(t, t, codeWidth)];
  const [ofX, ofT] = [informationOf(k, k), informationOf(q, q)];
  // Four logarithms of sums of n² terms cancel: less than this is rounding, and its root and quotient would be noise.
  const rounding = 2 ** (x.dtype === "f64" ? -46 : -17) * (1 + Math.log(x.shape[0]));
  const tell = (information: Tensor) => where(greater(information, rounding), information, 1);
  const ratio = informationOf(k, q).div(sqrt(tell(ofX)).mul(sqrt(tell(ofT))));
  return where(greater(ofX, rounding), where(greater(ofT, rounding), ratio, 0), 0);
}

/** From logarithms of Gram matrices; the powers of n cancel. */
function informationOf(k: Tensor, q: Tensor): Tensor {
  const across = logSumExp(logSumExp(k, 1).add(logSumExp(q, 1)));
  return logSumExp(k.add(q)).add(logSumExp(k)).add(logSumExp(q)).sub(across.mul(2));
}

function checkPairs(
  caller: string,
  x: Tensor,
  t: Tensor,
  widths: Readonly<Record<string, Bandwidth>>,
  [first, second]: readonly [string, string] = ["x", "t"],
): void {
  checkSamples(caller, { [first]: x, [second]: t }, 2);
  checkPaired(caller, { [first]: x, [second]: t });
  checkBandwidths(caller, widths);
}
