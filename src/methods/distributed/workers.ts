/**
 * What a worker does in a round: a function of its share and the task, and of nothing else. Write it as a named function
 * at the top of a module, without variables from around it, so that a worker elsewhere can import it; shares, tasks and
 * answers must survive `structuredClone`.
 */
export type WorkerProgram<Share, Task, Answer> = (share: Share, task: Task) => Answer;

/** What came of a task. */
export interface Round<Answer> {
  /** The answers that came in time, by worker, in the order in which they came. A later one is lost. */
  readonly answers: ReadonlyMap<number, Answer>;
  /** How long the coordinator waited, in the workers' unit of time. */
  readonly elapsed: number;
}

/** Workers that hold their shares. */
export interface Crew<Task, Answer> {
  /** Sends a task to all, and waits for as many answers as the workers are waited for. One task at a time. */
  ask(task: Task): Promise<Round<Answer>>;
  /** Lets the workers forget their shares; no task can follow. */
  release(): void;
}

/** Workers as a coordinator sees them: each gets its share once, then a task a round, and some of them answer. */
export interface Workers {
  readonly count: number;
  /**
   * Hands each worker its share.
   *
   * @throws RangeError if there are not as many shares as workers
   */
  assign<Share, Task, Answer>(
    program: WorkerProgram<Share, Task, Answer>,
    shares: readonly Share[],
  ): Promise<Crew<Task, Answer>>;
}
