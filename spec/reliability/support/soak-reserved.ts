import type { Backend } from "cotangent";

/** What backends keep their memory in. */
interface Pools {
  readonly heap?: { readonly end: number; readonly starts: readonly number[]; readonly ends: readonly number[] };
  readonly pool?: { readonly kept: number };
  readonly device?: { readonly pool: DevicePool; readonly transfer: { readonly staging: DevicePool } };
}

interface DevicePool {
  /** Blocks that were ever made. */
  readonly made: number;
}

/** What a block of a device takes at least. */
const grain = 256;

/**
 * Bytes that a backend has taken for itself, at least: what is lent of the heap of wasm, what the pool of cpu keeps, and
 * what all blocks on a device take that were ever made. It stands still where each step takes what the one before gave
 * back.
 */
export function reservedBy(backend: Backend): number {
  const { heap, pool, device } = backend as unknown as Pools;
  if (heap !== undefined) return heap.starts.reduce((lent, start, i) => lent - (heap.ends[i] - start), heap.end);
  return device === undefined ? pool!.kept : grain * (device.pool.made + device.transfer.staging.made);
}
