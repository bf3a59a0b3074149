import { Worker } from "node:worker_threads";
import type { Evaluation } from "../metrics.js";
import type { Model } from "../model.js";
import { encodeModel } from "../model-file.js";
import type { EvaluationReply, EvaluationRequest, EvaluationTask } from "./evaluation-worker.js";

/** Scores models on another core while training goes on. */
export class Evaluator {
  private readonly worker: Worker;
  private readonly pending = new Map<number, PromiseWithResolvers>();
  private readonly done = new Map<number, number>();

  /** @param script - the program that calls `serveEvaluations` when it runs as a worker */
  constructor(script: URL, task: EvaluationTask) {
    this.worker = new Worker(script, { workerData: task });
    this.worker.on("message", ({ id, done, evaluation }: EvaluationReply) => {
      this.done.set(id, done);
      if (evaluation !== undefined) this.pending.get(id)?.resolve(evaluation);
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
  async score(model: Model): Promise<{ readonly evaluation: Promise<Evaluation> }> {
    const id = this.pending.size;
    const bytes = await encodeModel("cotangent model 1", model);
    const evaluation = new Promise<Evaluation>((resolve, reject) => this.pending.set(id, { resolve, reject }));
    evaluation.catch(() => {}); // it is awaited later; until then a failure must not end the process
    this.worker.postMessage({ id, bytes } satisfies EvaluationRequest, [bytes.buffer as ArrayBuffer]);
    return { evaluation };
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

interface PromiseWithResolvers {
  readonly resolve: (evaluation: Evaluation) => void;
  readonly reject: (problem: unknown) => void;
}
