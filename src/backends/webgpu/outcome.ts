import { BackendError } from "../backend.js";

/** What became of a run: an error of the device is known only some time after the run was asked for. */
export class Outcome {
  error: BackendError | undefined;
  /** Fulfilled once the error would be known. */
  settled: Promise<void> = Promise.resolve();
  private sources: readonly Outcome[];

  /** @param sources - the runs whose results this one reads: it fails if one of them does */
  constructor(sources: readonly Outcome[]) {
    this.sources = sources;
  }

  /** @param failures - fulfilled with what went wrong, in order; undefined where nothing did */
  await(failures: readonly Promise<string | undefined>[]): void {
    const sources = this.sources;
    this.sources = [];
    this.settled = Promise.all([Promise.all(failures), ...sources.map(({ settled }) => settled)]).then(([messages]) => {
      const message = messages.find((found) => found !== undefined);
      const inherited = sources.find(({ error }) => error !== undefined)?.error;
      this.error = inherited ?? (message === undefined ? undefined : new BackendError(`webgpu: ${message}`));
    });
  }
}
