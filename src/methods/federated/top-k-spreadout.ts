import { checkCount } from "../../autodiff/check.js";
import { hostValues } from "../../autodiff/evaluate.js";
import {
  checkRank,
  equal,
  expandDims,
  gather,
  stopGradient,
  type Tensor,
  topK,
  transposeLast,
  where,
} from "../../autodiff/index.js";
import { arange } from "../../autodiff/ops/create.js";
import { checkClassIds } from "../class-ids.js";
import { checkEmbeddings } from "./spreadout-regularizer.js";

export interface TopKSpreadoutOptions {
  /** Nearest classes k that each class is pushed from, a whole number ≥ 1, fewer than the candidates. Default 10. */
  readonly neighbours?: number;
  /** `[m]`, the classes C_t to push; a class named twice counts twice. Default all. */
  readonly classes?: Tensor<"i32">;
  /** `[n]`, the distinct classes C' among which neighbours are sought. Default all. */
  readonly candidates?: Tensor<"i32">;
}

/**
 * Spreadout for many classes: each is pushed only from the k nearest others, by their squared distance.
 *
 *     reg(W) = −Σ_{c∈classes} Σ_{c'∈N_k(c)} |w_c − w_c'|²        N_k(c): the k candidates nearest to c, without c
 *
 * Which the neighbours are is a constant for the gradient; both ends of a pair are moved. It needs no margin: it has one
 * that adapts, the distance to the (k + 1)-th neighbour. It is never positive and has no lower bound but for unit rows,
 * so normalize after every step. Time O(m n d) for m classes and n candidates.
 *
 * Reach for it instead of `spreadoutRegularizer` from some thousand classes on, with a sample as `candidates`.
 *
 * @param embeddings - `[C, d]`, C ≥ 2
 * @returns `[]`, ≤ 0
 * @throws ShapeError if `embeddings` has not two axes or fewer than 2 rows, or ids have not one axis
 * @throws DTypeError if `embeddings` is no float, or ids are not i32
 * @throws RangeError if `neighbours` is not a whole number ≥ 1 below the number of candidates
 * @throws RangeError if an id on the host is no class, a candidate there twice, or an embedding not finite
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export function topKSpreadout(embeddings: Tensor, options: TopKSpreadoutOptions = {}): Tensor {
  checkEmbeddings("topKSpreadout", embeddings);
  const [count] = embeddings.shape;
  const { neighbours = 10, classes = allOf(embeddings), candidates = allOf(embeddings) } = options;
  checkRank("topKSpreadout", { classes, candidates }, 1);
  checkClassIds("topKSpreadout", { classes, candidates }, count);
  checkDistinct(candidates);
  checkNeighbours("topKSpreadout", neighbours, candidates.size);

  const near = stopGradient(nearness(embeddings, classes, candidates));
  const ids = gather(candidates, topK(near, neighbours, 1).indices); // [m, k]
  const differences = expandDims(gather(embeddings, classes), 1).sub(gather(embeddings, ids)); // [m, k, d]
  return differences.mul(differences).sum().neg();
}

/** Throws unless a class can have so many neighbours among so many candidates, which may include itself. */
export function checkNeighbours(caller: string, neighbours: number, candidates: number): void {
  checkCount(caller, { neighbours }, 1);
  if (neighbours >= candidates) {
    throw new RangeError(
      `${caller}: neighbours is ${neighbours} but must be below ${candidates}, the number of candidates`,
    );
  }
}

function allOf({ shape: [count], backend }: Tensor): Tensor<"i32"> {
  return arange(count, { backend, dtype: "i32" });
}

/** `[m, n]`, −|w_c − w_c'|² less |w_c|², which ranks the candidates of a row as their nearness does; −∞ for c itself. */
function nearness(embeddings: Tensor, classes: Tensor<"i32">, candidates: Tensor<"i32">): Tensor {
  const others = gather(embeddings, candidates);
  const products = gather(embeddings, classes).matmul(transposeLast(others)).mul(2);
  const near = products.sub(others.mul(others).sum(1));
  return where(equal(expandDims(classes, 1), candidates), Number.NEGATIVE_INFINITY, near);
}

function checkDistinct(candidates: Tensor<"i32">): void {
  const ids = hostValues(candidates);
  if (ids === undefined) return;
  const seen = new Set<number>();
  for (const id of ids) {
    if (seen.has(id)) throw new RangeError(`topKSpreadout: candidates holds ${id} twice but must hold each class once`);
    seen.add(id);
  }
}
