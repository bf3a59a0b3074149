import { checkAbove, checkAtLeast } from "../../autodiff/check.js";
import { cast, greater, sigmoid, softplus, where } from "../../autodiff/index.js";
import { additive, logarithmic, type PairForm } from "./pair-form.js";

export interface ContrastiveFormOptions {
  /** Similarity m above which a negative costs, a finite number. Default 0.5. */
  readonly margin?: number;
  /** Mean over positives, and over negatives above the margin, in place of sums. Default false. */
  readonly average?: boolean;
}

export interface LiftedStructureFormOptions {
  /** How much more similar positives are to be, m, a finite number. Default 1. */
  readonly margin?: number;
}

export interface ScaledFormOptions {
  /** Steepness b for positives, a finite number > 0. Default 2. */
  readonly positiveScale?: number;
  /** Steepness g for negatives, a finite number > 0. Default 40. */
  readonly negativeScale?: number;
  /** Similarity m that parts positives from negatives, a finite number. Default 0.5. */
  readonly margin?: number;
}

export interface BinomialDevianceFormOptions extends ScaledFormOptions {
  /** Mean over positives and over negatives in place of sums. Default false. */
  readonly average?: boolean;
}

/** The form, for a caller that errors name. */
export function contrastiveForm(caller: string, { margin = 0.5, average = false }: ContrastiveFormOptions): PairForm {
  checkFiniteMargin(caller, margin);
  return {
    positive: additive((s) => ({ value: s.neg(), slope: s.mul(0).add(1) }), average),
    negative: additive((s) => {
      const isNear = greater(s, margin);
      return { value: where(isNear, s.sub(margin), 0), slope: cast(isNear, s.dtype) };
    }, average),
  };
}

/** The form, for a caller that errors name. */
export function liftedStructureForm(caller: string, { margin = 1 }: LiftedStructureFormOptions): PairForm {
  checkFiniteMargin(caller, margin);
  return {
    positive: logarithmic((s) => s.neg().add(margin), { offset: 0, scale: 1 }),
    negative: logarithmic((s) => s, { offset: 0, scale: 1 }),
    hinge: true,
  };
}

/** The form, for a caller that errors name. */
export function binomialDevianceForm(
  caller: string,
  { average = false, ...scales }: BinomialDevianceFormOptions,
): PairForm {
  const { positiveScale, negativeScale, margin } = checkedScales(caller, scales);
  const side = (scale: number) =>
    additive((s) => {
      const u = s.sub(margin).mul(scale);
      return { value: softplus(u), slope: sigmoid(u).mul(Math.abs(scale)) };
    }, average);
  return { positive: side(-positiveScale), negative: side(negativeScale) };
}

/** The form, for a caller that errors name. */
export function multiSimilarityForm(caller: string, options: ScaledFormOptions): PairForm {
  const { positiveScale, negativeScale, margin } = checkedScales(caller, options);
  return {
    positive: logarithmic((s) => s.sub(margin).mul(-positiveScale), { offset: 1, scale: positiveScale }),
    negative: logarithmic((s) => s.sub(margin).mul(negativeScale), { offset: 1, scale: negativeScale }),
  };
}

function ncaForm(): PairForm {
  return {
    positive: logarithmic((s) => s, { offset: 0, scale: 1, sign: -1 }),
    negative: logarithmic((s) => s, { offset: 0, scale: 1 }),
  };
}

function checkFiniteMargin(caller: string, margin: number): void {
  checkAtLeast(caller, { margin }, -Number.MAX_VALUE);
}

function checkedScales(caller: string, options: ScaledFormOptions): Required<ScaledFormOptions> {
  const { positiveScale = 2, negativeScale = 40, margin = 0.5 } = options;
  checkAbove(caller, { positiveScale, negativeScale }, 0);
  checkFiniteMargin(caller, margin);
  return { positiveScale, negativeScale, margin };
}

/**
 * The forms of known losses of pairs, for `genericMetricLoss`, `pairWeights` and `metrixLoss`: functions of their options.
 *
 *                        positives                      negatives                     of the sum
 *     contrastive        −s                             [s − m]₊                      itself
 *     liftedStructure    log Σ exp(m − s)               log Σ exp(s)                  [ ]₊
 *     binomialDeviance   log(1 + exp(−b(s − m)))        log(1 + exp(g(s − m)))        itself
 *     multiSimilarity    log(1 + Σ exp(−b(s − m))) / b  log(1 + Σ exp(g(s − m))) / g  itself
 *     nca                −log Σ exp(s)                  log Σ exp(s)                  itself
 *
 * Without a Σ the terms are added up; with one the weight of a pair is a factor inside of it. A part over no pairs is 0.
 * With class representatives as examples `multiSimilarity` is Proxy-Anchor and `nca` Proxy-NCA.
 *
 * Reach for `multiSimilarity` first; for `contrastive` where each pair is to count by itself.
 *
 * The margin of `liftedStructure` is that of Multi-Similarity's paper, minus that of Metrix's.
 *
 * @throws RangeError if a scale is not a finite number > 0, or a margin not finite
 * @source Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
 * arXiv:1904.06627; Venkataramanan et al., "It Takes Two to Tango: Mixup for Deep Metric Learning", ICLR 2022,
 * arXiv:2106.04990, table 1
 */
export const metricLossPresets: {
  readonly contrastive: (options?: ContrastiveFormOptions) => PairForm;
  readonly liftedStructure: (options?: LiftedStructureFormOptions) => PairForm;
  readonly binomialDeviance: (options?: BinomialDevianceFormOptions) => PairForm;
  readonly multiSimilarity: (options?: ScaledFormOptions) => PairForm;
  readonly nca: () => PairForm;
} = {
  contrastive: (options = {}) => contrastiveForm("metricLossPresets.contrastive", options),
  liftedStructure: (options = {}) => liftedStructureForm("metricLossPresets.liftedStructure", options),
  binomialDeviance: (options = {}) => binomialDevianceForm("metricLossPresets.binomialDeviance", options),
  multiSimilarity: (options = {}) => multiSimilarityForm("metricLossPresets.multiSimilarity", options),
  nca: ncaForm,
};
