import {
  compile,
  evaluate,
  grad,
  type Key,
  leavesOf,
  permutation,
  read,
  softmax,
  type Tensor,
  type Tree,
  tensor,
} from "cotangent";
import { expectedCalibrationError } from "cotangent/methods/distillation";
import { applyUpdates, sgd } from "cotangent/methods/optimizers";

export interface Recipe {
  readonly epochs: number;
  readonly learningRate: number;
  /** Default 64. */
  readonly batch?: number;
  /** Factor of the parameters that is added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** What a step does: new parameters and state for old ones and the ids of a batch. */
export type Step<Held> = (held: Held, ids: Tensor<"i32">) => Held;

/** Passes over all examples in batches, in an order drawn anew for each pass; what the steps start from is copied. */
export async function passes<Held>(
  step: Step<Held>,
  start: Held,
  examples: number,
  { epochs, batch = 64 }: Pick<Recipe, "epochs" | "batch">,
  key: Key,
): Promise<Held> {
  const compiled = compile(step, { donate: [0] });
  let held = evaluate(start);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = (await permutation(key.at(epoch), examples).data()) as Int32Array;
    for (let from = 0; from < examples; from += batch) {
      held = compiled(held, tensor(order.slice(from, from + batch)));
    }
  }
  return held;
}

/** Parameters after training by gradient descent with momentum 0.9. */
export async function trained<P extends Tree>(
  loss: (params: P, ids: Tensor<"i32">) => Tensor,
  start: P,
  examples: number,
  recipe: Recipe,
  key: Key,
): Promise<P> {
  const { learningRate, weightDecay = 0 } = recipe;
  const optimizer = sgd({ learningRate, momentum: 0.9 });
  const total = (at: P, ids: Tensor<"i32">) =>
    weightDecay === 0 ? loss(at, ids) : loss(at, ids).add(halfSquares(at).mul(weightDecay));
  const first = { params: start, state: optimizer.init(start) };
  const step: Step<typeof first> = ({ params, state }, ids) => {
    const { updates, state: next } = optimizer.update(grad(total)(params, ids), state, params);
    return { params: applyUpdates(params, updates), state: next };
  };
  return (await passes(step, first, examples, recipe, key)).params;
}

/** Half the sum of the squares of all parameters, the gradient of which they are. */
export function halfSquares(params: unknown): Tensor {
  const squares = leavesOf<Tensor>(params).map((leaf) => leaf.mul(leaf).sum());
  return squares.reduce((sum, next) => sum.add(next)).mul(0.5);
}

export interface Judgement {
  readonly accuracy: number;
  /** Expected calibration error. */
  readonly calibration: number;
  /** Mean negative log-likelihood, in nats. */
  readonly logLoss: number;
  readonly confidences: Float64Array;
  readonly isCorrect: readonly boolean[];
}

/** How good logits are. */
export async function judged(logits: Tensor, labels: Tensor<"i32">, bins = 15): Promise<Judgement> {
  const [, classes] = logits.shape;
  const { probs, ids } = await read({ probs: softmax(logits), ids: labels });
  const confidences = new Float64Array(ids.length);
  let loss = 0;
  const isCorrect = Array.from(ids, (label, i) => {
    const row = probs.slice(i * classes, (i + 1) * classes);
    confidences[i] = Math.max(...row);
    loss -= Math.log(Math.max(row[label], 1e-38));
    return row[label] === confidences[i];
  });
  return {
    accuracy: isCorrect.filter(Boolean).length / ids.length,
    calibration: expectedCalibrationError(
      confidences.map((c) => Math.min(1, c)),
      isCorrect,
      { bins },
    ),
    logLoss: loss / ids.length,
    ...{ confidences, isCorrect },
  };
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
