import type { Key } from "../../autodiff/index.js";
import type { SparseRow } from "./feature-rows.js";

/** What a scorer of classes learns from. */
export interface ScorerProblem {
  readonly inputs: readonly SparseRow[];
  /** d: features are in [0, width). */
  readonly width: number;
  readonly classes: number;
  /** `[N][any]` classes that each input has. */
  readonly targets: readonly ArrayLike<number>[];
  /** `[N][any]` classes that each input may be told apart from; default all. */
  readonly candidates?: readonly ArrayLike<number>[];
  readonly key: Key;
}

/** Scores classes for inputs. */
export interface Scorer {
  /**
   * Logarithms of how confident it is, ≤ 0, of some classes of an input.
   *
   * @param classes - which; each in [0, classes)
   * @returns one value for each of them
   */
  logConfidences(input: SparseRow, classes: ArrayLike<number>): Float64Array;
}

/** Learns a scorer. */
export type FitScorer = (problem: ScorerProblem) => Scorer | Promise<Scorer>;
