import { checkAbove, checkCount, ShapeError, showShape } from "../../autodiff/check.js";
import { type Tensor, type Tree, valueAndGrad } from "../../autodiff/index.js";
import { unitRows } from "../unit-rows.js";
import { descend } from "./descend.js";
import type { ClientTask, ClientUpdate, FederatedClient } from "./federated-client.js";
import { type PositiveHingeLossOptions, positiveHingeLoss } from "./positive-hinge-loss.js";

/** An encoder: features `[n, d]` of examples `[n, …]`, by a tree of parameters. Rows need not have unit length. */
export type Encode<P extends Tree> = (parameters: P, examples: Tensor) => Tensor;

export interface InProcessClientOptions {
  /** Gradient steps in a round, each on all examples; a whole number ≥ 1. Default 1. */
  readonly steps?: number;
  /** A finite number > 0. Default 0.1. */
  readonly learningRate?: number;
  /** The local loss. Default the hinge at 0.9. */
  readonly loss?: Omit<PositiveHingeLossOptions, "reduction">;
}

/**
 * A client of `fedAwS` that lives in this process: some gradient steps on its positive examples.
 *
 *     (θ, w) ← (θ, w) − learningRate · ∇ mean_x positiveHingeLoss(g(x) · w)        g(x) = encode(θ, x) / |encode(θ, x)|
 *
 * Reach for it to simulate a federation; a real client implements `FederatedClient` itself.
 *
 * @param classId - the class of all its examples
 * @param examples - `[n, …]`; n may be 0, then the server passes the client over
 * @param encode - the user's encoder; a row of zeros has no direction and makes the round fail
 * @returns the client; what its `update` gives is lazy
 * @throws ShapeError if `examples` is a scalar, or, in `update`, `encode` does not return a row of the embeddings' width for each example
 * @throws RangeError if `classId` is not a whole number ≥ 0, `steps` not ≥ 1, or `learningRate` not > 0
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342; the step of a client
 */
export function inProcessClient<P extends Tree>(
  classId: number,
  examples: Tensor,
  encode: Encode<P>,
  { steps = 1, learningRate = 0.1, loss = {} }: InProcessClientOptions = {},
): FederatedClient<P> {
  checkCount("inProcessClient", { classId }, 0);
  checkCount("inProcessClient", { steps }, 1);
  checkAbove("inProcessClient", { learningRate }, 0);
  if (examples.shape.length === 0) {
    throw new ShapeError("inProcessClient: examples has shape [] but must have an axis that counts examples");
  }
  const [count] = examples.shape;

  const risk = ({ encoder, row }: Held<P>): Tensor => {
    const features = encode(encoder, examples);
    const [width] = row.shape;
    if (features.shape.length !== 2 || features.shape[0] !== count || features.shape[1] !== width) {
      throw new ShapeError(
        `inProcessClient: encode returned shape ${showShape(features.shape)} but must return [${count}, ${width}]`,
      );
    }
    return positiveHingeLoss(unitRows(features).mul(row).sum(1), { ...loss, reduction: "mean" });
  };
  const update = async ({ encoder, row, movesRow }: ClientTask<P>): Promise<ClientUpdate<P>> => {
    let held: Held<P> = { encoder, row };
    for (let step = 0; step < steps; step++) {
      const { grad } = valueAndGrad(risk)(held);
      const next = descend(held, grad, learningRate);
      held = movesRow ? next : { ...next, row };
    }
    return held;
  };
  return { classId, examples: count, update };
}

/** An alias, so that it is a tree for `grad`. */
type Held<P extends Tree> = { readonly encoder: P; readonly row: Tensor };
