import { createHash } from "node:crypto";
import { type Backend, leavesOf, randomKey, type Tensor } from "cotangent";
import { sourceOfTexts } from "../../../cli/src/compare/sources.js";
import { encodeTask, type Task } from "../../../cli/src/compare/task.js";
import { corpusInMemory } from "../../../cli/src/corpus.js";
import { DEFAULT_RECIPE, type Recipe } from "../../../cli/src/recipe.js";
import { type StepReport, TrainingRun } from "../../../cli/src/training-run.js";

export type Toy = Task;

/** A training to be run: the recipe's defaults are those of the toy. */
export interface Setup {
  readonly task: Toy;
  readonly backend: Backend;
  readonly recipe: Partial<Recipe>;
}

/** What a training gave. */
export interface Course {
  readonly losses: readonly number[];
  /** SHA-256 of the parameters and of the optimizer's state. */
  readonly hash: string;
}

/** 240 texts with up to 40 labels: epochs of three batches. */
export function toyTask(): Promise<Toy> {
  const texts = Array.from({ length: 240 }, (_, i) => {
    const label = Math.floor(40 * ((i * 0.618) % 1) ** 2);
    return { labels: [`l${label}`], tokens: [`w${label}`, `w${(7 * i) % 90}`, `w${(i * i) % 60}`] };
  });
  const source = sourceOfTexts("toy", { train: texts, test: texts.slice(0, 10) });
  return encodeTask("toy", source, { testShare: 0, validationShare: 0, normalize: false });
}

/** A training under way, step by step. */
class Walk {
  private readonly run: TrainingRun;
  private readonly reports: AsyncGenerator<StepReport>;
  private readonly losses: number[] = [];

  constructor({ task, backend, recipe: changes }: Setup) {
    const sizes = { dim: 128, batchSize: 80, negatives: 256, epochs: 1000 } as const; // which threads share
    const recipe: Recipe = { ...DEFAULT_RECIPE, ...sizes, ...changes };
    const key = randomKey(recipe.seed, { backend }).at("order");
    this.run = new TrainingRun(recipe, task.space, task.labels, backend);
    this.reports = this.run.steps(corpusInMemory(task.train, { key, batchSize: recipe.batchSize }));
  }

  async step(): Promise<void> {
    this.losses.push((await this.reports.next()).value.loss);
  }

  async end(): Promise<Course> {
    const { parameters, state } = this.run.snapshot();
    const hash = createHash("sha256");
    for (const leaf of leavesOf<Tensor>([parameters, state])) {
      const values = await leaf.data();
      hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    await this.reports.return(undefined);
    this.run.dispose();
    return { losses: this.losses, hash: hash.digest("hex") };
  }
}

/** A training on its own. */
export async function courseOf(setup: Setup, steps: number): Promise<Course> {
  const walk = new Walk(setup);
  for (let i = 0; i < steps; i += 1) await walk.step();
  return walk.end();
}

/** Trainings that take turns, step by step. */
export async function coursesInTurn(setups: readonly Setup[], steps: number): Promise<Course[]> {
  const walks = setups.map((setup) => new Walk(setup));
  for (let i = 0; i < steps; i += 1) for (const walk of walks) await walk.step();
  return Promise.all(walks.map((walk) => walk.end()));
}

/** Trainings whose steps are all under way at once. */
export async function coursesBeside(setups: readonly Setup[], steps: number): Promise<Course[]> {
  const walks = setups.map((setup) => new Walk(setup));
  await Promise.all(
    walks.map(async (walk) => {
      for (let i = 0; i < steps; i += 1) await walk.step();
    }),
  );
  return Promise.all(walks.map((walk) => walk.end()));
}
