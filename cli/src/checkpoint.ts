import type { Backend, Tensor } from "cotangent";
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
  const run = extra.run as RunState;
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
  const state = Array.from({ length: tensors.size - followed.size }, (_, i) => {
    const leaf = tensors.get(`state.${i}`);
    if (leaf === undefined) throw new FileError(`${command}: ${path} is damaged, its tensor state.${i} is missing`);
    return tensorOf(leaf, backend);
  });
  const { parameters, noise } = model;
  const { position, losses, lossSum } = run;
  const table = Array.from(followed, ([name, leaf]) => [name.slice(FOLLOWED.length), tensorOf(leaf, backend)]);
  return {
    ...{ position, losses, lossSum, parameters, noise, state },
    followed: followed.size === 0 ? undefined : Object.fromEntries(table),
  };
}
