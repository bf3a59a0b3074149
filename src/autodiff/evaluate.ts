import type { Backend, Storage, TypedArray } from "../backends/backend.js";
import { BackendError, DisposedError, ShapeError, showShape } from "./check.js";
import type { ArrayOf, DType } from "./dtype.js";
import { leafOf } from "./graph.js";
import { linearize } from "./program.js";
import { sizeOf } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { leavesOf, type Mapped, rebuild } from "./tree.js";

/** The values of a tensor, which are computed if need be and kept on the host. */
export async function readValues<D extends DType>(tensor: Tensor<D>): Promise<ArrayOf<D>> {
  const { backend } = tensor;
  if (tensor.storage === undefined) {
    const [result] = compute(backend, [tensor]);
    const host = await backend.read(result).finally(() => backend.release(result));
    tensor.storage ??= { dtype: tensor.dtype, length: host.length, host, device: undefined, disposed: false };
  }
  checkAlive("data", tensor);
  const { host, device } = tensor.storage;
  if (host === undefined && device === undefined) {
    throw new BackendError("data: an argument of a compiled function has no value while its graph is built");
  }
  return (host === undefined ? await backend.read(tensor.storage) : host.slice()) as ArrayOf<D>;
}

/** The only value of a tensor. */
export async function readScalar(tensor: Tensor<DType>): Promise<number> {
  if (sizeOf(tensor.shape) !== 1) {
    throw new ShapeError(`item: the tensor has shape ${showShape(tensor.shape)} but must have one element; use data()`);
  }
  return (await readValues(tensor))[0];
}

export interface EvaluateOptions {
  /** Tensors whose memory the results may take over. They are disposed; nothing else may need them any more. */
  readonly donate?: unknown;
}

/**
 * Computes every tensor of a tree in one go and holds the values where they were computed: what comes back has no
 * history, and nothing is copied to the host. Dispose of it when it is no longer needed, or leave that to the garbage
 * collector.
 */
export function evaluate<T>(tree: T, { donate = [] }: EvaluateOptions = {}): T {
  const leaves = leavesOf<Tensor<DType>>(tree);
  if (leaves.length === 0) return tree;
  const [{ backend }] = leaves;
  const given = leavesOf<Tensor<DType>>(donate);
  const donated = new Set<Storage>();
  for (const { storage } of given) if (storage !== undefined) donated.add(storage);
  const results = compute(backend, leaves, donated);
  for (const tensor of given) releaseTensor(tensor); // also those that nothing has read
  for (const storage of results) backend.watch(storage);
  return rebuild(
    tree,
    results.map((storage, i) => leafOf(leaves[i], storage)),
  );
}

/**
 * The values of every tensor of a tree, computed in one go: a tree of typed arrays of the same form.
 */
export async function read<T>(tree: T): Promise<Mapped<T, TypedArray>> {
  const leaves = leavesOf<Tensor<DType>>(tree);
  if (leaves.length === 0) return rebuild(tree, []);
  const [{ backend }] = leaves;
  const results = compute(backend, leaves);
  const values = await Promise.all(results.map((storage) => backend.read(storage))).finally(() => {
    for (const storage of results) backend.release(storage);
  });
  return rebuild(tree, values);
}

/**
 * Starts to bring values that are on the host to the device where they will be computed with, while that is still busy with
 * something else: the next batch during a step. Dispose of what came there. Without a device it does nothing.
 */
export function prefetch<T>(tree: T): T {
  for (const { backend, storage } of leavesOf<Tensor<DType>>(tree)) {
    if (storage !== undefined && !storage.disposed && !storage.isLive) backend.prefetch?.(storage);
  }
  return tree;
}

/** Where a tensor's values are; they are computed and kept if they were not yet. */
export function hold(tensor: Tensor<DType>): Storage {
  if (tensor.storage === undefined) {
    const [storage] = compute(tensor.backend, [tensor]);
    tensor.backend.watch(storage);
    tensor.storage = storage;
  }
  return tensor.storage;
}

function compute(backend: Backend, roots: readonly Tensor<DType>[], donated?: ReadonlySet<Storage>): Storage[] {
  const { program, storages, constants } = linearize(roots, donated);
  return backend.run(program, storages, constants);
}

export function releaseTensor({ backend, storage }: Tensor<DType>): void {
  if (storage === undefined || storage.disposed) return;
  backend.release(storage);
  storage.host = undefined;
  storage.disposed = true;
}

function checkAlive<D extends DType>(
  caller: string,
  tensor: Tensor<D>,
): asserts tensor is Tensor<D> & { storage: Storage } {
  if (tensor.storage?.disposed) {
    throw new DisposedError(`${caller}: the tensor has been disposed; read it first or dispose of it later`);
  }
}

/** The values of a tensor if they are already on the host. */
export function hostValues(tensor: Tensor<DType>): TypedArray | undefined {
  return tensor.storage?.host;
}
