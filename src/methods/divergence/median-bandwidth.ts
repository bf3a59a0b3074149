import { checkOneOf } from "../../autodiff/check.js";
import { eye, greater, maximum, slice, sort, sqrt, stopGradient, type Tensor, where } from "../../autodiff/index.js";
import { squaredDistances } from "../metric/pairwise-distances.js";
import { checkSamples } from "./gaussian-gram.js";

export interface MedianBandwidthOptions {
  /** Of what the median is taken: squared distances, as in the authors' program, or distances. Default `"squared"`. */
  readonly distances?: "squared" | "plain";
}

/**
 * A kernel width for a sample: the median distance between two of its points, and at least 0.01.
 *
 *     max(median_{i ≠ j} ‖x_i − x_j‖², 0.01)      squared      max(median_{i ≠ j} ‖x_i − x_j‖, 0.01)      plain
 *
 * Of an even number of distances it takes the mean of the two in the middle. A constant: no gradient flows through it.
 * Plain distances have the unit of x; squared ones widen the kernel of data that spread.
 *
 * @param x - `[n, d]`, n ≥ 2, finite
 * @returns `[]`, ≥ 0.01, to be given as a width
 * @throws DTypeError if `x` is no f32 or f64
 * @throws ShapeError if `x` is no matrix with two rows
 * @throws RangeError if a value on the host is not finite
 * @throws TypeError if `distances` is unknown
 * @source Yu, Yu, Løkse, Jenssen and Príncipe, "Cauchy-Schwarz Divergence Information Bottleneck for Regression", ICLR
 * 2024, arXiv:2404.17951, the authors' program; Gretton et al., "A Kernel Two-Sample Test", JMLR 2012 (plain)
 */
export function medianBandwidth(x: Tensor, { distances = "squared" }: MedianBandwidthOptions = {}): Tensor {
  checkSamples("medianBandwidth", { x }, 2);
  checkOneOf("medianBandwidth", "distances", distances, ["squared", "plain"]);
  const [n] = x.shape;
  const squared = squaredDistances(stopGradient(x));
  const values = distances === "plain" ? sqrt(squared) : squared;
  const marked = where(greater(eye(n, x), 0), -1, values); // the diagonal comes first in order
  const middle = n + (n * (n - 1)) / 2;
  const two = slice(sort(marked.reshape([n * n])), [middle - 1], [middle + 1]);
  return maximum(two.mean(), 0.01);
}
