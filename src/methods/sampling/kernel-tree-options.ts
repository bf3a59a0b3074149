import { checkAtLeast, checkCount, checkRank, ShapeError, showShape } from "../../autodiff/check.js";
import { checkDType, checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import type { Tensor } from "../../autodiff/index.js";

export interface KernelSamplingTreeOptions {
  /** Least mass δ of a class, ≥ 0: what an estimate of its kernel that is lower, or negative, counts as. Default 1e-3. */
  readonly floor?: number;
  /**
   * Classes below each lowest node, a power of 2. The sums take 2·C·F / leafSize numbers: with more than 1 the kernel is
   * evaluated for each class of a group, from the vectors. 2^⌊log₂(F / d)⌋ takes about the memory of those. Default 1.
   */
  readonly leafSize?: number;
  /** No tree: every draw weighs all classes, in O(C·F). The reference, and for few classes. Default false. */
  readonly flat?: boolean;
  /** Updates between rebuilds, which undo what rounding adds up to; a whole number ≥ 1. Default 1000. */
  readonly rebuildEvery?: number;
}

/** The options with their defaults; throws unless they, and the one tensor, can make a tree. */
export function checkedTreeOptions(
  caller: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: KernelSamplingTreeOptions,
): Required<KernelSamplingTreeOptions> {
  const { floor = 1e-3, leafSize = 1, flat = false, rebuildEvery = 1000 } = options;
  checkAtLeast(caller, { floor }, 0);
  checkCount(caller, { rebuildEvery }, 1);
  if (!(leafSize >= 1 && Number.isInteger(Math.log2(leafSize)))) {
    throw new RangeError(`${caller}: leafSize is ${leafSize} but must be a power of 2`);
  }
  if (flat && leafSize > 1) {
    throw new TypeError(`${caller}: leafSize is ${leafSize} but must be 1 with flat; it has no leaves`);
  }
  checkFloat(caller, tensors);
  checkRank(caller, tensors, 2);
  for (const [name, { shape }] of Object.entries(tensors)) {
    if (shape[0] < 2) {
      throw new ShapeError(
        `${caller}: ${name} has shape ${showShape(shape)} but must have at least 2 rows, its classes`,
      );
    }
  }
  return { floor, leafSize, flat, rebuildEvery };
}

/** Throws unless the ids are a list of classes, or −1 for none, as far as they are on the host. */
export function checkChangedIds(caller: string, ids: Tensor<"i32">, classes: number): void {
  checkDType(caller, { ids }, "i32");
  checkRank(caller, { ids }, 1);
  for (const [i, id] of hostValues(ids)?.entries() ?? []) {
    if (id < -1 || id >= classes) {
      throw new RangeError(`${caller}: ids holds ${id} at ${i} but must be in [0, ${classes}), or −1 for none`);
    }
  }
}
