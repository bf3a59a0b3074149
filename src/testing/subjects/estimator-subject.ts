import { checkAbove, checkOneOf } from "../../autodiff/check.js";
import type { Key, Tensor } from "../../autodiff/index.js";
import { keyOf } from "../../autodiff/random.js";
import type { Bounds } from "../sequential.js";
import type { Tolerance } from "./computation.js";
import { finiteLaw, leakLaw, repeatLaw, resultLaw } from "./computation-laws.js";
import { checkAxes, checkFields, checkFunction, checkInput, checkName, show } from "./declaration.js";
import {
  type Bias,
  biasLaw,
  type EstimatorCase,
  gradientBiasLaw,
  sameKeyLaw,
  sequentialLaw,
  unbiasedLaw,
} from "./estimator-laws.js";
import { extremesLaw } from "./extremes.js";
import type { Axis, HostValuesOf, Inputs, ValuesOf } from "./inputs.js";
import { checkReference } from "./reference.js";
import { checkRefusals, type Refusal, refusalLaws } from "./refusals.js";
import { type Sample, type Size, samplesOf } from "./sample.js";
import type { Subject } from "./subject.js";

/** What an estimator is, as far as it can be checked. */
export interface EstimatorDeclaration<I extends Inputs> {
  readonly name: string;
  readonly inputs: I;
  readonly estimate: (values: ValuesOf<I>, key: Key) => Tensor;
  /** What it estimates, of the same shape. */
  readonly target: (values: ValuesOf<I>) => Tensor;
  /** The axes of the estimate. */
  readonly shape: readonly Axis[];
  /** Sizes of the named axes. Default: 1 to 4 each. Keep them small: all outcomes are enumerated. */
  readonly sizes?: Readonly<Record<string, Size>>;
  /** Inputs in which the estimate's gradient is unbiased for the target's. */
  readonly gradient?: readonly (keyof I & string)[];
  /** What is known of its bias. Default: it has none. */
  readonly biased?: Bias;
  /**
   * How the bias is found: by `enumeration` of all outcomes, where all that is random is discrete; else by a `sequential`
   * test, which needs `range`. Default `enumeration`.
   */
  readonly proof?: "enumeration" | "sequential";
  /** Bounds of every draw, for the sequential test. */
  readonly range?: (values: HostValuesOf<I>, sizes: Sample["sizes"]) => Bounds;
  /** The bias that the sequential test must rule out, as a fraction of the range. Default 0.02. */
  readonly detectable?: number;
  /** Magnitude at which value and gradient must still be finite. Default: none is tried. */
  readonly extreme?: number;
  readonly errors?: readonly Refusal[];
  readonly tolerance?: Tolerance;
}

const FIELDS: readonly (keyof EstimatorDeclaration<Inputs>)[] = [
  ...(["name", "inputs", "estimate", "target", "shape", "sizes", "gradient", "biased", "proof", "range"] as const),
  ...(["detectable", "extreme", "errors", "tolerance"] as const),
];

/**
 * Declares an estimator, so that whatever can be checked of it is: its expected value is the target, over all outcomes of
 * its draws, or as far from it as the declaration says; so is its gradient's; it is finite; a key gives the same bits
 * twice; no leak; agreement of every backend with the reference; and the errors that the declaration states.
 *
 * @throws TypeError or RangeError that names the field of the declaration that is wrong
 *
 * @example
 * import { gather, randomInt } from "cotangent";
 * import { estimatorSubject, scores } from "cotangent/testing";
 *
 * export const subject = estimatorSubject({
 *   name: "sampledMean",
 *   inputs: { x: scores(["count"]) },
 *   estimate: ({ x }, key) => gather(x, randomInt(key, [3], x.shape[0])).mean(),
 *   target: ({ x }) => x.mean(),
 *   shape: [],
 *   gradient: ["x"],
 * });
 */
export function estimatorSubject<const I extends Inputs>(declaration: EstimatorDeclaration<I>): Subject {
  const stated = declaration as unknown as EstimatorDeclaration<Inputs>;
  check(stated);
  const { name, inputs, estimate, target, shape, sizes = {}, gradient = [], biased, proof, range } = stated;
  const { detectable = 0.02, extreme, errors = [], tolerance = {} } = stated;
  const of: EstimatorCase = {
    ...{ name, inputs, shape, samples: samplesOf(inputs, sizes) },
    tolerance: { f64: tolerance.f64 ?? 1e-9, f32: tolerance.f32 ?? 1e-4 },
    estimate,
    target,
    apply: (values, { seed }, { backend }) => estimate(values, keyOf(seed, backend)),
  };
  return {
    ...{ kind: "estimator", name, unproven: gapsOf(stated) },
    laws(backend, reference = backend) {
      checkReference("laws", reference);
      const byEnumeration = () => [
        biased === undefined ? unbiasedLaw(of, backend) : biasLaw(of, biased, backend),
        ...gradient.map((input) => gradientBiasLaw(of, input, backend)),
      ];
      const bySampling = () => (backend.dtypes.has("f64") ? [sequentialLaw(of, range!, detectable, backend)] : []);
      return [
        resultLaw(of, backend),
        ...(proof === "sequential" ? bySampling() : byEnumeration()),
        finiteLaw(of, backend),
        ...(extreme === undefined ? [] : [extremesLaw(of, backend, extreme)]),
        repeatLaw(of, backend),
        leakLaw(of, backend),
        ...(backend === reference ? [] : [sameKeyLaw(of, backend, reference)]),
        ...refusalLaws(errors),
      ];
    },
  };
}

function check(declaration: EstimatorDeclaration<Inputs>): void {
  const caller = "estimatorSubject";
  checkFields(caller, declaration, FIELDS);
  const { name, inputs, estimate, target, shape, sizes = {}, gradient = [], biased, errors = [] } = declaration;
  const { proof = "enumeration", range, detectable = 0.02, extreme = 1, tolerance = {} } = declaration;
  checkName(caller, name);
  checkAxes(caller, inputs, sizes, shape);
  checkFunction(caller, "estimate", estimate, "(inputs, key) => tensor");
  checkFunction(caller, "target", target, "(inputs) => tensor");
  if (!Array.isArray(gradient)) {
    throw new TypeError(`${caller}: gradient is ${show(gradient)} but must be names of inputs`);
  }
  for (const input of gradient) {
    checkInput(caller, "gradient", input, inputs);
    if (inputs[input].gradient) continue;
    throw new TypeError(
      `${caller}: gradient is "${input}", an input without one, but must be one with; pass { gradient: true } to it`,
    );
  }
  checkOneOf(caller, "proof", proof, ["enumeration", "sequential"]);
  checkAbove(caller, { detectable, extreme, ...tolerance }, 0);
  if (proof === "sequential") {
    checkFunction(caller, "range", range, "(values, sizes) => ({ low, high }), the bounds of every draw");
    for (const [field, value] of [
      ["biased", biased],
      ["gradient", gradient[0]],
    ]) {
      if (value === undefined) continue;
      throw new TypeError(
        `${caller}: ${field} is stated but must not be with proof "sequential", which does not see it`,
      );
    }
  }
  if (biased !== undefined) checkBias(caller, biased);
  checkRefusals(caller, errors);
}

function checkBias(caller: string, biased: Bias): void {
  if ("within" in biased) checkAbove(caller, { "biased.within": biased.within }, 0);
  else checkOneOf(caller, "biased.sign", biased.sign, ["above", "below"]);
}

function gapsOf(declaration: EstimatorDeclaration<Inputs>): string[] {
  const { gradient = [], biased, proof, extreme, errors = [], detectable = 0.02 } = declaration;
  const gaps: string[] = [];
  if (proof === "sequential")
    gaps.push(`a bias below ${detectable} of the range is not seen, as it is tested by sampling (proof)`);
  if (biased !== undefined) gaps.push("it is not unbiased, by its own declaration (biased)");
  if (gradient.length === 0) gaps.push("whether its gradient is unbiased (gradient)");
  if (extreme === undefined) gaps.push("nothing is tried at extremes (extreme)");
  if (errors.length === 0) gaps.push("no wrong call is declared (errors)");
  return gaps;
}
