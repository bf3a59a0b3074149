import {
  argmax,
  compile,
  evaluate,
  gather,
  leavesOf,
  mapTree,
  randomKey,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { normals, uniforms } from "./gaussian-tasks.js";

const [width, classes, hidden, batch] = [20, 10, 64, 50];

interface Points {
  readonly x: Tensor;
  readonly labels: Int32Array;
}

/** Points of ten classes, some of the labels to train on wrong. */
export interface NoisyTask {
  readonly train: Points;
  readonly test: Points;
}

/**
 * Ten classes of two Gaussian modes each, `½ N(m_k1, I) + ½ N(m_k2, I)` in 20 dimensions with modes from N(0, I): 1500
 * points to train on, of which a share has one of the nine wrong labels, and 4000 with the right ones to test on.
 */
export function noisyTask(seed: number, noise: number): NoisyTask {
  const next = uniforms(seed);
  const normal = normals(next);
  const modes = Float64Array.from({ length: classes * 2 * width }, normal);
  const draw = (count: number, share: number): Points => {
    const x = new Float32Array(count * width);
    const labels = Int32Array.from({ length: count }, (_, i) => {
      const label = Math.floor(classes * next());
      const mode = (2 * label + Math.floor(2 * next())) * width;
      for (let j = 0; j < width; j++) x[i * width + j] = modes[mode + j] + normal();
      return next() < share ? (label + 1 + Math.floor((classes - 1) * next())) % classes : label;
    });
    return { x: tensor(x, { shape: [count, width] }), labels };
  };
  return { train: draw(1500, noise), test: draw(4000, 0) };
}

/** The losses of a batch, and what it leaves for the next one to know. */
export type NoisyLoss = (
  logits: Tensor,
  labels: Tensor<"i32">,
  ids: Tensor<"i32">,
  state: readonly Tensor[],
) => { readonly losses: Tensor; readonly state: readonly Tensor[] };

export const stateless =
  (loss: (logits: Tensor, labels: Tensor<"i32">) => Tensor): NoisyLoss =>
  (logits, labels) => ({ losses: loss(logits, labels), state: [] });

/**
 * Test accuracy of a perceptron 20–64–10 after 60 epochs of SGD: batches of 50, momentum 0.9, a rate of 0.05 that falls
 * tenfold after epochs 30 and 45.
 */
export async function testAccuracy(
  { train, test }: NoisyTask,
  seed: number,
  loss: NoisyLoss,
  state: readonly Tensor[] = [],
): Promise<number> {
  const layers = initMlp(randomKey(seed), [width, hidden, classes], { lastGain: Math.SQRT2 }); // He's throughout
  type Held = { readonly layers: LinearParameters[]; readonly velocity: LinearParameters[]; readonly state: Tensor[] };
  const step = compile(
    (held: Held, ids: Tensor<"i32">, labels: Tensor<"i32">, rate: Tensor): Held => {
      let after = held.state;
      const { grad } = valueAndGrad((now: LinearParameters[]) => {
        const found = loss(mlp(now, gather(train.x, ids)), labels, ids, held.state);
        after = [...found.state];
        return found.losses.mean();
      })(held.layers);
      const slopes = leavesOf<Tensor>(grad);
      const speeds = leavesOf<Tensor>(held.velocity).map((speed, i) => speed.mul(0.9).add(slopes[i]));
      const places = leavesOf<Tensor>(held.layers).map((place, i) => place.sub(speeds[i].mul(rate)));
      const like = (leaves: readonly Tensor[]) => {
        let i = 0;
        return mapTree(held.layers, () => leaves[i++]) as LinearParameters[];
      };
      return { layers: like(places), velocity: like(speeds), state: after };
    },
    { donate: [0] },
  );

  const still = mapTree(layers, (leaf) => (leaf as Tensor).mul(0)) as LinearParameters[];
  let held: Held = evaluate({ layers, velocity: still, state: state.map((one) => one.add(0)) });
  const next = uniforms(seed + 1000);
  const order = Int32Array.from(train.labels, (_, i) => i);
  for (let epoch = 0; epoch < 60; epoch++) {
    const rate = tensor([0.05 * (epoch < 30 ? 1 : epoch < 45 ? 0.1 : 0.01)]).reshape([]);
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * next());
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let from = 0; from < order.length; from += batch) {
      const ids = order.slice(from, from + batch);
      const labels = ids.map((id) => train.labels[id]);
      held = step(held, tensor(ids), tensor(labels), rate);
    }
  }
  const guess = await argmax(mlp(held.layers, test.x), 1).data();
  for (const leaf of leavesOf<Tensor>(held)) leaf.dispose();
  return guess.reduce((right, label, i) => right + Number(label === test.labels[i]), 0) / guess.length;
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;
