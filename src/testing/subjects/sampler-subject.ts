import fc, { type Arbitrary } from "fast-check";
import { checkAbove, checkOneOf } from "../../autodiff/check.js";
import type { Backend } from "../../backends/backend.js";
import type { Tolerance } from "./computation.js";
import { checkFields, checkFunction, checkName, show } from "./declaration.js";
import { checkReference } from "./reference.js";
import { checkRefusals, type Refusal, refusalLaws } from "./refusals.js";
import { enumerationLaw, evidenceLaw } from "./sampler-evidence.js";
import {
  agreementOfSamplersLaw,
  drawsLaw,
  keysLaw,
  normalizationLaw,
  probabilitiesLaw,
  type SamplerCase,
  type SamplerUnderTest,
  samplerLeakLaw,
} from "./sampler-laws.js";
import type { Subject } from "./subject.js";

/** What a sampler is, as far as it can be checked. */
export interface SamplerDeclaration<O = undefined> {
  readonly name: string;
  /** Makes the sampler; whatever tensors it needs are to be on the backend. */
  readonly sampler: (options: O, backend: Backend) => SamplerUnderTest;
  /** Options that it is tried with. Default: `undefined` alone. Few classes, up to about 8, can be enumerated. */
  readonly options?: Arbitrary<O>;
  /**
   * How the draws are shown to follow the probabilities: `enumeration` of all outcomes, exactly, where all that is random
   * is discrete (`randomInt`, `bernoulli`, `categorical`, `choice`, …); else by `evidence` from draws. Default
   * `enumeration`, which has the evidence too.
   */
  readonly proof?: "enumeration" | "evidence";
  /** Draws that the evidence is from. Default 20 000. */
  readonly draws?: number;
  /** `[classes]` the probabilities by their definition. */
  readonly probabilities?: (options: O) => ArrayLike<number>;
  readonly errors?: readonly Refusal[];
  readonly tolerance?: Tolerance;
}

const FIELDS: readonly (keyof SamplerDeclaration)[] = [
  ...(["name", "sampler", "options", "proof", "draws", "probabilities", "errors", "tolerance"] as const),
];

/**
 * Declares a sampler, so that whatever can be checked of it is: draws are classes, and as many as asked for; the
 * probabilities of all classes add up to 1; the draws follow them, independently of each other; a key gives the same
 * draws, the same on every backend, and another key others; no leak; agreement of every backend with f64 on the
 * reference; and the definition and the errors that the declaration states.
 *
 * @throws TypeError or RangeError that names the field of the declaration that is wrong
 *
 * @example
 * import { uniformSampler } from "cotangent/methods/sampling";
 * import { samplerSubject } from "cotangent/testing";
 * import fc from "fast-check";
 *
 * export const subject = samplerSubject({
 *   name: "uniformSampler",
 *   options: fc.integer({ min: 2, max: 6 }),
 *   sampler: (classes) => uniformSampler({ classes }),
 *   probabilities: (classes) => Array(classes).fill(1 / classes),
 * });
 */
export function samplerSubject<O = undefined>(declaration: SamplerDeclaration<O>): Subject {
  const stated = declaration as unknown as SamplerDeclaration<unknown>;
  check(stated);
  const { name, sampler, options = fc.constant(undefined), proof = "enumeration", draws = 20_000 } = stated;
  const { probabilities, errors = [], tolerance = {} } = stated;
  const of: SamplerCase = {
    name,
    sampler,
    samples: fc.record({ options, seed: fc.nat() }),
    tolerance: { f64: tolerance.f64 ?? 1e-9, f32: tolerance.f32 ?? 1e-4 },
  };
  return {
    ...{ kind: "sampler", name, unproven: gapsOf(stated) },
    laws(backend, reference = backend) {
      checkReference("laws", reference);
      const isExact = backend.dtypes.has("f64");
      return [
        drawsLaw(of, backend),
        normalizationLaw(of, backend),
        ...(probabilities === undefined ? [] : [probabilitiesLaw(of, probabilities, backend)]),
        ...(isExact && proof === "enumeration" ? [enumerationLaw(of, backend)] : []),
        evidenceLaw(of, draws, backend),
        keysLaw(of, backend),
        samplerLeakLaw(of, backend),
        agreementOfSamplersLaw(of, backend, reference),
        ...refusalLaws(errors),
      ];
    },
  };
}

function check(declaration: SamplerDeclaration<unknown>): void {
  const caller = "samplerSubject";
  checkFields(caller, declaration, FIELDS);
  const { name, sampler, options, proof = "enumeration", draws = 20_000, probabilities, errors = [] } = declaration;
  checkName(caller, name);
  checkFunction(caller, "sampler", sampler, "(options, backend) => sampler");
  if (options !== undefined && typeof options.generate !== "function") {
    throw new TypeError(`${caller}: options is ${show(options)} but must be an arbitrary of fast-check`);
  }
  checkOneOf(caller, "proof", proof, ["enumeration", "evidence"]);
  if (!(Number.isSafeInteger(draws) && draws >= 1000)) {
    throw new RangeError(`${caller}: draws is ${draws} but must be a whole number ≥ 1000`);
  }
  if (probabilities !== undefined) {
    checkFunction(caller, "probabilities", probabilities, "(options) => a number for each class");
  }
  checkAbove(caller, { ...declaration.tolerance }, 0);
  checkRefusals(caller, errors);
}

function gapsOf({ proof, options, probabilities, errors = [] }: SamplerDeclaration<unknown>): string[] {
  const gaps: string[] = [];
  if (proof === "evidence") gaps.push("draws are judged by evidence from samples, not by enumeration (proof)");
  if (options === undefined) gaps.push("it is tried with one set of options only (options)");
  if (probabilities === undefined)
    gaps.push("no definition is given to hold the probabilities against (probabilities)");
  if (errors.length === 0) gaps.push("no wrong call is declared (errors)");
  return gaps;
}
