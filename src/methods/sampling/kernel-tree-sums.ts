import {
  concat,
  evaluate,
  pad,
  replaceRows,
  scatterAdd,
  shiftRight,
  slice,
  type Tensor,
} from "../../autodiff/index.js";
import type { FeatureMap } from "./feature-map.js";

/**
 * The sums of a binary tree over classes: node ν at height h stands for the classes ν·2^h to (ν + 1)·2^h − 1, as far as
 * there are such, so that its children at height h − 1 are 2ν and 2ν + 1, and the ancestors of class j are j >> h.
 */
export interface KernelTreeSums {
  /** `[C, d]`, what the sums are of. */
  readonly vectors: Tensor;
  /** `[⌈C / 2^h⌉, F]` for h from `bottom` up to, and without, the root: Σ φ(c_j) of each node. */
  readonly sums: readonly Tensor[];
}

/** Heights that are kept: from `bottom` to below `top`. */
export interface KeptHeights {
  readonly bottom: number;
  readonly top: number;
}

/** Numbers of features that are computed at a time: their sums take less room than they do. */
const featuresAtOnce = 2 ** 22;

/** Nodes at a height. */
export function nodesAt(classes: number, height: number): number {
  return Math.ceil(classes / 2 ** height);
}

/** All sums, from the bottom up, in O(C·F); held on the backend. */
export function sumUp(map: FeatureMap, vectors: Tensor, { bottom, top }: KeptHeights): Tensor[] {
  if (bottom === top) return [];
  const [classes, width] = vectors.shape;
  const span = 2 ** bottom;
  const block = span * Math.max(1, Math.floor(featuresAtOnce / (map.features * span)));
  const parts: Tensor[] = [];
  for (let start = 0; start < classes; start += block) {
    const some = slice(vectors, [start, 0], [Math.min(classes, start + block), width]);
    parts.push(evaluate(sumOfEach(map.apply(some), span)));
  }
  let level = concat(parts);
  const sums = [level];
  for (let height = bottom + 1; height < top; height++) sums.push((level = sumOfEach(level, 2)));
  return evaluate(sums, { donate: parts });
}

/** Sums of so many rows in turn; the last may be of fewer. */
function sumOfEach(rows: Tensor, span: number): Tensor {
  if (span === 1) return rows;
  const [count, width] = rows.shape;
  const sums = Math.ceil(count / span);
  return pad(rows, [0, 0], [sums * span - count, 0])
    .reshape([sums, span, width])
    .sum(1);
}

/**
 * The sums after some rows of the vectors have changed: O(F) for each row and height.
 *
 * @param ids - `[k]`, all different; −1 for none
 * @param before - `[k, d]`, rows of `vectors`
 * @param after - `[k, d]`, what they become
 */
export function withRows(
  map: FeatureMap,
  { vectors, sums }: KernelTreeSums,
  ids: Tensor<"i32">,
  { before, after }: { readonly before: Tensor; readonly after: Tensor },
  bottom: number,
): KernelTreeSums {
  const change = map.apply(after).sub(map.apply(before)); // [k, F]
  return {
    vectors: replaceRows(vectors, ids, after),
    sums: sums.map((level, i) => scatterAdd(level, shiftRight(ids, bottom + i), change)), // −1 stays −1
  };
}
