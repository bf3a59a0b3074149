import {
  abs,
  arange,
  broadcastTo,
  evaluate,
  expandDims,
  gather,
  grad,
  type Key,
  normal,
  oneHot,
  softmax,
  sqrt,
  square,
  type Tensor,
} from "cotangent";
import { candidateSoftmaxLoss, logQCorrection, type Sampler } from "cotangent/methods/sampling";

export interface CosinesOptions {
  readonly classes: number;
  readonly width: number;
  /** Queries, near classes 0, 1, … */
  readonly rows: number;
  readonly noise: number;
}

/** Random unit classes `[C, d]`, and queries `[rows, d]`: class vector plus noise·N(0, I)/√d, normalized. */
export function randomCosines(
  key: Key,
  { classes, width, rows, noise }: CosinesOptions,
): { readonly classes: Tensor; readonly queries: Tensor } {
  const unit = (x: Tensor): Tensor => x.div(sqrt(square(x).sum(1, { keepDims: true })));
  const table = evaluate(unit(normal(key.at("classes"), [classes, width], { dtype: "f64" })));
  const near = gather(table, arange(rows, { backend: key.backend, dtype: "i32" }));
  const shift = normal(key.at("noise"), [rows, width], { dtype: "f64" }).mul(noise / Math.sqrt(width));
  return { classes: table, queries: evaluate(unit(near.add(shift))) };
}

/**
 * The ℓ1 norm of the bias of the mean gradient on the scores, averaged over rows for each of which so many sets of
 * negatives are drawn.
 *
 * @param scores - `[rows, C]`
 * @param sampler - of the rows, their labels left out
 */
export async function gradientBiasOf(
  scores: Tensor,
  labels: Tensor<"i32">,
  sampler: Sampler,
  key: Key,
  { negatives, sets }: { readonly negatives: number; readonly sets: number },
): Promise<number> {
  const [rows, classes] = scores.shape;
  const starts = arange(rows, labels).mul(classes);
  const drawn = sampler.draw(key, [rows, sets * negatives]);
  const logCount = sampler.logProbability(drawn, scores).add(Math.log(negatives));
  const held = evaluate({ drawn: drawn.add(expandDims(starts, 1)), logCount });
  const [places, counts] = [held.drawn, held.logCount].map((x) => x.reshape([rows * sets, negatives]));
  const loss = (flat: Tensor): Tensor => {
    const target = broadcastTo(expandDims(gather(flat, labels.add(starts)), 1), [rows, sets]).reshape([rows * sets]);
    const corrected = logQCorrection(gather(flat, places as Tensor<"i32">), counts as Tensor);
    return candidateSoftmaxLoss(target, corrected).sum().div(sets);
  };
  const mean = grad(loss)(scores.reshape([rows * classes])).reshape([rows, classes]);
  const full = softmax(scores, 1).sub(oneHot(labels, classes, "f64"));
  const bias = await abs(mean.sub(full)).sum(1).mean().item();
  held.drawn.dispose();
  held.logCount.dispose();
  return bias;
}
