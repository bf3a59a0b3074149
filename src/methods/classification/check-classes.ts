import { checkAbove, checkBetween, checkRank, checkShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat, checkSameDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import type { Tensor } from "../../autodiff/index.js";
import { checkReduction, type Reduction } from "../reduction.js";

/** Options that every softmax cross-entropy takes. */
export interface CrossEntropyOptions {
  /** What becomes of the losses of a batch. Default `"none"`: one value an example. */
  readonly reduction?: Reduction;
  /** `[classes]`, each ≥ 0 and not all 0: how much each class counts; no gradient. Default: all the same. */
  readonly classWeights?: Tensor;
  /** Share ε of each target that is spread evenly over the classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** The logits are divided by this number > 0 first. Default 1. */
  readonly temperature?: number;
}

/** Throws unless the options that are plain values are right. */
export function checkOptions(
  caller: string,
  { reduction = "none", labelSmoothing = 0, temperature = 1 }: CrossEntropyOptions,
): void {
  checkReduction(caller, reduction);
  checkBetween(caller, { labelSmoothing }, 0, 1, { openAbove: true });
  checkAbove(caller, { temperature }, 0);
}

/** Throws unless the logits are float `[batch, classes]` with a class, and (on the host, in rows that count) below ∞. */
export function checkLogits(caller: string, logits: Tensor, counts: (row: number) => boolean = () => true): void {
  checkRank(caller, { logits }, 2);
  checkFloat(caller, { logits });
  const [, classes] = logits.shape;
  if (classes === 0) {
    throw new ShapeError(`${caller}: logits has shape ${showShape(logits.shape)} but must have a class`);
  }
  hostValues(logits)?.forEach((z, i) => {
    if (!(z < Number.POSITIVE_INFINITY) && counts(Math.floor(i / classes))) {
      throw new RangeError(`${caller}: logits is ${z} at ${place(i, classes)} but must be finite or -Infinity`);
    }
  });
}

/** Throws unless the labels are i32 `[batch]` and (on the host) each is a class or is ignored. */
export function checkLabels(
  caller: string,
  labels: Tensor<"i32">,
  batch: number,
  classes: number,
  ignoreIndex: number | undefined,
): void {
  checkDType(caller, { labels }, "i32");
  checkShape(caller, "labels", labels, [batch]);
  hostValues(labels)?.forEach((label, i) => {
    if ((label < 0 || label >= classes) && label !== ignoreIndex) {
      const other = ignoreIndex === undefined ? "" : ` or the ignored ${ignoreIndex}`;
      throw new RangeError(`${caller}: labels is ${label} at [${i}] but must be in [0, ${classes})${other}`);
    }
  });
}

/** Throws unless class weights are `[classes]` like the logits and (on the host) finite, ≥ 0 and not all 0. */
export function checkClassWeights(caller: string, classWeights: Tensor, logits: Tensor, classes: number): void {
  checkShape(caller, "classWeights", classWeights, [classes]);
  checkSameDType(caller, { logits, classWeights });
  const values = hostValues(classWeights);
  values?.forEach((weight, i) => {
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${caller}: classWeights is ${weight} at [${i}] but must be a finite number ≥ 0`);
    }
  });
  if (values?.every((weight) => weight === 0)) {
    throw new RangeError(`${caller}: classWeights is 0 for every class but must be positive for one`);
  }
}

/** Throws unless (on the host) every row of `probs` is a distribution. */
export function checkDistributions(caller: string, probs: Tensor): void {
  const values = hostValues(probs);
  if (values === undefined) return;
  const [batch, classes] = probs.shape;
  for (let row = 0; row < batch; row++) {
    let total = 0;
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      if (!(values[i] >= 0)) {
        throw new RangeError(`${caller}: probs is ${values[i]} at ${place(i, classes)} but must be ≥ 0`);
      }
      total += values[i];
    }
    if (!(Math.abs(total - 1) <= 1e-4)) {
      throw new RangeError(`${caller}: probs is a row of sum ${total} at [${row}] but must sum to 1 within 1e-4`);
    }
  }
}

/** Throws where (on the host) a class is to be predicted that cannot be: its loss would be ∞. */
export function checkReachable(
  caller: string,
  logits: Tensor,
  mask: Tensor<"bool"> | undefined,
  hasMass: (row: number, column: number) => boolean,
): void {
  const [available, values] = [mask && hostValues(mask), hostValues(logits)];
  if (available === undefined && values === undefined) return;
  const [batch, classes] = logits.shape;
  for (let i = 0; i < batch * classes; i++) {
    const [masked, absent] = [available?.[i] === 0, values?.[i] === Number.NEGATIVE_INFINITY];
    if (!(masked || absent) || !hasMass(Math.floor(i / classes), i % classes)) continue;
    const what = masked ? "mask is false" : "logits is -Infinity";
    const right = masked ? "true" : "finite";
    throw new RangeError(`${caller}: ${what} at ${place(i, classes)} but must be ${right} where the target has mass`);
  }
}

/** Throws if (on the host) no row has weight, so that a mean would be 0/0. */
export function checkMeanExists(
  caller: string,
  labels: Tensor<"i32">,
  ignoreIndex: number | undefined,
  classWeights: Tensor | undefined,
): void {
  const ids = hostValues(labels);
  const weights = classWeights && hostValues(classWeights);
  if (ids === undefined) return;
  if (!ids.some((label) => label !== ignoreIndex && weights?.[label] !== 0)) {
    throw new RangeError(
      `${caller}: labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"`,
    );
  }
}

function place(i: number, columns: number): string {
  return `[${Math.floor(i / columns)}, ${i % columns}]`;
}
