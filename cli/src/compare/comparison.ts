import type { Evaluation } from "../metrics.js";

/** What each run may spend: seconds of training, or passes over the data. */
export type Budget = { readonly seconds: number } | { readonly epochs: number };

/** How good a run was on the way. */
export interface Point {
  readonly steps: number;
  /** Of training; evaluation is not on the clock. */
  readonly seconds: number;
  readonly precisionAt1: number;
}

/** One training of one method. */
export interface RunRecord {
  readonly method: string;
  readonly seed: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly seconds: number;
  /** Median of a step, in milliseconds. */
  readonly stepTime: number;
  /** Most bytes that the backend held after a step: parameters and the optimizer's state. */
  readonly bytes: number;
  /** In the order of steps. */
  readonly curve: readonly Point[];
  /** At the end, on all of the test data; undefined if training was not carried that far. */
  readonly scores?: Evaluation;
  /** Why it ended early, if its numbers left the finite ones. */
  readonly diverged?: string;
}

/** A try with one learning rate, scored on the validation data. */
export interface Try {
  readonly method: string;
  readonly learningRate: number;
  /** 0 if it diverged. */
  readonly precisionAt1: number;
}

/** How a method's estimate of the gradient behaves at a point, over independent draws. */
export interface GradientQuality {
  readonly method: string;
  /** As it stands in tables and plots. */
  readonly title: string;
  /** ‖E ĝ − g‖ / ‖g‖, where g is the gradient of the full softmax; what chance adds is taken off. */
  readonly bias: number;
  /** Biases up to this cannot be told from 0 with so many draws: √(noise² / draws). */
  readonly resolution: number;
  /** √(E‖ĝ − E ĝ‖²) / ‖g‖. */
  readonly noise: number;
  /** ‖E ĝ‖² / E‖ĝ − E ĝ‖²; undefined if nothing is drawn. */
  readonly signalToNoise?: number;
  /** Between E ĝ and g. */
  readonly cosine: number;
}

export interface GradientStudy {
  /** Whose parameters: the title of a method, after its first run. */
  readonly point: string;
  readonly examples: number;
  readonly draws: number;
  readonly methods: readonly GradientQuality[];
}

/** What a step takes when there are so many classes. */
export interface Scale {
  readonly method: string;
  readonly classes: number;
  /** Median of a step, in milliseconds. */
  readonly stepTime: number;
  /** That the backend holds after a step: parameters and the optimizer's state. */
  readonly bytes: number;
}

export interface DataSummary {
  readonly name: string;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly labels: number;
  readonly seenOnce: number;
  readonly features: number;
}

export interface MethodSummary {
  readonly name: string;
  /** As it stands in tables and plots. */
  readonly title: string;
  /** What is special about its recipe. */
  readonly options: Readonly<Record<string, string | number>>;
}

/** All that a comparison found: what the report, the JSON file and the tables are made from. */
export interface Comparison {
  readonly kind: "cotangent comparison 1";
  readonly data: DataSummary;
  readonly settings: {
    readonly backend: string;
    readonly budget: Budget;
    readonly seeds: readonly number[];
    readonly dim: number;
    readonly batchSize: number;
    /** Learning rates that each method tried; one if nothing was tuned. */
    readonly grid: readonly number[];
    /** Share of the budget that a try had. */
    readonly tuningShare: number;
  };
  readonly methods: readonly MethodSummary[];
  readonly tries: readonly Try[];
  readonly runs: readonly RunRecord[];
  readonly gradients: readonly GradientStudy[];
  readonly scales: readonly Scale[];
  /** What a reader must know to read it right. */
  readonly notes: readonly string[];
}
