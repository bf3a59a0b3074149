import { sqrt, type Tensor } from "../../autodiff/index.js";
import { squaredDistances } from "../metric/pairwise-distances.js";

/** `√(‖x_i − y_j‖² + 10⁻⁶)` between the rows of two matrices, `[n, m]`: of equal points too it has a slope, 0. */
export function roundedDistances(x: Tensor, y: Tensor): Tensor {
  return sqrt(squaredDistances(x, y).add(1e-6));
}
