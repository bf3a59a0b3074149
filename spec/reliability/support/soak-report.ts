import type { BackendName } from "../../../cli/src/backends.js";

/** What a job does wrong on purpose, once in each step: it keeps something, or at its end lets something run on. */
export type Flaw = "keeps a tensor" | "keeps a result" | "keeps 2 KB" | "keeps its threads" | "keeps a timer";

/** A training of the WordNet job that is watched. */
export interface SoakJob {
  readonly name: string;
  readonly backend: BackendName;
  /** Of wasm. */
  readonly threads?: number;
  readonly steps: number;
  /** Steps from one sample to the next. */
  readonly every: number;
  readonly batchSize: number;
  /** Definitions to train on: the first ones of the training set, or all. */
  readonly definitions?: number;
  readonly flaw?: Flaw;
}

/** What is held after a step, once all that is out of reach has been collected; bytes, but for the two counts. */
export interface Held {
  /** Objects in the JavaScript heap, of any kind: a count. */
  readonly objects: number;
  /** Tensors whose values the backend holds: a count. */
  readonly buffers: number;
  /** Of these values. */
  readonly bytes: number;
  /** Memory that the backend has taken for itself. */
  readonly reserved: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly external: number;
  readonly rss: number;
}

export interface Sample extends Held {
  readonly step: number;
}

/** What a job came to, and what it left once everything that it had made was disposed. */
export interface SoakReport {
  readonly job: SoakJob;
  readonly seconds: number;
  /** Mean loss of the first and of the last tenth of the steps: a job that trains nothing proves nothing. */
  readonly losses: readonly [number, number];
  readonly samples: readonly Sample[];
  readonly left: {
    readonly buffers: number;
    readonly bytes: number;
    /** What keeps the process alive beside its standard streams, by type. */
    readonly resources: readonly string[];
    /** Worker threads. */
    readonly threads: number;
  };
}
