import { oneHot, type Tensor } from "cotangent";

/** Share of each class among a row's draws: `[rows, draws]` to `[rows, classes]`. */
export function frequenciesOf(ids: Tensor<"i32">, classes: number): Tensor {
  return oneHot(ids, classes, "f64").mean(1);
}
