import { parentPort, workerData } from "node:worker_threads";
import type { SparseExample } from "cotangent/data";
import { type Evaluation, evaluateRankings, PLACES } from "../metrics.js";
import { decodeModel } from "../model-file.js";
import { type Ranked, rankExamples } from "../ranking.js";

/** What the worker is started with. */
export interface EvaluationTask {
  /** In shuffled order. */
  readonly test: readonly SparseExample[];
  /** Test examples, the first ones, that every model is compared on. */
  readonly compared: number;
  /** Training examples. */
  readonly trained: number;
}

/** A model's file to be scored. */
export interface EvaluationRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  /** Whether on all test examples, not only on those compared. */
  readonly onAll: boolean;
}

/** How well a model does. */
export interface Scores {
  readonly compared: Evaluation;
  /** On all test examples, if that was asked for. */
  readonly all: Evaluation | undefined;
}

/** How far the scoring of a model is; at the end with its result. */
export interface EvaluationReply {
  readonly id: number;
  readonly done: number;
  readonly scores?: Scores;
}

/** Scores the models that come, one after the other, beside the thread that trains. */
export async function serveEvaluations(): Promise<void> {
  const { test, compared, trained } = workerData as EvaluationTask;
  const port = parentPort;
  if (port === null) throw new TypeError("serveEvaluations: there is no parent but it must run in a worker");
  const queue: EvaluationRequest[] = [];
  let isBusy = false;
  port.on("message", async (request: EvaluationRequest) => {
    queue.push(request);
    if (isBusy) return;
    isBusy = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await score(next);
    isBusy = false;
  });

  async function score({ id, bytes, onAll }: EvaluationRequest): Promise<void> {
    const { model } = await decodeModel("start", "model", bytes, "cotangent model 1");
    const ranked: Ranked[] = [];
    for await (const example of rankExamples(
      model,
      onAll ? test : test.slice(0, compared),
      PLACES[PLACES.length - 1],
    )) {
      if (ranked.push(example) % 512 === 0) port?.postMessage({ id, done: ranked.length } satisfies EvaluationReply);
    }
    const scores: Scores = {
      compared: evaluateRankings(ranked.slice(0, compared), model.labels, trained),
      all: onAll ? evaluateRankings(ranked, model.labels, trained) : undefined,
    };
    port?.postMessage({ id, done: ranked.length, scores } satisfies EvaluationReply);
  }
}
