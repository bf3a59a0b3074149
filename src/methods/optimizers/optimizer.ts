import { leavesOf, rebuild, type Tensor, type Tree } from "../../autodiff/index.js";
import { addSparse } from "../../autodiff/row-sparse.js";

/** What an optimizer step gives: what is to be added to the parameters, and the state for the next step. */
export interface OptimizerStep<T, State> {
  readonly updates: T;
  readonly state: State;
}

/**
 * A rule that turns gradients into updates. It is pure: parameters, gradients, states and updates are trees that it
 * never changes, all of it is made of operations, so it can be differentiated, and rules compose with `chain`.
 *
 * Gradients that are row-sparse give updates that are, unless the rule says otherwise.
 */
export interface Optimizer<State extends Tree = Tree> {
  /** The state before the first step. */
  init(params: unknown): State;
  /** Updates for the parameters, and the next state. `gradients` has the form of `params`. */
  update<T>(gradients: T, state: State, params: T): OptimizerStep<T, State>;
}

/** `params + updates`, row by row where an update is row-sparse. */
export function applyUpdates<T>(params: T, updates: T): T {
  const changes = leavesOf<Tensor>(updates);
  return rebuild(
    params,
    leavesOf<Tensor>(params).map((param, i) => addSparse(param, changes[i])),
  );
}
