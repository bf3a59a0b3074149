import { csrMatmul, evaluate, type Tensor, tensor } from "cotangent";
import { fitAdversarialTree, principalComponents } from "cotangent/methods/sampling";
import type { Corpus } from "./corpus.js";
import type { Noise } from "./model.js";
import { onBackend } from "./on-backend.js";
import type { Recipe } from "./recipe.js";

/** Examples that the tree is fitted to at most: what keeps the fit in memory when the corpus is not. */
const MOST_EXAMPLES = 200_000;

/**
 * Fits the adversarial softmax's tree to the examples of an epoch, seen through the principal components of their
 * embeddings.
 */
export async function fitNoise(
  corpus: Corpus,
  epoch: number,
  embedding: Tensor,
  classes: number,
  recipe: Recipe,
): Promise<Noise> {
  const { dim, treeFeatures, batchSize } = recipe;
  const { backend } = embedding;
  const count = Math.min(corpus.examples, MOST_EXAMPLES);
  const hidden = new Float32Array(count * dim);
  const labels = new Int32Array(count);
  let filled = 0;
  for await (const batch of corpus.batches(epoch, 0)) {
    const rows = Math.min(batchSize, batch.targets.length, count - filled);
    const { targets, ...sparse } = onBackend(batch, backend);
    const values = await csrMatmul(sparse, embedding).data();
    hidden.set((values as Float32Array).subarray(0, rows * dim), filled * dim);
    labels.set((await targets.data()).subarray(0, rows), filled);
    filled += rows;
    if (filled === count) break;
  }
  const examples = tensor(hidden, { shape: [count, dim], backend });
  const { components, mean } = await principalComponents(examples, { components: treeFeatures });
  const offset = evaluate(mean.matmul(components));
  const features = evaluate(examples.matmul(components).sub(offset));
  const tree = await fitAdversarialTree(features, tensor(labels, { backend }), { classes });
  examples.dispose();
  features.dispose();
  return { projection: evaluate(embedding.matmul(components)), offset, tree };
}
