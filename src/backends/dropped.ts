import type { Storage } from "./backend.js";

/** Storages that may wait for the end of the task, and elements of the largest that does: more is registered at once. */
const mostWaiting = 256;
const mostElements = 1024;

/**
 * The net under what is held: frees what a storage has on the backend when the storage is garbage collected, if nobody
 * did before. Registering with the collector takes longer than a small kernel, and most results are let go within the
 * task that made them: small ones are registered only when they outlive it.
 */
export class Dropped<Device> {
  private readonly registry: FinalizationRegistry<Device>;
  private readonly waiting: Storage[] = [];
  /** The end of the task. */
  private ending: Promise<void> | undefined;

  /** @param free - takes the device of a storage that was dropped; the one must not hold the other */
  constructor(free: (device: Device) => void) {
    this.registry = new FinalizationRegistry(free);
  }

  /** What the storage has is freed with it from now on. */
  watch(storage: Storage): void {
    if (storage.length > mostElements || this.waiting.length === mostWaiting) this.register(storage);
    else {
      this.waiting.push(storage);
      this.ending ??= Promise.resolve().then(() => {
        this.ending = undefined;
        for (const outlived of this.waiting.splice(0)) this.register(outlived);
      });
    }
  }

  /** What the storage has is freed otherwise. */
  forget(storage: Storage): void {
    const at = this.waiting.lastIndexOf(storage);
    if (at < 0) this.registry.unregister(storage);
    else this.waiting.splice(at, 1);
  }

  private register(storage: Storage): void {
    this.registry.register(storage, storage.device as Device, storage);
  }
}
