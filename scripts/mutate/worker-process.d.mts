export interface Answer {
  readonly red: readonly number[];
  readonly message?: string;
  readonly timedOut?: boolean;
  readonly crashed?: string;
  /** The test in which it did. */
  readonly during?: number;
  /** Of a run with nothing broken. */
  readonly always?: readonly number[];
  readonly tests?: readonly { readonly name: string; readonly sites: readonly number[]; readonly failure?: string }[];
}

export class WorkerProcess {
  run(job: object, limitOf: (test: number | undefined) => number): Promise<Answer>;
  close(): void;
}
