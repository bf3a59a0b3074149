import { leavesOf, rebuild, type Tensor } from "../../autodiff/index.js";
import { addSparse } from "../../autodiff/row-sparse.js";

/** `params − rate · gradients`, row by row where a gradient is row-sparse. */
export function descend<T>(params: T, gradients: T, rate: number): T {
  const slopes = leavesOf<Tensor>(gradients);
  return rebuild(
    params,
    leavesOf<Tensor>(params).map((param, i) => addSparse(param, slopes[i].mul(-rate))),
  );
}
