import { type Key, type Tensor, transposeLast, zeros } from "cotangent";
import type { ClassTable } from "cotangent/methods/sampling";
import type { Recipe } from "../recipe.js";
import type { Examples, Head, Learned } from "./head.js";

/** The mean loss of a batch under a linear layer, `[]`. */
export type TableLoss = (hidden: Tensor, table: Required<ClassTable>, examples: Examples, key: Key) => Tensor;

/**
 * A linear layer over all classes, `hidden · weights + bias`, which starts from zero.
 *
 * @param startBias - where the biases start. Default 0
 */
export function tableHead({ dim }: Recipe, classes: number, loss: TableLoss, startBias = 0): Head {
  return {
    shapes: { weights: [classes, dim], bias: [classes] },
    init: ({ backend }) => ({
      weights: zeros([classes, dim], { backend }),
      bias: zeros([classes], { backend }).add(startBias),
    }),
    loss: (hidden, learned, examples, key) => loss(hidden, tableOf(learned), examples, key),
    scores: (hidden, learned) => {
      const { weights, bias } = tableOf(learned);
      return hidden.matmul(transposeLast(weights)).add(bias);
    },
  };
}

/** What a linear layer learns, under its own names. */
export function tableOf({ weights, bias }: Learned): Required<ClassTable> {
  return { weights, bias };
}
