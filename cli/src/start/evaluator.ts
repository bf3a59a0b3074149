import { Worker } from "node:worker_threads";
import type { Evaluation } from "../metrics.js";
import type { Model } from "../model.js";
import { encodeModel } from "../model-file.js";
import type { EvaluationReply, EvaluationRequest, EvaluationTask } from "./evaluation-worker.js";

/** Scores models on another core while training goes on. */
export class Evaluator {
  /** Test examples to be ranked, of all models together. */
  wanted = 0;
  private readonly worker: Worker;
  private readonly task: EvaluationTask;
  private readonly pending = new Map<number, PromiseWithResolvers>();
  private readonly done = new Map<number, number>();

  /** @param script - the program that calls `serveEvaluations` when it runs as a worker */
  constructor(script: URL, task: EvaluationTask) {
    this.task = task;
    this.worker = new Worker(script, { workerData: task });
    this.worker.on("message", ({ id, done, scores }: EvaluationReply) => {
      this.done.set(id, done);
      if (scores !== undefined) this.pending.get(id)?.resolve(scores);
    });
    this.worker.on("error", (problem) => {
      for (const { reject } of this.pending.values()) reject(problem);
    });
  }

  /** Test examples that have been ranked, of all models together. */
  get ranked(): number {
    return [...this.done.values()].reduce((sum, done) => sum + done, 0);
  }

  /** Hands a model over; what comes back is settled when its turn has come. */
  async score(model: Model): Promise<{ readonly scores: Promise<Evaluation> }> {
    this.wanted += this.task.test.length;
    const id = this.pending.size;
    const bytes = await encodeModel("cotangent model 1", model);
    const scores = new Promise<Evaluation>((resolve, reject) => this.pending.set(id, { resolve, reject }));
    scores.catch(() => {}); // it is awaited later; until then a failure must not end the process
    this.worker.postMessage({ id, bytes } satisfies EvaluationRequest, [bytes.buffer as ArrayBuffer]);
    return { scores };
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

interface PromiseWithResolvers {
  readonly resolve: (scores: Evaluation) => void;
  readonly reject: (problem: unknown) => void;
}
