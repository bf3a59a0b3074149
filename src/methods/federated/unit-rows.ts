import { sqrt, type Tensor } from "../../autodiff/index.js";

/** Each row over its Euclidean length, along the last axis. A row of zeros gives NaN. */
export function unitRows(x: Tensor): Tensor {
  return x.div(sqrt(x.mul(x).sum(-1, { keepDims: true })));
}
