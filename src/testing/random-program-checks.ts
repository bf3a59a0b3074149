import { topologicalOrder } from "../autodiff/graph.js";
import type { DType, Tensor, TypedArray } from "../autodiff/index.js";
import { evaluate, not, read, valueAndGrad } from "../autodiff/index.js";
import type { Backend } from "../backends/backend.js";
import type { RandomProgram } from "./random-program.js";
import { checkEqual, checkNear } from "./random-program-difference.js";

/** What a gradient may be off by, relative to 1 or its largest entry, whichever is more. */
const slopeAllowance = { f32: 2 ** -24 * 8192, f64: 1e-12 } as const;

/** Everything that a program says: its results, its objective, and the slopes of that in the variables. */
interface Everything {
  readonly results: readonly Tensor<DType>[];
  readonly value: Tensor;
  readonly slopes: readonly Tensor[];
}

interface Values {
  readonly results: readonly TypedArray[];
  readonly value: TypedArray;
  readonly slopes: readonly TypedArray[];
}

function variablesOf(program: RandomProgram, inputs: readonly Tensor<DType>[]): Tensor[] {
  const { variables } = program;
  return inputs.filter((_, i) => variables[i]) as Tensor[];
}

/** The inputs with other tensors for the variables. */
function withVariables(
  program: RandomProgram,
  inputs: readonly Tensor<DType>[],
  floats: readonly Tensor[],
): Tensor<DType>[] {
  const { variables } = program;
  let next = 0;
  return inputs.map((input, i) => (variables[i] ? floats[next++] : input));
}

function everything(program: RandomProgram, inputs: readonly Tensor<DType>[]): Everything {
  const objective = (floats: Tensor[]) => program.objective(withVariables(program, inputs, floats));
  const { value, grad } = valueAndGrad(objective)(variablesOf(program, inputs));
  return { results: program.apply(inputs), value, slopes: grad };
}

/** Runs a check, after which no buffer may be left on the backend. */
async function withoutLeaks(name: string, backend: Backend, check: () => Promise<void>): Promise<void> {
  const before = backend.memory().buffers;
  await check();
  const leaked = backend.memory().buffers - before;
  if (leaked !== 0) throw new Error(`${name}: ${leaked} buffers on ${backend.name} outlive the check`);
}

/** A program's values within rounding of others; slopes are judged by their largest entry. */
function checkValues(name: string, program: RandomProgram, actual: Values, expected: Values): void {
  const { allowances, dtype } = program;
  actual.results.forEach((values, i) => {
    checkNear(`${name}: result ${i}`, values, expected.results[i], allowances[i]);
  });
  actual.slopes.forEach((values, i) => {
    const largest = Math.max(1, ...Array.from(expected.slopes[i], Math.abs).filter(Number.isFinite));
    checkNear(`${name}: the gradient in variable ${i}`, values, expected.slopes[i], largest * slopeAllowance[dtype]);
  });
}

/**
 * Checks that a program run as a whole, with its gradient, gives what it gives run one operation at a time: whatever the
 * backend fuses, reorders, overwrites or leaves out.
 *
 * @throws Error that names the first element that differs by more than rounding explains
 */
export async function checkFusion(program: RandomProgram, backend: Backend): Promise<void> {
  await withoutLeaks("checkFusion", backend, async () => {
    const whole = await read(everything(program, program.inputs(backend)));
    const { results, value, slopes } = everything(program, program.inputs(backend));
    const roots = [...results, value, ...slopes];
    for (const node of topologicalOrder(roots, ({ storage }) => storage === undefined)) await node.data();
    checkValues("checkFusion", program, whole, await read({ results, value, slopes }));
  });
}

/**
 * Checks that a backend gives a program's results and gradient as another backend does.
 *
 * @throws Error that names the first element that differs by more than rounding explains
 */
export async function checkAgreement(program: RandomProgram, backend: Backend, reference: Backend): Promise<void> {
  await withoutLeaks("checkAgreement", backend, async () => {
    const actual = await read(everything(program, program.inputs(backend)));
    checkValues("checkAgreement", program, actual, await read(everything(program, program.inputs(reference))));
  });
}

/**
 * Checks that a program run again gives the same to the last bit, also after a run with other leaves, and that nothing
 * writes over results that were handed out or leaves that were not given up.
 *
 * @throws Error that names the first element that differs
 */
export async function checkRepeats(program: RandomProgram, backend: Backend): Promise<void> {
  await withoutLeaks("checkRepeats", backend, async () => {
    const inputs = evaluate(program.inputs(backend));
    const first = evaluate(program.apply(inputs));
    const before = await valuesOf(first);
    const other = evaluate(program.apply(program.inputs(backend, 1)));
    const again = evaluate(program.apply(inputs));
    checkAllEqual("checkRepeats: after another run, result", await valuesOf(first), before);
    checkAllEqual("checkRepeats: in the second run, result", await valuesOf(again), before);
    // Results that shared memory with each other, or with a leaf, would change as one of them is given up.
    for (let i = 0; i < first.length; i++) {
      const changed = evaluate(increased(first[i]), { donate: first[i] });
      const others = await valuesOf(first.slice(i + 1));
      checkAllEqual("checkRepeats: after one was given up, result", others, before.slice(i + 1));
      changed.dispose();
    }
    checkAllEqual(
      "checkRepeats: after all runs, leaf",
      await valuesOf(inputs),
      await valuesOf(program.inputs(backend)),
    );
    for (const tensor of [...inputs, ...first, ...other, ...again]) tensor.dispose();
  });
}

/**
 * Checks that leaves may be given up: results are the same to the last bit, the other leaves keep their values, and a few
 * steps of descent that replace the variables end where they end without.
 *
 * @throws Error that names the first element that differs
 */
export async function checkDonation(program: RandomProgram, backend: Backend): Promise<void> {
  await withoutLeaks("checkDonation", backend, async () => {
    const original = await valuesOf(program.inputs(backend));
    const expected = await read(program.run(backend));
    for (const every of [1, 2]) {
      const inputs = evaluate(program.inputs(backend));
      const given = inputs.filter((_, i) => i % every === 0);
      const kept = inputs.filter((_, i) => i % every !== 0);
      const results = evaluate(program.apply(inputs), { donate: given });
      checkAllEqual("checkDonation: result", await valuesOf(results), expected);
      const untouched = original.filter((_, i) => i % every !== 0);
      checkAllEqual("checkDonation: kept leaf", await valuesOf(kept), untouched);
      for (const tensor of [...results, ...inputs]) tensor.dispose();
    }
    const [given, kept] = [await descend(program, backend, true), await descend(program, backend, false)];
    checkAllEqual("checkDonation: after three steps, variable", given, kept);
  });
}

/** The variables after three steps of gradient descent, which own them if `donates`. */
async function descend(program: RandomProgram, backend: Backend, donates: boolean): Promise<TypedArray[]> {
  const inputs = program.inputs(backend);
  let held = evaluate(variablesOf(program, inputs));
  for (let step = 0; step < 3; step++) {
    const objective = (floats: Tensor[]) => program.objective(withVariables(program, inputs, floats));
    const { value, grad } = valueAndGrad(objective)(held);
    const params = held.map((variable, i) => variable.sub(grad[i].mul(0.125)));
    const next = evaluate({ value, params }, donates ? { donate: held } : {});
    for (const tensor of [next.value, ...held]) tensor.dispose();
    held = next.params;
  }
  const values = await valuesOf(held);
  for (const tensor of [...inputs, ...held]) tensor.dispose(); // a backend may keep copies of leaves that it met twice
  return values;
}

function valuesOf(tensors: readonly Tensor<DType>[]): Promise<TypedArray[]> {
  return Promise.all(tensors.map(async (tensor) => (await tensor.data()) as TypedArray));
}

function checkAllEqual(name: string, actual: readonly TypedArray[], expected: readonly TypedArray[]): void {
  actual.forEach((values, i) => {
    checkEqual(`${name} ${i}`, values, expected[i]);
  });
}

function increased(x: Tensor<DType>): Tensor<DType> {
  return x.dtype === "bool" ? not(x as Tensor<"bool">) : x.add(1);
}
