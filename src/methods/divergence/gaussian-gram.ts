import { checkAbove, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { square, stopGradient, Tensor } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { squaredDistances } from "../metric/pairwise-distances.js";

/** A width of a kernel: a number > 0, or a tensor `[]` such as `medianBandwidth` gives. No gradient flows through it. */
export type Bandwidth = number | Tensor;

/** `[n, m]`: `−‖x_i − y_j‖² / (2·width²)`, the logarithms of a Gram matrix, which would underflow at 40 widths. */
export function logGram(x: Tensor, y: Tensor, width: Bandwidth): Tensor {
  const distances = squaredDistances(x, y);
  if (typeof width === "number") return distances.mul(-0.5 / (width * width));
  return distances.div(square(stopGradient(width))).mul(-0.5);
}

/** Throws RangeError unless each width is above 0 (a tensor's where it is on the host), ShapeError unless it is `[]`. */
export function checkBandwidths(caller: string, widths: Readonly<Record<string, Bandwidth>>): void {
  for (const [name, width] of Object.entries(widths)) {
    if (width instanceof Tensor) checkShape(caller, name, width, []);
    const value = width instanceof Tensor ? hostValues(width)?.[0] : width;
    if (value !== undefined) checkAbove(caller, { [name]: value }, 0);
  }
}

/** Throws unless samples are float matrices of one dtype with at least `least` rows, finite where they are on the host. */
export function checkSamples(caller: string, samples: Readonly<Record<string, Tensor>>, least: number): void {
  checkFloat(caller, samples);
  checkSameDType(caller, samples);
  for (const [name, { shape }] of Object.entries(samples)) {
    if (shape.length === 2 && shape[0] >= least) continue;
    const rows = `${least} ${least === 1 ? "row" : "rows"}`;
    throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must be [n, d] with at least ${rows}`);
  }
  checkFinite(caller, samples);
}

/** Throws ShapeError unless all samples have as many rows as the first: row i of each belongs together. */
export function checkPaired(caller: string, samples: Readonly<Record<string, Tensor>>): void {
  const [[reference, { shape }], ...others] = Object.entries(samples);
  for (const [name, other] of others) {
    if (other.shape[0] === shape[0]) continue;
    throw new ShapeError(
      `${caller}: ${name} has ${other.shape[0]} rows but must have ${shape[0]}, as ${reference} has`,
    );
  }
}

/** Throws RangeError unless the base of logarithms is above 1. */
export function checkBase(caller: string, base: number): void {
  checkAbove(caller, { base }, 1);
}

/** Nats in logarithms of a base; e gives exactly what came. */
export function inBase(nats: Tensor, base: number): Tensor {
  return base === Math.E ? nats : nats.div(Math.log(base));
}
