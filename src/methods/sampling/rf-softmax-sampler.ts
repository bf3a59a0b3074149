import { checkAbove, checkCount } from "../../autodiff/check.js";
import type { Key, Tensor } from "../../autodiff/index.js";
import { KernelSampler } from "./kernel-sampler.js";
import type { KernelSamplingTreeOptions } from "./kernel-tree-options.js";
import { randomFourierMap } from "./random-fourier-map.js";

export interface RfSoftmaxSamplerOptions extends KernelSamplingTreeOptions {
  /** τ of the softmax, > 0: logits are τ times cosines. 5 to 30 is usual. */
  readonly inverseTemperature: number;
  /** ν of the kernel, > 0 and best ≤ τ: at τ it is the softmax but for noise, which a smaller one has less of. Default min(τ, 4). */
  readonly sharpness?: number;
  /** Random frequencies D, a whole number ≥ 1; there are F = 2D features. Default 1024. */
  readonly frequencies?: number;
  /** Told when options fit badly. Default: nobody is. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Draws classes roughly as the softmax of cosines would, in O(D·log C) a draw, by random Fourier features.
 *
 *     q_j ∝ φ(h)·φ(c_j) ≈ exp(−ν‖h − c_j‖²/2) ∝ exp(ν·cos(h, c_j))      softmax: exp(τ·cos(h, c_j))
 *
 * h and c are normalized. Where ν < τ the proposal is flatter than the softmax; the noise of the estimate is about
 * `D^(−1/2)`, beside which kernels of `exp(−ν(1 − cos))` must not be lost: so D must be large against `exp(2ν)`, or ν small.
 * In few dimensions cosines are large and the estimate is good; in many, most cosines are near 0, and the quadratic
 * kernel can be the better choice (see the claim).
 *
 * Reach for it with `rfSoftmaxLoss`: many classes, normalized embeddings, a sharp temperature. Call `update` after each
 * step with the rows that it changed.
 *
 * @claim The source's proposal bends the gradient less than a quadratic or uniform one. With 500 classes in 8 dimensions,
 * τ = 12 and 20 negatives the ℓ1 bias on the logits is, over three seeds, 0.06 to 0.08 (ν = 6, D = 1024), 0.11 to 0.13
 * (ν = 4, D = 256), 0.23 to 0.26 (quadratic), 0.73 to 0.75 (uniform); the noise of the measurement is 0.014. In 32
 * dimensions 256 frequencies are too few: 0.36 to 0.46 (ν = 4), no better than uniform, beside 0.09 to 0.12 (quadratic);
 * a floor of 0.01 brings it to 0.23 to 0.29, 1024 frequencies to 0.14 to 0.18.
 * @question The softmax is my bottleneck; I learn embeddings
 * @source Rawat et al., "Sampled Softmax with Random Fourier Features", NeurIPS 2019, arXiv:1907.10747, section 3
 */
export class RfSoftmaxSampler extends KernelSampler {
  readonly inverseTemperature: number;
  readonly sharpness: number;

  /**
   * @param embeddings - `[C, d]`, c, of any lengths above 0
   * @param key - of the random frequencies, on the backend of the embeddings
   * @throws ShapeError if `embeddings` does not have 2 axes, or fewer than 2 rows
   * @throws RangeError if `inverseTemperature` or `sharpness` is not above 0, `frequencies` or `rebuildEvery` is no whole
   * number ≥ 1, `floor` is negative, or `leafSize` no power of 2
   * @throws RangeError if a row on the host is zero or not finite
   * @throws TypeError if `flat` comes with a `leafSize`
   */
  constructor(embeddings: Tensor, key: Key, options: RfSoftmaxSamplerOptions) {
    const { inverseTemperature, frequencies = 1024, onWarning, ...rest } = options;
    const { sharpness = Math.min(inverseTemperature, 4), ...tree } = rest;
    const caller = "RfSoftmaxSampler";
    checkAbove(caller, { inverseTemperature, sharpness }, 0);
    checkCount(caller, { frequencies }, 1);
    if (sharpness > inverseTemperature) {
      onWarning?.(
        `${caller}: sharpness is ${sharpness} but should be at most inverseTemperature, ${inverseTemperature}; the proposal is sharper than the softmax`,
      );
    }
    const makeMap = () => {
      const { shape, dtype } = embeddings;
      return randomFourierMap(key, { width: shape[1], sharpness, frequencies, dtype });
    };
    super(caller, embeddings, makeMap, { ...tree, normalize: true });
    this.inverseTemperature = inverseTemperature;
    this.sharpness = sharpness;
  }
}
