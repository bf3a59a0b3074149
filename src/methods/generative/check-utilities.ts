import { checkFloat } from "../../autodiff/dtype.js";
import { hostValues } from "../../autodiff/evaluate.js";
import { ShapeError, showShape, type Tensor } from "../../autodiff/index.js";

/** Throws unless the tensor is a float with at least `rank` axes, none of the last of size 0, and finite where it is on the host. */
export function checkUtilities(caller: string, name: string, tensor: Tensor, rank: number): void {
  checkFloat(caller, { [name]: tensor });
  const { shape } = tensor;
  if (shape.length < rank || shape.slice(shape.length - rank).includes(0)) {
    const axes = rank === 1 ? "a last axis" : "two last axes";
    throw new ShapeError(
      `${caller}: ${name} has shape ${showShape(shape)} but must have ${axes} of at least one utility`,
    );
  }
  const held = hostValues(tensor);
  const place = held?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (place >= 0) {
    throw new RangeError(`${caller}: ${name} holds ${held?.[place]} at ${place} but must hold finite numbers`);
  }
}

/** Throws unless the last axis has the given size. */
export function checkLastAxis(caller: string, name: string, { shape }: Tensor, size: number, why: string): void {
  if (shape[shape.length - 1] === size) return;
  throw new ShapeError(`${caller}: ${name} has shape ${showShape(shape)} but must end in ${size}, ${why}`);
}

/** Throws unless `k` is a whole number in [1, n]. */
export function checkSubsetSize(caller: string, k: number, n: number): void {
  if (Number.isInteger(k) && k >= 1 && k <= n) return;
  throw new RangeError(`${caller}: k is ${k} but must be a whole number in [1, ${n}]`);
}

/** Throws unless the two last axes have one size ≥ 1, of finite floats. */
export function checkSquareUtilities(caller: string, name: string, tensor: Tensor): void {
  checkUtilities(caller, name, tensor, 2);
  const [rows, columns] = tensor.shape.slice(-2);
  if (rows === columns) return;
  throw new ShapeError(
    `${caller}: ${name} has shape ${showShape(tensor.shape)} but its two last axes must have one size`,
  );
}
