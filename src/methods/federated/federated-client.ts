import type { Tensor, Tree } from "../../autodiff/index.js";

/** What the server tells a client: the shared encoder, and of the class embeddings the row of the client's own class. */
export interface ClientTask<P extends Tree> {
  /** Rounds done before this one. */
  readonly round: number;
  /** Parameters of the encoder. */
  readonly encoder: P;
  /** `[d]`, the embedding of the client's class, without a history that would lead to the others. */
  readonly row: Tensor;
  /** Whether the client may move its row; false where embeddings are fixed. */
  readonly movesRow: boolean;
}

/** What a client sends back. The server disposes of it once it is used. */
export interface ClientUpdate<P extends Tree> {
  /** The encoder after the client's steps, in the form of the task's. */
  readonly encoder: P;
  /** `[d]`, the client's row after its steps, of whatever length. */
  readonly row: Tensor;
}

/**
 * A holder of examples of one class. It never sees the embeddings of other classes, nor other clients' examples, and the
 * server never sees its own: all that passes between them is a task and an update. Across a network it is a proxy whose
 * `update` sends one and awaits the other; `inProcessClient` is the simulated one.
 */
export interface FederatedClient<P extends Tree> {
  /** The class of all its examples, a row of the server's embeddings. */
  readonly classId: number;
  /** How many examples it holds: its weight in the average. */
  readonly examples: number;
  update(task: ClientTask<P>): Promise<ClientUpdate<P>>;
}
