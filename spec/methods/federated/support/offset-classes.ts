import { evaluate, gather, type Key, normal, type Tensor, tensor } from "cotangent";
import { type FederatedClient, type FederatedState, inProcessClient } from "cotangent/methods/federated";

export const classes = 20;
const [inputs, width] = [20, 8];

/** Gaussian classes whose means share an offset: without it even positives alone do not collapse. */
export interface OffsetClasses {
  readonly examples: Tensor;
  readonly labels: Tensor<"i32">;
  readonly perClass: number;
}

/** As many examples of every class, class by class. */
export function offsetClasses(means: Tensor, key: Key, perClass: number): OffsetClasses {
  const labels = tensor(Int32Array.from({ length: classes * perClass }, (_, i) => Math.floor(i / perClass)));
  const noise = normal(key, [classes * perClass, inputs]).mul(0.5);
  return { examples: evaluate(gather(means, labels).add(noise)), labels, perClass };
}

export const offsetMeans = (key: Key): Tensor => evaluate(normal(key, [classes, inputs]).add(3));

/** A linear encoder; its rows are normalized by the method. */
export const encode = (weights: Tensor, x: Tensor): Tensor => x.matmul(weights);

/** Where training starts: a random encoder and random embeddings. */
export function start(key: Key): { readonly encoder: Tensor; readonly embeddings: Tensor } {
  return {
    encoder: evaluate(normal(key.at("encoder"), [inputs, width]).div(Math.sqrt(inputs))),
    embeddings: evaluate(normal(key.at("embeddings"), [classes, width])),
  };
}

/** A client for each class, which does one step a round. */
export async function clientsOf({ examples, perClass }: OffsetClasses): Promise<FederatedClient<Tensor>[]> {
  const values = await examples.data();
  const size = perClass * inputs;
  return Array.from({ length: classes }, (_, id) =>
    inProcessClient(id, tensor(values.slice(id * size, (id + 1) * size), { shape: [perClass, inputs] }), encode),
  );
}

/** The share of examples whose nearest embedding is their class's. */
export async function accuracy(
  { encoder, embeddings }: FederatedState<Tensor>,
  { examples, labels }: OffsetClasses,
): Promise<number> {
  const scores = await encode(encoder, examples).matmul(embeddings.transpose()).data();
  const truth = await labels.data();
  let right = 0;
  truth.forEach((label, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) right++;
  });
  return right / truth.length;
}

/** The mean cosine over all pairs of embeddings, which are unit rows. */
export async function meanCosine({ embeddings }: FederatedState<Tensor>): Promise<number> {
  const total = await embeddings.matmul(embeddings.transpose()).sum().item();
  return (total - classes) / (classes * (classes - 1));
}
