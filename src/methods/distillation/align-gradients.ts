import { greater, leavesOf, less, rebuild, type Tensor, where } from "../../autodiff/index.js";
import { checkSameForm } from "../unlearning/same-form.js";

/**
 * A gradient without what of it works against another.
 *
 *     g' = g − min(0, ⟨g, r⟩ / ‖r‖²) r
 *
 * over all parameters together. Afterwards ⟨g', r⟩ ≥ 0, and 0 if it was negative; where it was not, or r is 0, nothing
 * changes. r itself stays as it is: r + g' goes down r's loss at least as fast as r alone.
 *
 * Reach for it where a second loss must not undo the first: `alignGradients(ofDistillation, ofClassification)`.
 *
 * @param gradients - a tree of tensors, g, zeros where a parameter has no part in the loss
 * @param reference - a tree of the same form, r
 * @returns a tree of the same form
 * @throws TypeError if one tree has a tensor where the other has none, or there is none at all
 * @throws ShapeError if two tensors differ in shape
 * @throws DTypeError if they differ in dtype
 * @source Yang et al., "Dual-Head Knowledge Distillation: Enhancing Logits Utilization with an Auxiliary Head", 2024,
 * arXiv:2411.08937, §3; Yu et al., "Gradient Surgery for Multi-Task Learning", NeurIPS 2020, arXiv:2001.06782, one way only
 */
export function alignGradients<T>(gradients: T, reference: T): T {
  const [own, other] = [leavesOf<Tensor>(gradients), leavesOf<Tensor>(reference)];
  if (own.length === 0) throw new TypeError("alignGradients: gradients has no tensor but must have one");
  checkSameForm("alignGradients", "reference", reference, "gradients", gradients);
  const product = sumOf(own.map((g, i) => g.mul(other[i]).sum()));
  const square = sumOf(other.map((r) => r.mul(r).sum()));
  const share = product.div(where(greater(square, 0), square, 1));
  const against = where(less(product, 0), share, 0);
  return rebuild(
    gradients,
    own.map((g, i) => g.sub(other[i].mul(against))),
  );
}

function sumOf(terms: readonly Tensor[]): Tensor {
  return terms.reduce((sum, next) => sum.add(next));
}
