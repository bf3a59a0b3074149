import { checkCount, checkRank } from "../../autodiff/check.js";
import { checkFloat } from "../../autodiff/dtype.js";
import { evaluate, type Key, leavesOf, permutation, type Tensor, type Tree } from "../../autodiff/index.js";
import { checkFinite } from "../check-finite.js";
import { unitRows } from "../unit-rows.js";
import { checkClients, type FederatedState, federatedAverage } from "./federated-average.js";
import type { FederatedClient } from "./federated-client.js";

/** Where a federated training starts, and whom it asks. */
export interface FederatedProblem<P extends Tree> {
  /** Parameters of the encoder, a tree of f32 or f64 tensors. */
  readonly encoder: P;
  /** `[C, d]`, the embeddings of all classes, a row of zeros for none; they are normalized first. */
  readonly embeddings: Tensor;
  /** At most one a class. One without examples is passed over. */
  readonly clients: readonly FederatedClient<P>[];
}

export interface FederatedOptions<P extends Tree> {
  /** A whole number ≥ 0. Default 100. */
  readonly rounds?: number;
  /** Clients asked in a round, drawn without replacement; a whole number ≥ 1. Default all. */
  readonly clientsPerRound?: number;
  /** What is drawn is drawn from it; needed where anything is. */
  readonly key?: Key;
  /** Called after each round, and waited for; the state is the loop's, and gone after the call. */
  readonly onRound?: (state: FederatedState<P>, round: number) => void | Promise<void>;
  /** Called with what is wrong but can be lived with. Default: nothing is said. */
  readonly onWarning?: (message: string) => void;
}

/** The server's part of a round. */
export interface Server {
  /** The embeddings after its step, and optionally a number that tells how it went. */
  step(
    returned: Tensor,
    clients: readonly FederatedClient<Tree>[],
    round: number,
  ): { readonly embeddings: Tensor; readonly steepness?: Tensor };
  /** Told that number. */
  hear?(steepness: number, round: number): void;
}

/** Rounds of federated averaging, each followed by a step of the server on the embeddings. */
export async function federatedRounds<P extends Tree>(
  caller: string,
  { encoder, embeddings, clients }: FederatedProblem<P>,
  { rounds = 100, clientsPerRound, key, onRound, onWarning }: FederatedOptions<P>,
  movesRows: boolean,
  server: Server,
): Promise<FederatedState<P>> {
  checkCount(caller, { rounds }, 0);
  if (clientsPerRound !== undefined) checkCount(caller, { clientsPerRound }, 1);
  checkRank(caller, { embeddings }, 2);
  checkFloat(caller, { embeddings });
  checkFinite(caller, { embeddings });
  const [classes] = embeddings.shape;
  const willing = clients.filter(({ examples }) => examples !== 0);
  checkClients(caller, willing, classes);
  for (const { classId, examples } of clients) {
    if (examples === 0) onWarning?.(`${caller}: the client of class ${classId} holds no examples; it is passed over`);
  }
  if (clientsPerRound !== undefined && clientsPerRound > willing.length) {
    throw new RangeError(
      `${caller}: clientsPerRound is ${clientsPerRound} but must be at most ${willing.length}, the clients with examples`,
    );
  }
  const sampled = clientsPerRound !== undefined && clientsPerRound < willing.length;
  const drawFrom = sampled ? keyFor(caller, key, "clientsPerRound") : undefined;

  let state = evaluate({ encoder, embeddings: unitRows(embeddings) });
  await checkDirections(caller, state.embeddings);
  for (let round = 0; round < rounds; round++) {
    const taking = drawFrom ? await drawn(willing, clientsPerRound, drawFrom.at("clients", round)) : willing;
    const returned = await federatedAverage(state, taking, { round, movesRows });
    await checkDirections(caller, returned.embeddings); // before the step, which would spread NaN to all
    const moved = evaluate(server.step(returned.embeddings, taking, round));
    release([state, returned.embeddings]);
    state = { encoder: returned.encoder, embeddings: moved.embeddings };
    await checkDirections(caller, state.embeddings);
    if (moved.steepness !== undefined) {
      server.hear?.(await moved.steepness.item(), round);
      release(moved.steepness);
    }
    await onRound?.(state, round);
  }
  return state;
}

/** The key, which must be there as something is to be drawn. */
export function keyFor(caller: string, key: Key | undefined, option: string): Key {
  if (key !== undefined) return key;
  throw new TypeError(`${caller}: key is undefined but must be a key with ${option}, which draws from it`);
}

async function drawn<C>(from: readonly C[], count: number | undefined, key: Key): Promise<C[]> {
  const order = await permutation(key, from.length).data();
  return Array.from(order.subarray(0, count), (i) => from[i]);
}

/** Throws unless every row has a length; what a normalized row of zeros has is NaN. */
async function checkDirections(caller: string, embeddings: Tensor): Promise<void> {
  const sums = await embeddings.sum(1).data(); // not finite where an entry is not
  const broken = (sums as Float64Array).findIndex((sum) => !Number.isFinite(sum));
  if (broken < 0) return;
  throw new RangeError(
    `${caller}: the embedding of class ${broken} has no direction but must be finite and not all 0; after a round, its client's encoder gave zeros or NaN`,
  );
}

function release(state: unknown): void {
  for (const tensor of leavesOf(state)) tensor.dispose();
}
