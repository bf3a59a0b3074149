import { checkCount } from "../../autodiff/check.js";
import { type DType, permutation, slice, type Tensor, type Tree } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import type { FederatedState } from "./federated-average.js";
import type { FederatedClient } from "./federated-client.js";
import { type FederatedOptions, type FederatedProblem, federatedRounds, keyFor } from "./federated-rounds.js";
import { checkEmbeddings, type SpreadoutRegularizerOptions } from "./spreadout-regularizer.js";
import { checkSpreadoutStep, type Spreadout, spreadoutSteepness, spreadoutStep } from "./spreadout-step.js";
import { checkNeighbours } from "./top-k-spreadout.js";

export interface FedAwSOptions<P extends Tree> extends FederatedOptions<P> {
  /** η of the server, a finite number ≥ 0. Default 0.1. */
  readonly learningRate?: number;
  /** λ, a finite number ≥ 0. Default 1/C for `"hinge"`, 10 for `"topK"`. */
  readonly multiplier?: number;
  /** What the server descends. Default `{ kind: "hinge" }`. */
  readonly spreadout?:
    | ({ readonly kind: "hinge" } & SpreadoutRegularizerOptions)
    | {
        readonly kind: "topK";
        /** Nearest classes that each is pushed from, a whole number ≥ 1 below the candidates. Default 10. */
        readonly neighbours?: number;
        /** Classes among which neighbours are sought, drawn anew in each round; a whole number ≥ 2. Default all. */
        readonly candidates?: number;
      };
}

/**
 * Federated averaging with spreadout: classifies C classes although each client has examples of one class only and sees
 * no other's embedding.
 *
 *     client i    (θ_i, w_i) ← steps on mean positiveHingeLoss(g_θ(x) · w_i), from θ and w_i alone
 *     server      θ ← Σ_i (n_i / Σ_j n_j) θ_i        W̃ ← W with the rows w_i
 *                 W ← W̃ − multiplier · learningRate · ∇reg(W̃), rows then of unit length
 *
 * Clients alone would draw everything to one point; the server, which sees all embeddings and no data, keeps them apart.
 * With `"topK"` the classes of the round's clients are pushed from their nearest neighbours, at a cost that does not grow
 * as C². With the hinge in the cosine distance `onWarning` hears, once, of a step too long (see `spreadoutSteepness`).
 *
 * Reach for it when positives are all that a device has and they must stay there: faces, voices, keyboards of one user.
 *
 * @param problem - encoder, embeddings and clients; the tensors are left as they are
 * @returns encoder and unit embeddings after the last round, the caller's to dispose of
 * @throws ShapeError if `embeddings` has not two axes or fewer than 2 rows, or an update does not fit its task
 * @throws DTypeError if `embeddings` is no float
 * @throws RangeError if a number is out of its range, no client has examples, two have one class or one has none of the C
 * @throws RangeError if an embedding has no direction, at the start or after a round: its encoder gave zeros or NaN
 * @throws TypeError if `kind` or `distance` is none of those listed, or something is to be drawn without a `key`
 * @claim Positives alone collapse to few directions, and the server's spreadout nearly restores what a softmax over all
 * data would reach. Measured on 20 Gaussian classes in R^20 with a common offset, linear encoder to R^8, 500 rounds, three
 * seeds, test accuracy (mean cosine of embeddings): positives alone 0.12 to 0.45 (0.75 to 0.81), fixed random embeddings
 * 0.63 to 0.82, top-k 0.85 to 0.89 (−0.05), hinge 0.967 to 0.983 (−0.05), centralized softmax 0.995 to 0.998; with
 * multiplier 1 in place of 1/C everything collapses (0.10 to 0.18, cosine 1).
 * @question I must not see the data; I learn embeddings; The softmax is my bottleneck
 * @source Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 *
 * @example
 * import { tensor, type Tensor } from "cotangent";
 * import { fedAwS, inProcessClient } from "cotangent/methods/federated";
 *
 * const encode = (weights: Tensor, x: Tensor) => x.matmul(weights);
 * const clients = [[[1, 0]], [[0, 1]]].map((examples, id) => inProcessClient(id, tensor(examples), encode));
 * const encoder = tensor([[1, 0.5], [0.5, 1]]);
 * const { embeddings } = await fedAwS({ encoder, embeddings: tensor([[1, 0], [1, 1]]), clients }, { rounds: 10 });
 * console.log(embeddings.shape); // [2, 2]
 */
export async function fedAwS<P extends Tree>(
  problem: FederatedProblem<P>,
  options: FedAwSOptions<P> = {},
): Promise<FederatedState<P>> {
  const { spreadout = { kind: "hinge" }, learningRate = 0.1, key, onWarning } = options;
  checkEmbeddings("fedAwS", problem.embeddings);
  const [classes] = problem.embeddings.shape;
  const { multiplier = spreadout.kind === "hinge" ? 1 / classes : 10 } = options;
  const rates = { learningRate, multiplier };
  checkSpreadout("fedAwS", spreadout, rates, classes);
  if (spreadout.kind === "hinge") {
    const isWatched = onWarning !== undefined && (spreadout.distance ?? "cosine") === "cosine";
    let hasWarned = false;
    return federatedRounds("fedAwS", problem, options, true, {
      step: (rows) => ({
        embeddings: spreadoutStep(rows, { spreadout, ...rates }),
        ...(isWatched && !hasWarned ? { steepness: spreadoutSteepness(rows, { spreadout, ...rates }) } : {}),
      }),
      hear(steepness, round) {
        if (steepness <= 1) return;
        hasWarned = true;
        onWarning?.(
          `fedAwS: the spreadout step is ${steepness.toPrecision(3)} times the safe one in round ${round} but should be at most 1; take a smaller multiplier`,
        );
      },
    });
  }
  const { neighbours = 10, candidates } = spreadout;
  const drawFrom = candidates === undefined ? undefined : keyFor("fedAwS", key, "candidates");
  return federatedRounds("fedAwS", problem, options, true, {
    step(rows, clients, round) {
      const sought =
        drawFrom === undefined
          ? {}
          : { candidates: slice(permutation(drawFrom.at("candidates", round), classes), [0], [candidates!]) };
      const nearest: Spreadout = { kind: "topK", neighbours, classes: classesOf(clients, rows), ...sought };
      return { embeddings: spreadoutStep(rows, { spreadout: nearest, ...rates }) };
    },
  });
}

function classesOf(clients: readonly FederatedClient<Tree>[], { backend }: Tensor): Tensor<"i32"> {
  return fromValues(
    Int32Array.from(clients, ({ classId }) => classId),
    { backend },
  ) as Tensor<DType> as Tensor<"i32">;
}

function checkSpreadout(
  caller: string,
  spreadout: NonNullable<FedAwSOptions<Tree>["spreadout"]>,
  rates: { readonly learningRate: number; readonly multiplier: number },
  classes: number,
): void {
  if (spreadout.kind !== "topK") {
    checkSpreadoutStep(caller, { spreadout, ...rates }, classes);
    return;
  }
  const { neighbours, candidates = classes } = spreadout;
  checkSpreadoutStep(caller, { spreadout: { kind: "topK" }, ...rates }, Number.POSITIVE_INFINITY);
  checkCount(caller, { candidates }, 2);
  if (candidates > classes) {
    throw new RangeError(
      `${caller}: candidates is ${candidates} but must be at most ${classes}, the number of classes`,
    );
  }
  checkNeighbours(caller, neighbours ?? 10, candidates);
}
