import { read, topK } from "cotangent";
import type { SparseExample, Stream } from "cotangent/data";
import { FlatExamples } from "./flat-examples.js";
import { headOf } from "./heads/head-of.js";
import { embed, type Model } from "./model.js";
import { onBackend } from "./on-backend.js";

/** What a model makes of one example. */
export interface Ranked {
  /** The example's own labels, as far as training showed them. */
  readonly labels: readonly number[];
  /** The best classes, best first. */
  readonly ids: Int32Array;
  /** Their scores, on a scale of logits. */
  readonly scores: Float32Array;
}

/** Scores held at a time: rows of a batch times classes. */
const HELD_SCORES = 2 ** 23;

/** Ranks the classes for each example, in order; only one batch is in memory. */
export async function* rankExamples(
  { recipe, labels, noise, parameters }: Omit<Model, "space">,
  examples: Stream<SparseExample>,
  k: number,
): AsyncGenerator<Ranked> {
  const classes = labels.size;
  const head = headOf(recipe, labels.counts, noise);
  const { backend } = parameters.embedding;
  const best = Math.min(k, classes);
  const rows = Math.max(1, Math.min(256, Math.floor(HELD_SCORES / classes)));
  let pending = new FlatExamples();
  const flush = async function* (): AsyncGenerator<Ranked> {
    const batch = onBackend(
      pending.pack([...Array(pending.length).keys()], () => 0),
      backend,
    );
    const { values, indices } = await read(topK(head.scores(embed(batch, parameters), parameters.head, batch), best));
    for (let row = 0; row < pending.length; row += 1) {
      yield {
        labels: [...pending.labelsOf(row)],
        ids: (indices as Int32Array).slice(row * best, (row + 1) * best),
        scores: (values as Float32Array).slice(row * best, (row + 1) * best),
      };
    }
  };
  for await (const example of examples) {
    pending.push(example);
    if (pending.length < rows) continue;
    yield* flush();
    pending = new FlatExamples();
  }
  if (pending.length > 0) yield* flush();
}
