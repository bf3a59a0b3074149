import type { Key, Tensor } from "cotangent";
import type { Rows } from "../model.js";

/** A batch on the backend: sparse rows, and the class that each is trained on. */
export interface Examples extends Rows {
  readonly targets: Tensor<"i32">;
}

/** What a head learns, by name. An alias, so that it is a tree for `grad`. */
export type Learned = { readonly [name: string]: Tensor };

/** What stands between the embedding and the labels: what it learns, what it minimizes, and how it ranks. */
export interface Head {
  /** What it learns, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;

  /** Where training starts. */
  init(key: Key): Learned;

  /**
   * The mean loss of a batch, `[]`.
   *
   * @param hidden - `[rows, dim]`, the examples' embeddings
   * @param key - decides the negatives
   */
  loss(hidden: Tensor, learned: Learned, examples: Examples, key: Key): Tensor;

  /** `[rows, classes]` scores to rank by. */
  scores(hidden: Tensor, learned: Learned, rows: Rows): Tensor;

  /** What a model keeps of what was learned, where that is not all as it is. */
  keep?(learned: Learned): Learned;

  /** What the loss draws from, where that follows what is learned. */
  readonly follower?: Follower;
}

/** Something made from what is learned that is made anew now and then. */
export interface Follower {
  /** Steps from one time to the next. */
  readonly every: number;
  /** What it was last made from: with the steps, all that it takes to go on exactly. */
  readonly followed: Learned | undefined;
  /** Makes it from what is learned now. */
  follow(learned: Learned): void;
  dispose(): void;
}
