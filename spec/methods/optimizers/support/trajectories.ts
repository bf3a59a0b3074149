import { evaluate, leavesOf, read, scatterAdd, type Tensor, tensor, zeros } from "cotangent";
import { applyUpdates, type Optimizer } from "cotangent/methods/optimizers";
import { floats, ids } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";

/** One parameter of plain numbers, treated element by element: given gradient and parameter, the update. */
export type Reference = () => (gradient: number, parameter: number) => number;

/** Where an optimizer takes parameters and its state. */
export interface Trajectory {
  /** The parameters after each step. */
  readonly path: Float64Array[];
  /** All that the state holds at the end, in the order of its tree. */
  readonly state: Float64Array[];
}

/** Runs an optimizer over the gradients of one parameter, whatever their form. */
export async function trajectory(rule: Optimizer, start: Tensor, gradients: readonly Tensor[]): Promise<Trajectory> {
  let held = evaluate({ params: start, state: rule.init(start) });
  const path: Float64Array[] = [];
  for (const gradient of gradients) {
    const { updates, state } = rule.update(gradient, held.state, held.params);
    const next = evaluate({ params: applyUpdates(held.params, updates), state });
    for (const tensor of leavesOf(held)) tensor.dispose();
    held = next;
    path.push((await held.params.data()) as Float64Array);
  }
  const state = (await read(leavesOf<Tensor>(held.state))) as Float64Array[];
  for (const tensor of leavesOf(held)) tensor.dispose();
  return { path, state };
}

/** The same in plain numbers. */
export function referencePath(
  reference: Reference,
  start: Float64Array,
  gradients: readonly Float64Array[],
): number[][] {
  const rules = Array.from(start, reference);
  let parameters = [...start];
  return gradients.map((gradient) => {
    parameters = parameters.map((parameter, i) => parameter + rules[i](gradient[i], parameter));
    return parameters;
  });
}

/** Gradients of a parameter of three elements, one for each of 30 steps, and where it starts. */
export const runs: Arbitrary<{ readonly start: Float64Array; readonly gradients: Float64Array[] }> = fc.record({
  start: floats([3]),
  gradients: fc.array(floats([3]), { minLength: 30, maxLength: 30 }),
});

export const classes = 6;
const width = 2;

/** Rows of a gradient of a `[6, 2]` table. */
export interface Rows {
  readonly ids: Int32Array;
  readonly rows: Float64Array;
}

/** A table, and four steps' gradients of some of its rows; ids repeat. */
export const tables: Arbitrary<{ readonly table: Float64Array; readonly steps: Rows[] }> = fc.record({
  table: floats([classes, width]),
  steps: fc.array(fc.record({ ids: ids(4, classes - 1), rows: floats([4, width]) }), { minLength: 4, maxLength: 4 }),
});

export const tableOf = (values: Float64Array): Tensor => tensor(values, { shape: [classes, width] });

/** A row-sparse gradient. */
export function sparse({ ids: list, rows }: Rows): Tensor {
  const like = { dtype: "f64" } as const;
  return scatterAdd(zeros([classes, width], like), tensor(list), tensor(rows, { shape: [list.length, width] }));
}

/** The same gradient in full. */
export function full({ ids: list, rows }: Rows): Tensor {
  const values = new Float64Array(classes * width);
  list.forEach((id, i) => {
    for (let j = 0; j < width; j++) values[id * width + j] += rows[i * width + j];
  });
  return tableOf(values);
}

/** Whether a row of a table is the same, bit for bit. */
export const sameRow = (a: ArrayLike<number>, b: ArrayLike<number>, row: number): boolean =>
  [0, 1].every((j) => Object.is(a[row * width + j], b[row * width + j]));
