import { parentPort, workerData } from "node:worker_threads";
import type { SparseExample } from "cotangent/data";
import { type Evaluation, evaluateRankings, PLACES } from "../metrics.js";
import { decodeModel } from "../model-file.js";
import { type Ranked, rankExamples } from "../ranking.js";

/** What the worker is started with. */
export interface EvaluationTask {
  readonly test: readonly SparseExample[];
  /** Training examples. */
  readonly trained: number;
}

/** A model's file to be scored. */
export interface EvaluationRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** How far the scoring of a model is; at the end with its result. */
export interface EvaluationReply {
  readonly id: number;
  readonly done: number;
  readonly scores?: Evaluation;
}

/** Scores the models that come, one after the other, beside the thread that trains. */
export async function serveEvaluations(): Promise<void> {
  const { test, trained } = workerData as EvaluationTask;
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

  async function score({ id, bytes }: EvaluationRequest): Promise<void> {
    const { model } = await decodeModel("start", "model", bytes, "cotangent model 1");
    const ranked: Ranked[] = [];
    for await (const example of rankExamples(model, test, PLACES[PLACES.length - 1])) {
      if (ranked.push(example) % 512 === 0) port?.postMessage({ id, done: ranked.length } satisfies EvaluationReply);
    }
    const scores = evaluateRankings(ranked, model.labels, trained);
    port?.postMessage({ id, done: ranked.length, scores } satisfies EvaluationReply);
  }
}
