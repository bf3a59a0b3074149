import type { Storage } from "./backend.js";

/** Storages that may wait for the end of the task, and elements of the largest that does: more is registered at once. */
const mostWaiting = 256;
const mostElements = 1024;

/**
 * The net under what is held: frees what a storage has on the backend when the storage is garbage collected, if nobody
 * did before. Registering with the collector takes longer than a small kernel, and most results are let go within the
 * task that made them: small ones are registered only when they outlive it.
 */
export class Dropped<Handle> {
  private readonly handleOf: (storage: Storage) => Handle;
  private readonly registry: FinalizationRegistry<Handle>;
  private readonly waiting: Storage[] = [];
  private isSettling = false;

  /**
   * @param handleOf - what of a storage is freed; it must not hold the storage itself
   * @param free - takes the handle of a storage that was dropped
   */
  constructor(handleOf: (storage: Storage) => Handle, free: (handle: Handle) => void) {
    this.handleOf = handleOf;
    this.registry = new FinalizationRegistry(free);
  }

  /** What the storage has is freed with it from now on. */
  watch(storage: Storage): void {
    if (storage.length > mostElements) this.register(storage);
    else if (this.waiting.push(storage) > mostWaiting) this.settle();
    else if (!this.isSettling) {
      this.isSettling = true;
      queueMicrotask(() => {
        this.isSettling = false;
        this.settle();
      });
    }
  }

  /** What the storage has is freed otherwise. */
  forget(storage: Storage): void {
    const { waiting } = this;
    const at = waiting.lastIndexOf(storage);
    if (at < 0) this.registry.unregister(storage);
    else if (at === waiting.length - 1) waiting.pop();
    else waiting[at] = waiting.pop()!;
  }

  private settle(): void {
    for (const storage of this.waiting) this.register(storage);
    this.waiting.length = 0;
  }

  private register(storage: Storage): void {
    this.registry.register(storage, this.handleOf(storage), storage);
  }
}
