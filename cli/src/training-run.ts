import { type Backend, evaluate, type Key, leavesOf, randomKey, rebuild, type Tensor } from "cotangent";
import type { Vocabulary } from "cotangent/data";
import { adagrad, optimize, type Training } from "cotangent/methods/optimizers";
import type { Corpus } from "./corpus.js";
import { DivergedError } from "./errors.js";
import type { FeatureSpace } from "./feature-space.js";
import { fitNoise } from "./fit-noise.js";
import type { Examples, Head, Learned } from "./heads/head.js";
import { headOf } from "./heads/head-of.js";
import { embed, initialParameters, type Model, type Noise, type Parameters } from "./model.js";
import type { Recipe } from "./recipe.js";
import { disposeBatch, Upcoming } from "./upcoming.js";

type Optimizer = ReturnType<typeof adagrad>;
type State = ReturnType<Optimizer["init"]>;

/** The batch that comes next. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
}

/** What a step was. */
export interface StepReport extends Position {
  /** Examples in the batch. */
  readonly examples: number;
  /** Mean loss before the step. */
  readonly loss: number;
}

/** Where a run stands: with the recipe and the data, all that it takes to go on exactly as if it had never stopped. */
export interface Snapshot {
  readonly position: Position;
  readonly parameters: Parameters;
  readonly noise: Noise | undefined;
  /** The optimizer's state, leaf by leaf. */
  readonly state: readonly Tensor[];
  /** What the head's negatives are drawn by, where that follows what is learned. */
  readonly followed: Learned | undefined;
  /** Mean loss of each epoch that is done. */
  readonly losses: readonly number[];
  /** Sum of the losses of the epoch that is not, over its examples so far. */
  readonly lossSum: number;
}

/**
 * Training by a recipe, batch by batch. Every random choice follows from the recipe's seed and the place in the run, so
 * a run that goes on from a snapshot gives the same bits as one that never stopped.
 */
export class TrainingRun {
  private readonly recipe: Recipe;
  private readonly space: FeatureSpace;
  private readonly labels: Vocabulary;
  private readonly backend: Backend;
  private readonly key: Key;
  private readonly optimizer: Optimizer;
  private training: Training<Parameters, State, [Examples, Key]>;
  private noise: Noise | undefined;
  private head: Head;
  private position: Position;
  private losses: readonly number[];
  private lossSum: number;

  /** @param from - where to start, if not anew; its tensors must live on the backend */
  constructor(recipe: Recipe, space: FeatureSpace, labels: Vocabulary, backend: Backend, from?: Partial<Snapshot>) {
    this.recipe = recipe;
    this.space = space;
    this.labels = labels;
    this.backend = backend;
    this.key = randomKey(recipe.seed, { backend });
    this.optimizer = adagrad({ learningRate: recipe.learningRate });
    this.noise = from?.noise;
    this.position = from?.position ?? { epoch: 0, batch: 0 };
    this.losses = from?.losses ?? [];
    this.lossSum = from?.lossSum ?? 0;
    this.head = headOf(recipe, labels.counts, this.noise);
    if (from?.followed !== undefined) this.head.follower?.follow(from.followed);
    const start = () => initialParameters(space, recipe, this.head, this.key.at("parameters"));
    this.training = this.train(from?.parameters ?? start(), from?.state);
  }

  /** Whether a noise model is fitted before the next step, which takes a while and cannot be interrupted. */
  get fitsNoiseNext(): boolean {
    const { loss, featureEpochs } = this.recipe;
    return loss === "adversarial-softmax" && this.noise === undefined && this.position.epoch >= featureEpochs;
  }

  /** The key that decides the order of the examples. */
  static orderKey({ seed }: Recipe): Key {
    return randomKey(seed).at("order");
  }

  /** Trains to the end of the last epoch; between two steps the caller may take a snapshot, or leave. */
  async *steps(corpus: Corpus): AsyncGenerator<StepReport> {
    while (this.position.epoch < this.recipe.epochs) {
      const { epoch, batch: first } = this.position;
      if (this.fitsNoiseNext) await this.startAdversarial(corpus);
      const upcoming = new Upcoming(corpus.batches(epoch, first), this.backend);
      try {
        let batch = await upcoming.take();
        while (batch !== undefined) {
          const { batch: place } = this.position;
          const examples = batch.targets.size;
          // The next batch is read, and goes to the backend, while the step runs.
          const step = this.training.step(batch, this.key.at("step", epoch, place));
          const [loss, next] = await Promise.all([step, upcoming.take()]);
          disposeBatch(batch);
          batch = next;
          if (!Number.isFinite(loss))
            throw new DivergedError(`the loss in batch ${place + 1} of epoch ${epoch + 1}`, loss);
          this.lossSum += loss * examples;
          this.position = { epoch, batch: place + 1 };
          const { follower } = this.head;
          if (follower !== undefined && (place + 1) % follower.every === 0) follower.follow(this.training.params.head);
          yield { epoch, batch: place, examples, loss };
        }
      } finally {
        await upcoming.stop();
      }
      this.position = { epoch: epoch + 1, batch: 0 };
      this.losses = [...this.losses, this.lossSum / corpus.examples];
      this.lossSum = 0;
    }
  }

  /** Where the run stands. The tensors are the run's own, until its next step. */
  snapshot(): Snapshot {
    const { position, noise, losses, lossSum, head } = this;
    const followed = head.follower?.followed;
    const { params: parameters, state } = this.training;
    return { position, parameters, noise, losses, lossSum, followed, state: leavesOf<Tensor>(state) };
  }

  /** Steps from here to the end. */
  stepsLeft({ examples }: Corpus): number {
    const { epochs, batchSize } = this.recipe;
    const { epoch, batch } = this.position;
    return (epochs - epoch) * Math.ceil(examples / batchSize) - batch;
  }

  /** What has been learned. The tensors are the run's own. */
  model(): Model {
    const { recipe, space, labels, noise, head } = this;
    const { params } = this.training;
    const parameters = { ...params, head: head.keep?.(params.head) ?? params.head };
    return { recipe, space, labels, noise, parameters };
  }

  dispose(): void {
    this.head.follower?.dispose();
    this.training.dispose();
  }

  private train(parameters: Parameters, state?: readonly Tensor[]): Training<Parameters, State, [Examples, Key]> {
    const { head } = this;
    const objective = (learned: Parameters, examples: Examples, key: Key) =>
      head.loss(embed(examples, learned), learned.head, examples, key);
    const options = state === undefined ? {} : { state: rebuild(this.optimizer.init(parameters), state) };
    return optimize(objective, parameters, this.optimizer, options);
  }

  /** The embedding found so far gives the tree its features, and goes on; the classes start anew. */
  private async startAdversarial(corpus: Corpus): Promise<void> {
    const { recipe, labels, space, key } = this;
    const { embedding } = evaluate(this.training.params);
    this.noise = await fitNoise(corpus, this.position.epoch, embedding, labels.size, recipe);
    this.head = headOf(recipe, labels.counts, this.noise);
    const fresh = initialParameters(space, recipe, this.head, key);
    const parameters = evaluate({ ...fresh, embedding });
    this.training.dispose();
    this.training = this.train(parameters);
  }
}
