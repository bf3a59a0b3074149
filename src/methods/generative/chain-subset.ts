import { ShapeError, showShape, type Tensor } from "../../autodiff/index.js";
import { checkSubsetSize, checkUtilities } from "./check-utilities.js";

/** Throws unless the last axis holds n utilities of elements and n − 1 of neighbours, with k in [1, n]; gives n. */
export function checkChain(caller: string, name: string, utilities: Tensor, k: number): number {
  checkUtilities(caller, name, utilities, 1);
  const { shape } = utilities;
  const last = shape[shape.length - 1];
  if (last % 2 === 0) {
    throw new ShapeError(
      `${caller}: ${name} has shape ${showShape(shape)} but must end in an odd size, n elements and n − 1 pairs of neighbours`,
    );
  }
  const n = (last + 1) / 2;
  checkSubsetSize(caller, k, n);
  return n;
}
