import { checkAbove } from "../../autodiff/check.js";
import type { Tensor } from "../../autodiff/index.js";
import type { Computation, Tolerance } from "./computation.js";
import { agreementLaw, leakLaw, repeatLaw, resultLaw } from "./computation-laws.js";
import { checkAxes, checkAxis, checkFields, checkFunction, checkInput, checkName, show } from "./declaration.js";
import { extremesLaw, unboundedOf } from "./extremes.js";
import { awayFromKinks, detachedLaw, gradientLaws } from "./gradient-laws.js";
import type { Axis, HostValuesOf, Inputs, ValuesOf } from "./inputs.js";
import { changeOf, type Invariance, list } from "./invariance.js";
import { boundLaw, closedFormLaws, invarianceLaw, reductionLaw } from "./loss-laws.js";
import { checkReference } from "./reference.js";
import { checkRefusals, type Refusal, refusalLaws } from "./refusals.js";
import { type Sample, type Size, samplesOf, variablesOf } from "./sample.js";
import type { Subject } from "./subject.js";

/** A closed form: from inputs on the host and the sizes of the axes to the value, or a gradient, in row-major order. */
export type ClosedForm<I extends Inputs> = (
  values: HostValuesOf<I>,
  sizes: Sample["sizes"],
) => ArrayLike<number> | number;

/** A case in which a loss is another one. */
export interface Reduction<I extends Inputs> {
  /** Reads after the loss's name: "is cross-entropy without a margin". */
  readonly name: string;
  /** Turns inputs into ones of that case. Default: they all are. */
  readonly when?: (values: ValuesOf<I>) => ValuesOf<I>;
  readonly equals: (values: ValuesOf<I>) => Tensor;
}

/** A number, or another loss of the same inputs. */
export type Bound<I extends Inputs> = number | ((values: ValuesOf<I>) => Tensor);

/** What a loss is, as far as it can be checked. */
export interface LossDeclaration<I extends Inputs> {
  readonly name: string;
  readonly inputs: I;
  readonly loss: (values: ValuesOf<I>) => Tensor;
  /** The axes of the result: `["batch"]` for one value an example, `[]` for a scalar. */
  readonly shape: readonly Axis[];
  /** Sizes of the named axes. Default: 1 to 4 each. */
  readonly sizes?: Readonly<Record<string, Size>>;
  /** How often it can be differentiated: 1 where it is linear piece by piece. Default 2. */
  readonly order?: 1 | 2;
  /** Is 0 where the loss has a kink: derivatives are not judged where an element is nearer to 0 than 0.05. */
  readonly kinks?: (values: ValuesOf<I>) => Tensor;
  /** Inputs that no gradient flows into. */
  readonly detached?: readonly (keyof I & string)[];
  /** Magnitude at which value and gradient must still be finite. Default 10 000. */
  readonly extreme?: number;
  readonly invariances?: readonly Invariance<I>[];
  readonly atLeast?: Bound<I>;
  readonly atMost?: Bound<I>;
  readonly reductions?: readonly Reduction<I>[];
  readonly expected?: ClosedForm<I>;
  readonly expectedGradient?: { readonly [K in keyof I]?: ClosedForm<I> };
  readonly errors?: readonly Refusal[];
  readonly tolerance?: Tolerance;
}

const FIELDS: readonly (keyof LossDeclaration<Inputs>)[] = [
  ...(["name", "inputs", "loss", "shape", "sizes", "order", "kinks", "detached", "extreme", "invariances"] as const),
  ...(["atLeast", "atMost", "reductions", "expected", "expectedGradient", "errors", "tolerance"] as const),
];

/**
 * Declares a loss, so that whatever can be checked of it is: its shape, its gradient against central differences in f64,
 * that it is finite at extremes, the same bits twice, no leak, agreement of every backend with f64 on the reference; and
 * the invariances, bounds, special cases, closed forms and errors that the declaration states.
 *
 * @throws TypeError or RangeError that names the field of the declaration that is wrong
 *
 * @example
 * import { sigmoid, softplus } from "cotangent";
 * import { binaryLabels, lossSubject, scores } from "cotangent/testing";
 *
 * export const subject = lossSubject({
 *   name: "binaryCrossEntropy",
 *   inputs: { logits: scores(["batch"]), labels: binaryLabels(["batch"]) },
 *   loss: ({ logits, labels }) => softplus(logits).sub(labels.mul(logits)),
 *   shape: ["batch"],
 *   invariances: [{ alone: "batch" }, { permute: "batch" }],
 *   atLeast: 0,
 *   expected: ({ logits, labels }) => logits.map((z, i) => Math.log1p(Math.exp(z)) - labels[i] * z),
 * });
 */
export function lossSubject<const I extends Inputs>(declaration: LossDeclaration<I>): Subject {
  const stated = declaration as unknown as LossDeclaration<Inputs>;
  check(stated);
  const { name, inputs, loss, shape, sizes = {}, order = 2, kinks, extreme = 1e4, tolerance = {} } = stated;
  const { detached = [], invariances = [], reductions = [], errors = [] } = stated;
  const computation: Computation = {
    ...{ name, inputs, shape, samples: samplesOf(inputs, sizes) },
    tolerance: { f64: tolerance.f64 ?? 1e-9, f32: tolerance.f32 ?? 1e-4 },
    apply: (values) => loss(values),
  };
  return {
    ...{ kind: "loss", name, unproven: gapsOf(stated) },
    laws(backend, reference = backend) {
      checkReference("laws", reference);
      const judged = (on = backend) => awayFromKinks(computation, on, kinks);
      return [
        resultLaw(computation, backend),
        ...(backend.dtypes.has("f64") ? gradientLaws(computation, backend, order, judged()) : []),
        ...detached.map((input) => detachedLaw(computation, backend, input)),
        ...closedFormLaws(computation, stated, backend),
        ...reductions.map((reduction) => reductionLaw(computation, reduction, backend)),
        ...invariances.map((one) => invarianceLaw(computation, changeOf(one, inputs, shape), backend)),
        ...(["atLeast", "atMost"] as const).flatMap((side) =>
          stated[side] === undefined ? [] : [boundLaw(computation, side, stated[side], backend)],
        ),
        ...(unboundedOf(inputs).length > 0 ? [extremesLaw(computation, backend, extreme)] : []),
        repeatLaw(computation, backend),
        leakLaw(computation, backend),
        agreementLaw(computation, backend, reference, order, judged(reference)),
        ...refusalLaws(errors),
      ];
    },
  };
}

function check(declaration: LossDeclaration<Inputs>): void {
  const caller = "lossSubject";
  checkFields(caller, declaration, FIELDS);
  const { name, inputs, loss, shape, sizes = {}, order = 2, extreme = 1e4, kinks, tolerance = {} } = declaration;
  const {
    detached = [],
    invariances = [],
    reductions = [],
    expected,
    expectedGradient = {},
    errors = [],
  } = declaration;
  checkName(caller, name);
  checkAxes(caller, inputs, sizes, shape);
  checkFunction(caller, "loss", loss, "(inputs) => tensor");
  if (variablesOf(inputs).length === 0) {
    throw new TypeError(`${caller}: inputs has none with a gradient but must have one, such as scores(["batch"])`);
  }
  if (order !== 1 && order !== 2) throw new RangeError(`${caller}: order is ${show(order)} but must be 1 or 2`);
  checkAbove(caller, { extreme, ...tolerance }, 0);
  if (kinks !== undefined) checkFunction(caller, "kinks", kinks, "(inputs) => tensor");
  for (const input of detached) checkInput(caller, "detached", input, inputs);
  invariances.forEach((one, i) => {
    checkInvariance(caller, `invariances[${i}]`, one, inputs);
  });
  reductions.forEach(({ equals }, i) => {
    checkFunction(caller, `reductions[${i}].equals`, equals, "(inputs) => tensor");
  });
  if (expected !== undefined) checkFunction(caller, "expected", expected, "(values, sizes) => numbers");
  for (const [input, form] of Object.entries(expectedGradient)) {
    checkInput(caller, "expectedGradient", input, inputs);
    checkFunction(caller, `expectedGradient.${input}`, form, "(values, sizes) => numbers");
  }
  checkRefusals(caller, errors);
}

function checkInvariance(caller: string, where: string, invariance: Invariance<Inputs>, inputs: Inputs): void {
  const kinds = ["shift", "scale", "negate", "permute", "alone", "change"].filter((kind) => kind in invariance);
  if (kinds.length !== 1) {
    const has = kinds.length === 0 ? "none" : kinds.join(" and ");
    throw new TypeError(
      `${caller}: ${where} has ${has} but must have one of shift, scale, negate, permute, alone, change`,
    );
  }
  if ("shift" in invariance && invariance.along !== undefined) {
    checkAxis(caller, `${where}.along`, invariance.along, inputs);
  }
  for (const kind of ["shift", "scale", "negate"] as const) {
    if (!(kind in invariance)) continue;
    for (const input of list((invariance as Readonly<Record<string, string | readonly string[]>>)[kind])) {
      checkInput(caller, `${where}.${kind}`, input, inputs);
      if (inputs[input].isReal) continue;
      throw new TypeError(
        `${caller}: ${where}.${kind} is "${input}", which holds no real numbers, but must be an input that does`,
      );
    }
  }
  if ("permute" in invariance) checkAxis(caller, `${where}.permute`, invariance.permute, inputs);
  if ("alone" in invariance) {
    checkAxis(caller, `${where}.alone`, invariance.alone, inputs);
    const counting = Object.keys(inputs).find((name) => inputs[name].over === invariance.alone);
    if (counting !== undefined) {
      throw new TypeError(
        `${caller}: ${where}.alone is "${invariance.alone}", which inputs.${counting} counts, but must be an axis that no ids count`,
      );
    }
  }
  if ("change" in invariance) {
    checkName(`${caller}: ${where}`, invariance.name);
    checkFunction(caller, `${where}.change`, invariance.change, "(inputs, amount) => inputs");
  }
}

function gapsOf(declaration: LossDeclaration<Inputs>): string[] {
  const { inputs, order = 2, invariances = [], atLeast, atMost, reductions = [], expected, errors = [] } = declaration;
  const gaps: string[] = [];
  if (order === 1) gaps.push("the Hessian is not judged, as order is 1");
  if (expected === undefined) gaps.push("no closed form is given to hold the value against (expected)");
  if (invariances.length === 0) gaps.push("no invariance is declared (invariances)");
  if (atLeast === undefined && atMost === undefined) gaps.push("no bound is declared (atLeast, atMost)");
  if (reductions.length === 0) gaps.push("no special case is declared (reductions)");
  if (unboundedOf(inputs).length === 0) gaps.push("no input is unbounded, so that nothing is tried at extremes");
  if (errors.length === 0) gaps.push("no wrong call is declared (errors)");
  return gaps;
}
