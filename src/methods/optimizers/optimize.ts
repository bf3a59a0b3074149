import { evaluate, leavesOf, type Tensor, type Tree, valueAndGrad } from "../../autodiff/index.js";
import { applyUpdates, type Optimizer } from "./optimizer.js";

export interface OptimizeOptions<State> {
  /** The optimizer's state to go on from. Default: its initial state. */
  readonly state?: State;
}

/** A training loop: it owns parameters and optimizer state, and replaces them at every step. */
export class Training<P extends Tree, State extends Tree, Rest extends readonly unknown[]> {
  private readonly loss: (params: P, ...rest: Rest) => Tensor;
  private readonly optimizer: Optimizer<State>;
  private held: { readonly params: P; readonly state: State };

  /** @internal Use `optimize`. */
  constructor(
    loss: (params: P, ...rest: Rest) => Tensor,
    params: P,
    optimizer: Optimizer<State>,
    { state = optimizer.init(params) }: OptimizeOptions<State>,
  ) {
    this.loss = loss;
    this.optimizer = optimizer;
    this.held = evaluate({ params, state });
  }

  /** The parameters now. The next step takes their memory: read or `evaluate` what must stay. */
  get params(): P {
    return this.held.params;
  }

  /** The optimizer's state now; like the parameters, it is the loop's. */
  get state(): State {
    return this.held.state;
  }

  /**
   * One step: gradient of the loss, update of parameters and state, in one run.
   *
   * @param rest - what the loss takes after the parameters
   * @returns the loss before the step
   */
  async step(...rest: Rest): Promise<number> {
    const { params, state } = this.held;
    const { value, grad } = valueAndGrad(this.loss)(params, ...rest);
    const { updates, state: nextState } = this.optimizer.update(grad, state, params);
    const next = { params: applyUpdates(params, updates), state: nextState };
    const { value: loss, ...held } = evaluate({ value, ...next }, { donate: this.held });
    this.held = held;
    return loss.item().finally(() => loss.dispose());
  }

  /** Gives the memory of parameters and state back. */
  dispose(): void {
    for (const tensor of leavesOf(this.held)) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Minimizes a loss step by step. It works on copies: the parameters passed in stay as they are.
 *
 * @param loss - a scalar function of the parameters, and of what each step passes
 * @param params - a tree of f32 or f64 tensors
 * @param optimizer - `sgd`, `adagrad`, `adam`, … or a `chain`
 *
 * @example
 * import { tensor } from "cotangent";
 * import { optimize, sgd } from "cotangent/methods/optimizers";
 *
 * using training = optimize((x) => x.mul(x).sum(), tensor([3, -4]), sgd({ learningRate: 0.1 }));
 * for (let i = 0; i < 100; i++) await training.step();
 * console.log(await training.params.data()); // near [0, 0]
 */
export function optimize<P extends Tree, State extends Tree, Rest extends readonly unknown[]>(
  loss: (params: P, ...rest: Rest) => Tensor,
  params: P,
  optimizer: Optimizer<State>,
  options: OptimizeOptions<State> = {},
): Training<P, State, Rest> {
  return new Training(loss, params, optimizer, options);
}
