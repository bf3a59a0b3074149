import { type Backend, leavesOf, type Tensor } from "cotangent";
import type { NdArray } from "cotangent/data";
import { writeAtomically } from "./atomic-file.js";
import { FileError } from "./errors.js";
import type { Model } from "./model.js";
import { encodeModel, readModel, tensorOf } from "./model-file.js";
import type { Recipe } from "./recipe.js";
import type { Position, Snapshot } from "./training-run.js";

/** Where the unfinished run that will become `output` is kept. */
export function checkpointOf(output: string): string {
  return `${output}.checkpoint`;
}

/** What names begin with of tensors that negatives are drawn by. */
const FOLLOWED = "followed.";

/** Fits nothing. */
const NOT_THERE = { shape: [-1] };

/** What a checkpoint knows of its run, beside the model. */
interface RunState {
  readonly fingerprint: string;
  readonly position: Position;
  readonly losses: readonly number[];
  readonly lossSum: number;
}

/** Writes where a run stands; the checkpoint before it stays as `….previous`. */
export async function saveCheckpoint(
  command: string,
  path: string,
  snapshot: Snapshot,
  { recipe, space, labels }: Pick<Model, "recipe" | "space" | "labels">,
  fingerprint: string,
): Promise<void> {
  const { position, parameters, noise, state, losses, lossSum, followed = {} } = snapshot;
  const others = new Map([
    ...state.map((leaf, i): [string, Tensor] => [`state.${i}`, leaf]),
    ...Object.entries(followed).map(([name, leaf]): [string, Tensor] => [FOLLOWED + name, leaf]),
  ]);
  const run: RunState = { fingerprint, position, losses, lossSum };
  const model = { recipe, space, labels, parameters, noise };
  await writeAtomically(command, path, await encodeModel("cotangent checkpoint 1", model, others, { run }));
}

/**
 * Reads a checkpoint of the run that is to go on.
 *
 * @throws FileError if it is of another run: other options, another file
 * @throws DataError if it is truncated or corrupt
 */
export async function loadCheckpoint(
  command: string,
  path: string,
  recipe: Recipe,
  fingerprint: string,
  backend: Backend,
): Promise<Snapshot> {
  const { model, tensors, extra } = await readModel(command, path, "cotangent checkpoint 1", backend);
  const damaged = (problem: string) =>
    new FileError(
      `${command}: ${path} is damaged, as ${problem}; start anew with --restart, or resume from the copy that ends in .previous`,
    );
  const { run } = extra;
  if (!isRunState(run)) throw damaged("what it says of its run is not complete");
  const fail = (difference: string) =>
    new FileError(
      `${command}: --resume is ${path}, a checkpoint of another run, as ${difference}, but must be of this one; give the options of that run, or start anew with --restart`,
    );
  if (run.fingerprint !== fingerprint) throw fail("its training file had other contents");
  for (const [name, wanted] of Object.entries(recipe)) {
    const there = model.recipe[name as keyof Recipe];
    if (there !== wanted) throw fail(`its ${name} is ${there} and not ${wanted}`);
  }
  const followed = new Map([...tensors].filter(([name]) => name.startsWith(FOLLOWED)));
  const { parameters, noise } = model;
  const like = (leaf: NdArray | undefined, name: string, wanted: Pick<Tensor, "shape">): Tensor => {
    if (leaf === undefined) throw damaged(`its tensor ${name} is missing`);
    if (!fits(leaf, wanted)) throw damaged(`its tensor ${name} does not fit its parameters`);
    return tensorOf(leaf, backend);
  };
  // Adagrad's: the steps done, then an accumulator like each parameter.
  const state = [{ shape: [] }, ...leavesOf<Tensor>(parameters)].map((wanted, i) =>
    like(tensors.get(`state.${i}`), `state.${i}`, wanted),
  );
  if (tensors.size !== state.length + followed.size) throw damaged("it has tensors that no checkpoint has");
  const { position, losses, lossSum } = run;
  const table = Array.from(followed, ([name, leaf]) => {
    const part = name.slice(FOLLOWED.length);
    return [part, like(leaf, name, Object.hasOwn(parameters.head, part) ? parameters.head[part]! : NOT_THERE)];
  });
  return {
    ...{ position, losses, lossSum, parameters, noise, state },
    followed: followed.size === 0 ? undefined : Object.fromEntries(table),
  };
}

/** Whether an array can stand where a parameter does: as many finite 32-bit floats, in the same shape. */
function fits({ dtype, shape, data }: NdArray, wanted: Pick<Tensor, "shape">): boolean {
  const isShaped = shape.length === wanted.shape.length && shape.every((size, axis) => size === wanted.shape[axis]);
  return dtype === "f32" && isShaped && data.every((value) => Number.isFinite(value));
}

function isRunState(value: unknown): value is RunState {
  const { fingerprint, position, losses, lossSum } = (value ?? {}) as Partial<RunState>;
  const { epoch, batch } = (position ?? {}) as Partial<Position>;
  const isPlace = Number.isSafeInteger(epoch) && epoch! >= 0 && Number.isSafeInteger(batch) && batch! >= 0;
  const isLosses = Array.isArray(losses) && losses.length === epoch && losses.every(Number.isFinite);
  return typeof fingerprint === "string" && isPlace && isLosses && Number.isFinite(lossSum);
}
