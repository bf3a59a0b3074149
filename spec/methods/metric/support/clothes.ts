import { gather, type Key, type Tensor, tensor } from "cotangent";
import { initMlp, type LinearParameters, mlp } from "cotangent/methods/layers";
import { recallAtK } from "cotangent/methods/metric";
import { adam, optimize } from "cotangent/methods/optimizers";
import { sfc32 } from "cotangent/testing";
import { type FashionImage, loadFashionMnist } from "../../../../datasets/fashion-mnist.js";

const PIXELS = 784;

export interface Images {
  /** `[n, 784]`, 0 black to 1 white. */
  readonly x: Tensor;
  readonly labels: Int32Array;
}

export interface Clothes {
  readonly train: Images;
  readonly test: Images;
}

let loading: Promise<Clothes> | undefined;

/** Images of Fashion-MNIST, 1000 of each label to train on and 250 to test on; read once for all specs of a worker. */
export function loadClothes(): Promise<Clothes> {
  loading ??= loadFashionMnist({ trainEach: 1000, testEach: 250 }).then(({ train, test }) => ({
    train: imagesOf(train),
    test: imagesOf(test),
  }));
  return loading;
}

function imagesOf(images: readonly FashionImage[]): Images {
  const x = new Float32Array(images.length * PIXELS);
  images.forEach(({ pixels }, i) => {
    pixels.forEach((grey, k) => {
      x[i * PIXELS + k] = grey / 255;
    });
  });
  const labels = Int32Array.from(images, ({ label }) => label);
  return { x: tensor(x, { shape: [images.length, PIXELS] }) as Tensor, labels };
}

/** Where the images of some labels are. */
export function placesOf({ labels }: Images, classes: readonly number[]): number[] {
  return [...labels.keys()].filter((i) => classes.includes(labels[i]));
}

/** The ten labels in an order that the seed gives. */
export function shuffledLabels(seed: number): number[] {
  const random = sfc32(seed);
  const order = Array.from({ length: 10 }, (_, label) => ({ label, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ label }) => label);
}

/** A loss of a batch, which has 8 images of each label, those of one label side by side. */
export type BatchLoss = (embeddings: Tensor, labels: Tensor<"i32">, key: Key) => Tensor;
export const EACH = 8;

/** A perceptron 784–128–32 after some steps of Adam at 10⁻³. */
export async function trainEmbedding(
  loss: BatchLoss,
  { train }: Clothes,
  classes: readonly number[],
  key: Key,
  seed: number,
  steps: number,
): Promise<Embedding> {
  const random = sfc32(seed + 1);
  const places = classes.map((label) => placesOf(train, [label]));
  const labels = tensor(Int32Array.from({ length: classes.length * EACH }, (_, i) => Math.floor(i / EACH)));
  const start = initMlp(key.at("layers"), [PIXELS, 128, 32]);
  const training = optimize(
    (layers: LinearParameters[], ids: Tensor<"i32">, stepKey: Key) =>
      loss(mlp(layers, gather(train.x, ids)), labels, stepKey).mean(),
    start,
    adam({ learningRate: 1e-3 }),
  );
  for (let step = 0; step < steps; step++) {
    const ids = places.flatMap((of) => Array.from({ length: EACH }, () => of[Math.floor(random() * of.length)]));
    await training.step(tensor(Int32Array.from(ids)), key.at("step", step));
  }
  return {
    embed: ({ x }, at) => mlp(training.params, gather(x, tensor(Int32Array.from(at)))),
    dispose: () => training.dispose(),
  };
}

export interface Embedding {
  /** `[at.length, 32]` */
  readonly embed: (images: Images, at: readonly number[]) => Tensor;
  readonly dispose: () => void;
}

/** Recall@1 among the images of some labels. */
export function recallOn({ embed }: Embedding, images: Images, classes: readonly number[]): Promise<number> {
  const at = placesOf(images, classes);
  return recallAtK(embed(images, at), tensor(Int32Array.from(at, (i) => images.labels[i]))).item();
}
