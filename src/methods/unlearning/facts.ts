import { checkSameShape, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import type { DType, Tensor } from "../../autodiff/index.js";

/** What a model is to know, and which part of it is new. */
export interface EditedFacts<Inputs extends DType = DType> {
  /** `[F, ...]`, a row for each fact: what the model is asked. */
  readonly inputs: Tensor<Inputs>;
  /** `[F]`, each in [0, classes): what it is to answer, new for the facts that are modified, as before for the others. */
  readonly targets: Tensor<"i32">;
  /** Which facts are modified: at least one, each in [0, F) and named once. */
  readonly modified: ArrayLike<number>;
}

/** Throws unless the facts that are modified are at least one of `count`, each named once. */
export function checkModified(caller: string, modified: ArrayLike<number>, count: number): void {
  if (modified.length === 0) {
    throw new RangeError(`${caller}: modified is empty but must name at least one fact`);
  }
  const seen = new Set<number>();
  for (let i = 0; i < modified.length; i++) {
    const fact = modified[i];
    if (!(Number.isInteger(fact) && fact >= 0 && fact < count)) {
      throw new RangeError(`${caller}: modified holds ${fact} at ${i} but must hold whole numbers in [0, ${count})`);
    }
    if (seen.has(fact)) throw new RangeError(`${caller}: modified holds ${fact} twice but must name a fact once`);
    seen.add(fact);
  }
}

/** Throws unless labels are classes. */
export function checkLabels(caller: string, name: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    if (Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes) continue;
    throw new RangeError(
      `${caller}: ${name} holds ${labels[i]} at ${i} but must hold whole numbers in [0, ${classes})`,
    );
  }
}

/** Throws unless inputs, targets and what is modified fit each other and, on the host, the number of classes. */
export function checkFacts(caller: string, { inputs, targets, modified }: EditedFacts, classes?: number): void {
  checkDType(caller, { targets }, "i32");
  if (inputs.shape.length === 0) {
    throw new ShapeError(`${caller}: inputs has shape ${showShape(inputs.shape)} but must have a row for each fact`);
  }
  checkSameShape(caller, { "the rows of inputs": { shape: inputs.shape.slice(0, 1) }, targets });
  checkModified(caller, modified, inputs.shape[0]);
  const known = hostValues(targets);
  if (classes !== undefined && known !== undefined) checkLabels(caller, "targets", known, classes);
}

/** The facts that are not modified, in order. */
export function unmodifiedOf(modified: ArrayLike<number>, count: number): number[] {
  const changed = new Set(Array.from(modified));
  return Array.from({ length: count }, (_, fact) => fact).filter((fact) => !changed.has(fact));
}
