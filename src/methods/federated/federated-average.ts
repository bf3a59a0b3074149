import { checkShape, ShapeError } from "../../autodiff/check.js";
import { at, evaluate, leavesOf, rebuild, stack, type Tensor, type Tree } from "../../autodiff/index.js";
import { fromValues } from "../../autodiff/ops/create.js";
import { replaceRows } from "../../autodiff/ops/gather.js";
import type { ClientUpdate, FederatedClient } from "./federated-client.js";

/** What the server holds: the encoder that all share, and the embeddings of all classes. An alias, so that it is a tree. */
export type FederatedState<P extends Tree> = {
  /** θ, a tree of f32 or f64 tensors. */
  readonly encoder: P;
  /** W, `[C, d]`, which only the server sees. */
  readonly embeddings: Tensor;
};

export interface FederatedAverageOptions {
  /** Rounds done before, passed on to the clients. Default 0. */
  readonly round?: number;
  /** Whether clients may move their rows. Default true. */
  readonly movesRows?: boolean;
}

/**
 * One exchange with the clients: encoders are averaged, rows of the embeddings put back in place.
 *
 *     θ' = Σ_i ω_i θ_i        ω_i = n_i / Σ_j n_j        W'_c = w_i where client i has class c, else W_c
 *
 * Rows come back as the clients left them: they are neither averaged nor normalized, and those of absent clients stay.
 * A client is sent its own row and no other. All clients are asked at once.
 *
 * Reach for it to build another federated method on `FederatedClient`; `fedAwS` adds the server's step.
 *
 * @param state - encoder and embeddings; left as they are
 * @param clients - at least one, each with examples and a class of its own
 * @returns the next state, computed; the caller's to dispose of
 * @throws RangeError if there is no client, one holds no examples, its class is no row of the embeddings, or two have one class
 * @throws ShapeError if an update differs from its task in the shape of the row or of a tensor of the encoder
 * @source McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017,
 * arXiv:1602.05629, algorithm 1; Yu et al., "Federated Learning with Only Positive Labels", ICML 2020, arXiv:2004.10342
 */
export async function federatedAverage<P extends Tree>(
  state: FederatedState<P>,
  clients: readonly FederatedClient<P>[],
  { round = 0, movesRows = true }: FederatedAverageOptions = {},
): Promise<FederatedState<P>> {
  const { encoder, embeddings } = state;
  checkClients("federatedAverage", clients, embeddings.shape[0]);
  const rows = evaluate(clients.map(({ classId }) => at(embeddings, classId))); // a leaf each: no way back to W
  const updates = await Promise.all(
    clients.map((client, i) => client.update({ round, encoder, row: rows[i], movesRow: movesRows })),
  );
  updates.forEach((update, i) => {
    checkUpdate(clients[i], update, state);
  });

  const total = clients.reduce((sum, { examples }) => sum + examples, 0);
  const parts = updates.map((update) => leavesOf<Tensor>(update.encoder));
  const mean = leavesOf<Tensor>(encoder).map((_, leaf) =>
    parts.map((leaves, i) => leaves[leaf].mul(clients[i].examples / total)).reduce((sum, part) => sum.add(part)),
  );
  const ids = fromValues(
    Int32Array.from(clients, ({ classId }) => classId),
    { backend: embeddings.backend },
  );
  const returned = stack(updates.map(({ row }) => row));
  const next = evaluate({
    encoder: rebuild(encoder, mean),
    embeddings: movesRows ? replaceRows(embeddings, ids as Tensor<"i32">, returned) : embeddings,
  });
  const kept = new Set(leavesOf([encoder, embeddings])); // which a client may have sent back as it was
  for (const tensor of [...rows, ...updates.map(({ row }) => row), ...parts.flat()]) {
    if (!kept.has(tensor)) tensor.dispose();
  }
  return next;
}

/** Throws unless each client holds examples of a class of its own. */
export function checkClients(caller: string, clients: readonly FederatedClient<Tree>[], classes: number): void {
  if (clients.length === 0) throw new RangeError(`${caller}: clients is empty but must hold at least one client`);
  const seen = new Set<number>();
  for (const { classId, examples } of clients) {
    if (!Number.isSafeInteger(classId) || classId < 0 || classId >= classes) {
      throw new RangeError(`${caller}: a client has class ${classId} but must have one in [0, ${classes})`);
    }
    if (seen.has(classId)) {
      throw new RangeError(`${caller}: two clients have class ${classId} but each must have a class of its own`);
    }
    seen.add(classId);
    if (!Number.isSafeInteger(examples) || examples < 1) {
      throw new RangeError(
        `${caller}: the client of class ${classId} has ${examples} examples but must have a whole number ≥ 1`,
      );
    }
  }
}

function checkUpdate<P extends Tree>(
  { classId }: FederatedClient<P>,
  { encoder, row }: ClientUpdate<P>,
  state: FederatedState<P>,
): void {
  checkShape("federatedAverage", `the row from the client of class ${classId}`, row, [state.embeddings.shape[1]]);
  const [got, wanted] = [leavesOf<Tensor>(encoder), leavesOf<Tensor>(state.encoder)];
  if (got.length !== wanted.length) {
    throw new ShapeError(
      `federatedAverage: the encoder from the client of class ${classId} has ${got.length} tensors but must have ${wanted.length}`,
    );
  }
  got.forEach(({ shape }, i) => {
    checkShape(
      "federatedAverage",
      `tensor ${i} of the encoder from the client of class ${classId}`,
      { shape },
      wanted[i].shape,
    );
  });
}
