import type { Backend, DType, MemoryUse, Program, SiteRecorder, Storage, TypedArray } from "../backends/backend.js";
import { isFloat } from "./dtype.js";
import { findHiddenNaN, findNonFinite, isBad, type Recompute } from "./find-non-finite.js";
import { nonFiniteError, unexplainedError } from "./non-finite-error.js";
import { siteRecorder } from "./sites.js";

export interface CheckFiniteOptions {
  /** Whether ±∞ may be a result, as the logarithm of a chance of 0 is. NaN never may. Default false. */
  readonly allowInfinity?: boolean;
  /**
   * Whether NaN counts as well where no result shows it: what `where` does not choose, or what a comparison or a cast made
   * a plain value of. Every operation of every run is then computed anew and read: slow. Default false.
   */
  readonly hidden?: boolean;
}

/**
 * The same backend, for debugging: where a result is NaN or infinite, reading it, or whatever is computed from it, throws
 * an error that names the operation where that began, with its shape, the range of what went into it, and the line of the
 * program that called it.
 *
 * What counts are results: what is read, evaluated, or returned by a compiled function, optimizer state included. −∞ that
 * a mask puts into a softmax is no error, as it reaches none. The error is traced back from a result, along the values
 * that made it so, to an operation whose own inputs are finite there. Where the path ends at an infinity that was handed in, the
 * operation that made NaN of it is named.
 *
 * Results are the same bits as without the check. It takes time: every result is copied to the host, and donated memory is
 * kept until that is done. Under bundlers that make one file of everything, functions are named in place of the line.
 *
 * @param backend - what computes; tensors are to be made on what comes back
 *
 * @example
 * import { checkFinite, cpu, log, tensor } from "cotangent";
 *
 * const backend = checkFinite(cpu());
 * const x = tensor([1, 0], { backend });
 * await log(x).data().catch((error) => console.log(error.op, error.shape, error.index)); // log [2] [1]
 */
export function checkFinite(backend: Backend, options: CheckFiniteOptions = {}): Backend {
  return new CheckingBackend(backend, options);
}

/** What a run has made: the wrapped backend's storage, and whether it is right. */
class Result {
  readonly storage: Storage;
  /** Settled once the run's results have been looked at; undefined when all was well. */
  verdict: Promise<void> | undefined;
  /** Runs that may have to be repeated with it. */
  users = 0;
  isReleased = false;

  constructor(storage: Storage) {
    this.storage = storage;
  }
}

class CheckingBackend implements Backend {
  readonly name: string;
  readonly dtypes: ReadonlySet<DType>;
  readonly sites: SiteRecorder = siteRecorder();
  private readonly inner: Backend;
  private readonly options: CheckFiniteOptions;

  constructor(inner: Backend, options: CheckFiniteOptions) {
    this.inner = inner;
    this.options = options;
    this.name = inner.name;
    this.dtypes = inner.dtypes;
  }

  run(program: Program, leaves: readonly Storage[], constants: readonly number[]): Storage[] {
    const { inner } = this;
    const used = leaves.flatMap(({ device }) => (device instanceof Result ? [device] : []));
    // Nothing is overwritten, so that the run can be repeated.
    const kept = program.donated.includes(true)
      ? { ...program, key: `${program.key} kept`, donated: program.donated.map(() => false) }
      : program;
    const storages = inner.run(kept, leaves.map(storageOf), constants);
    const reads = storages.map((storage) => (isFloat(storage.dtype) ? inner.read(storage) : undefined));
    const again = leaves.map(repeatable);
    for (const result of used) result.users += 1;
    leaves.forEach((leaf, i) => {
      if (program.donated[i]) this.consume(leaf);
    });
    const before = used.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
    const results = storages.map((storage) => new Result(storage));
    const verdict = this.judge(kept, again, constants, reads, before).finally(() => {
      for (const result of used) this.leave(result);
    });
    verdict.then(
      () => {
        for (const result of results) result.verdict = undefined;
      },
      () => {}, // whoever reads a result is told
    );
    return results.map((result) => {
      result.verdict = verdict;
      const { dtype, length } = result.storage;
      return { dtype, length, host: undefined, device: result, disposed: false };
    });
  }

  /** @param before - of the runs whose results this one read: their error is this one's */
  private async judge(
    program: Program,
    leaves: readonly Storage[],
    constants: readonly number[],
    reads: readonly (Promise<TypedArray> | undefined)[],
    before: readonly Promise<void>[],
  ): Promise<void> {
    const { nodes, outputs } = program;
    const [values] = await Promise.all([Promise.all(reads), Promise.all(before)]);
    const { allowInfinity = false, hidden = false } = this.options;
    const recompute: Recompute = (places) => this.recompute(program, leaves, constants, places);
    const bad = outputs
      .map((place, i) => ({ place, values: values[i] }))
      .filter((output) => output.values !== undefined && isBad(output.values, allowInfinity))
      .sort((a, b) => a.place - b.place)
      .at(0);
    let finding = hidden ? await findHiddenNaN(program, recompute) : undefined;
    if (bad !== undefined) finding ??= await findNonFinite(program, bad.place, recompute);
    if (finding !== undefined) throw nonFiniteError(finding);
    if (bad !== undefined) throw unexplainedError(nodes[bad.place], bad.values!);
  }

  private async recompute(
    program: Program,
    leaves: readonly Storage[],
    constants: readonly number[],
    places: readonly number[],
  ): Promise<readonly TypedArray[]> {
    const { inner } = this;
    const part = { ...program, key: `${program.key} at ${places}`, outputs: places };
    const storages = inner.run(
      part,
      leaves.map((leaf) => ({ ...leaf })), // of which the backend keeps no copy
      constants,
    );
    try {
      return await Promise.all(storages.map((storage) => inner.read(storage)));
    } finally {
      for (const storage of storages) inner.release(storage);
    }
  }

  prefetch(storage: Storage): void {
    if (storage.device === undefined) this.inner.prefetch?.(storage);
  }

  /** What is asked for now is read now: what happens to the storage afterwards does not show. */
  async read(storage: Storage): Promise<TypedArray> {
    const { device } = storage;
    const [values] = await Promise.all([
      this.inner.read(storageOf(storage)),
      device instanceof Result ? device.verdict : undefined,
    ]);
    return values;
  }

  watch(storage: Storage): void {
    this.inner.watch(storageOf(storage));
  }

  release(storage: Storage): void {
    const { device } = storage;
    if (device instanceof Result) {
      storage.device = undefined;
      device.isReleased = true;
      if (device.users === 0) this.inner.release(device.storage);
    } else this.inner.release(storage);
  }

  /** A donated leaf is gone for whoever gave it. */
  private consume(leaf: Storage): void {
    this.release(leaf);
    leaf.host = undefined;
    leaf.disposed = true;
  }

  private leave(result: Result): void {
    result.users -= 1;
    if (result.users === 0 && result.isReleased) this.inner.release(result.storage);
  }

  memory(): MemoryUse {
    return this.inner.memory();
  }
}

/** A leaf for a run later: what is on the host may have been disposed of by then, so it is a leaf of its own. */
function repeatable(leaf: Storage): Storage {
  return leaf.device instanceof Result ? leaf.device.storage : { ...leaf, device: undefined };
}

/** The storage that the wrapped backend knows. */
function storageOf(storage: Storage): Storage {
  return storage.device instanceof Result ? storage.device.storage : storage;
}
