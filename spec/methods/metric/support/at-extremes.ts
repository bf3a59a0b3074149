import { oneHot, type Tensor, tensor } from "cotangent";
import { SIZE, type Surroundings } from "../../../support/extremes.js";

/** Two examples of each of four classes, in place of one of each of eight. */
export const couples = ({ labels: { backend } }: Surroundings): Tensor<"i32"> =>
  tensor(
    Int32Array.from({ length: SIZE }, (_, i) => i >> 1),
    { backend },
  );

/** A row for each class: what rows of scores are features to. */
export const identity = (like: Tensor, { labels }: Surroundings): Tensor => oneHot(labels, SIZE, like.dtype) as Tensor;

/** Scales at which cosines in single precision do not lose the digits that a loss needs. */
export const gentle = { normalize: true, positiveScale: 2, negativeScale: 2 } as const;
