import { DTypeError, ShapeError, showShape } from "../../autodiff/check.js";
import { mapTree, type Tensor } from "../../autodiff/index.js";
import { sameShape } from "../../autodiff/shape.js";

/** The tensors of a tree by their paths, such as `layers.0.bias`, in the order of its leaves. */
export function tensorsByPath(tree: unknown): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  mapTree<unknown, undefined>(tree, (leaf, path) => {
    found.set(path, leaf);
    return undefined;
  });
  return found;
}

/** Throws unless two trees have tensors of the same shapes and dtypes at the same places. */
export function checkSameForm(caller: string, name: string, tree: unknown, reference: string, wanted: unknown): void {
  const [found, model] = [tensorsByPath(tree), tensorsByPath(wanted)];
  for (const [path, tensor] of model) {
    const place = path === "" ? "" : `.${path}`;
    const other = found.get(path);
    if (other === undefined) {
      throw new TypeError(`${caller}: ${name} has no tensor at ${path} but must have all those of ${reference}`);
    }
    if (!sameShape(other.shape, tensor.shape)) {
      throw new ShapeError(
        `${caller}: ${name}${place} has shape ${showShape(other.shape)} but must match ${reference}, ${showShape(tensor.shape)}`,
      );
    }
    if (other.dtype !== tensor.dtype) {
      throw new DTypeError(
        `${caller}: ${name}${place} is ${other.dtype} but must match ${reference}, ${tensor.dtype}; cast one of them`,
      );
    }
  }
  for (const path of found.keys()) {
    if (model.has(path)) continue;
    throw new TypeError(`${caller}: ${name} has a tensor at ${path} but must have only those of ${reference}`);
  }
}

/** Throws unless a radius is a number ≥ 0; ∞ is one. */
export function checkRadius(caller: string, radius: number): void {
  if (radius >= 0) return;
  throw new RangeError(`${caller}: radius is ${radius} but must be a number ≥ 0, or Infinity for no limit`);
}
