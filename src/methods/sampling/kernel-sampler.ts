import { hostValues } from "../../autodiff/evaluate.js";
import { checkShape, gather, maximum, type Tensor } from "../../autodiff/index.js";
import { checkDirections, unitRows } from "../unit-rows.js";
import type { FeatureMap } from "./feature-map.js";
import { KernelSamplingTree } from "./kernel-sampling-tree.js";
import { checkChangedIds, checkedTreeOptions, type KernelSamplingTreeOptions } from "./kernel-tree-options.js";
import type { ConditionalSampler, Sampler } from "./sampler.js";

/** A kernel sampler that follows a table of embeddings; see `RfSoftmaxSampler` and `QuadraticKernelSampler`. */
export abstract class KernelSampler implements ConditionalSampler {
  /** Number of classes C. */
  readonly classes: number;
  /** What it draws by. */
  readonly tree: KernelSamplingTree;
  private readonly caller: string;
  private readonly isNormalizing: boolean;

  /** @internal `makeMap` is called once all else is checked. */
  constructor(
    caller: string,
    embeddings: Tensor,
    makeMap: () => FeatureMap,
    { normalize, ...options }: KernelSamplingTreeOptions & { readonly normalize: boolean },
  ) {
    const checked = checkedTreeOptions(caller, { embeddings }, options);
    this.caller = caller;
    this.isNormalizing = normalize;
    this.classes = embeddings.shape[0];
    const vectors = this.prepared(caller, "embeddings", embeddings);
    this.tree = new KernelSamplingTree(makeMap(), vectors, checked);
  }

  /**
   * The distributions of a batch, as a sampler. Use it before the next update.
   *
   * @param hidden - `[B, d]`, h; no gradient flows into it
   * @returns a sampler whose draws and ids have a shape `[B, ...]`, and that can leave a class out in each row
   * @throws ShapeError if `hidden` does not have d columns
   * @throws DTypeError if `hidden` and the embeddings differ in dtype
   * @throws RangeError if a row on the host is zero or not finite
   */
  given(hidden: Tensor): Sampler {
    const caller = `${this.caller}.given`;
    checkShape(caller, "hidden", hidden, [-1, this.tree.map.width]);
    return this.tree.given(this.prepared(caller, "hidden", hidden));
  }

  /**
   * Follows the embeddings after a step that has changed some rows, in O(F·log C) for each.
   *
   *     sampler.update(params.embeddings, rowSparse(gradient.embeddings)!.ids);
   *
   * @param embeddings - `[C, d]`, as they are now
   * @param ids - `[k]`, the rows that have changed; repeated ids and −1 do no harm
   * @throws ShapeError if `embeddings` does not fit
   * @throws RangeError if an id on the host is no class and not −1, or its row is zero or not finite
   */
  update(embeddings: Tensor, ids: Tensor<"i32">): void {
    const caller = `${this.caller}.update`;
    checkShape(caller, "embeddings", embeddings, [this.classes, this.tree.map.width]);
    checkChangedIds(caller, ids, this.classes);
    if (this.isNormalizing) {
      checkDirections(caller, "embeddings", embeddings, hostValues(ids)?.filter((id) => id >= 0) ?? []);
    }
    const rows = gather(embeddings, maximum(ids, 0));
    this.tree.update(ids, this.isNormalizing ? unitRows(rows) : rows);
  }

  /**
   * Follows the embeddings after a step that may have changed them all, in O(C·F).
   *
   * @param embeddings - `[C, d]`, as they are now
   * @throws ShapeError if `embeddings` does not fit
   * @throws RangeError if a row on the host is zero or not finite
   */
  rebuild(embeddings: Tensor): void {
    const caller = `${this.caller}.rebuild`;
    checkShape(caller, "embeddings", embeddings, [this.classes, this.tree.map.width]);
    this.tree.rebuild(this.prepared(caller, "embeddings", embeddings));
  }

  /** Gives the memory of features and sums back. */
  dispose(): void {
    this.tree.dispose();
    this.tree.map.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private prepared(caller: string, name: string, vectors: Tensor): Tensor {
    if (!this.isNormalizing) return vectors;
    checkDirections(caller, name, vectors);
    return unitRows(vectors);
  }
}
