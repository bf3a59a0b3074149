import { encodeText, type SparseExample, type Vocabulary } from "cotangent/data";
import type { Example } from "./formats.js";

/** What the rows of a model's embedding stand for. */
export type FeatureSpace = {
  /** Divide each example by its Euclidean length. */
  readonly normalize: boolean;
} & (
  | { readonly kind: "tokens"; readonly vocabulary: Vocabulary }
  /** `firstIndex` is that of the svmlight files it was trained on. */
  | { readonly kind: "indices"; readonly count: number; readonly firstIndex: 0 | 1 }
);

/** The number of features. */
export function widthOf(space: FeatureSpace): number {
  return space.kind === "tokens" ? space.vocabulary.size : space.count;
}

/** What a feature space takes, for messages. */
export function describeSpace({ kind }: FeatureSpace): string {
  return kind === "tokens" ? "words" : "numbered features";
}

/** Whether the example's content is of the kind that the space takes. */
export function fits({ content }: Example, { kind }: FeatureSpace): boolean {
  return kind === "tokens" ? "tokens" in content : "indices" in content;
}

/**
 * An example as the model takes it, of the kind that the space takes: words become a mean over the known ones; features
 * and labels that training did not show are dropped.
 */
export function encodeExample({ labels, content }: Example, space: FeatureSpace, known: Vocabulary): SparseExample {
  if (space.kind === "tokens") {
    const tokens = "tokens" in content ? content.tokens : [];
    const scale = space.normalize ? "unit" : "mean";
    return encodeText({ labels, tokens }, { tokens: space.vocabulary, labels: known, scale });
  }
  const features =
    "indices" in content
      ? dropUnknown(content, space.count)
      : { indices: new Uint32Array(), values: new Float32Array() };
  return { labels: known.encode(labels), ...(space.normalize ? toUnitLength(features) : features) };
}

type Features = Pick<SparseExample, "indices" | "values">;

function dropUnknown({ indices, values }: Features, width: number): Features {
  const unknown = indices.findIndex((index) => index >= width); // ascending: from here on none is known
  return unknown < 0
    ? { indices, values }
    : { indices: indices.subarray(0, unknown), values: values.subarray(0, unknown) };
}

function toUnitLength({ indices, values }: Features): Features {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? { indices, values } : { indices, values: values.map((value) => value / length) };
}
