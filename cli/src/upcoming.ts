import { type Backend, leavesOf, prefetch, type Tensor } from "cotangent";
import type { Batch } from "./flat-examples.js";
import type { Examples } from "./heads/head.js";
import { onBackend } from "./on-backend.js";

/** Batches as tensors, each on its way to the backend from when it is taken. */
export class Upcoming {
  private readonly batches: AsyncGenerator<Batch>;
  private readonly backend: Backend;
  private taken: Examples | undefined;

  constructor(batches: AsyncGenerator<Batch>, backend: Backend) {
    this.batches = batches;
    this.backend = backend;
  }

  /** The next batch; undefined after the last. */
  async take(): Promise<Examples | undefined> {
    const { value, done } = await this.batches.next();
    this.taken = done === true ? undefined : prefetch(onBackend(value, this.backend));
    return this.taken;
  }

  /** Lets go of the batch that was taken last, and of the source. */
  async stop(): Promise<void> {
    if (this.taken !== undefined) disposeBatch(this.taken);
    await this.batches.return(undefined);
  }
}

export function disposeBatch(batch: Examples): void {
  for (const tensor of leavesOf<Tensor>(batch)) tensor.dispose();
}
