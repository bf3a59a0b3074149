import {
  cast,
  coalesce,
  dense,
  leavesOf,
  rebuild,
  replaceRows,
  rowSparse,
  rowsOf,
  type Tensor,
} from "../../autodiff/index.js";
import { zeros } from "../../autodiff/ops/create.js";
import type { Optimizer, OptimizerStep } from "./optimizer.js";

/** What a rule makes of one parameter: the update, and what it remembers of it, element by element. */
export interface RuleStep<Memory extends string> {
  readonly update: Tensor;
  readonly memory: Readonly<Record<Memory, Tensor>>;
}

/** An optimizer that treats every element of every parameter alike. */
export interface ElementwiseRule<Memory extends string> {
  /** What it remembers of each element; starts at `initial`, or 0. */
  readonly memory: readonly Memory[];
  readonly initial?: number;
  /** Whether a zero gradient changes nothing, so that rows without a gradient can be left alone. */
  readonly restsAtZero: boolean;
  /** Treat rows without a gradient as resting though they would not. */
  readonly lazy: boolean;
  /** `step` counts the steps done before, `[]`. */
  step(gradient: Tensor, memory: Readonly<Record<Memory, Tensor>>, step: Tensor): RuleStep<Memory>;
}

/** The steps done, `[]`, and what is remembered of each parameter, in the order of the tree's leaves. */
export type ElementwiseState = {
  readonly step: Tensor;
  readonly memory: { readonly [name: string]: readonly Tensor[] };
};

/** Makes an optimizer of a rule: dense gradients element by element, row-sparse ones row by row where that is exact. */
export function elementwise<Memory extends string>(rule: ElementwiseRule<Memory>): Optimizer<ElementwiseState> {
  const { memory: names, initial = 0, restsAtZero, lazy } = rule;
  return {
    init(params) {
      const leaves = leavesOf<Tensor>(params);
      if (leaves.length === 0) throw new TypeError("optimizer: params holds no tensor but must hold at least one");
      const fresh = () => leaves.map((leaf) => zeros(leaf.shape, leaf).add(initial));
      return {
        step: zeros([], leaves[0]),
        memory: Object.fromEntries(names.map((name) => [name, fresh()])),
      };
    },
    update<T>(gradients: T, state: ElementwiseState, params: T): OptimizerStep<T, ElementwiseState> {
      const slopes = leavesOf<Tensor>(gradients);
      const steps = leavesOf<Tensor>(params).map((_, i) => {
        const step = cast(state.step, slopes[i].dtype); // a tree may hold both f32 and f64
        const memory = Object.fromEntries(names.map((name) => [name, state.memory[name][i]])) as Record<Memory, Tensor>;
        const sparse = restsAtZero || lazy ? rowSparse(slopes[i]) : undefined;
        return sparse === undefined ? rule.step(slopes[i], memory, step) : ofRows(rule, sparse, memory, step);
      });
      const memory = Object.fromEntries(names.map((name) => [name, steps.map((step) => step.memory[name])]));
      return {
        updates: rebuild(
          params,
          steps.map(({ update }) => update),
        ),
        state: { step: state.step.add(1), memory },
      };
    },
  };
}

function ofRows<Memory extends string>(
  rule: ElementwiseRule<Memory>,
  sparse: NonNullable<ReturnType<typeof rowSparse>>,
  memory: Readonly<Record<Memory, Tensor>>,
  step: Tensor,
): RuleStep<Memory> {
  const distinct = coalesce(sparse);
  const { ids } = distinct;
  const held = Object.fromEntries(rule.memory.map((name) => [name, rowsOf(memory[name], distinct)]));
  const result = rule.step(distinct.rows, held as Record<Memory, Tensor>, step);
  const changed = rule.memory.map((name) => [name, replaceRows(memory[name], ids, result.memory[name])]);
  return {
    update: dense({ ...distinct, rows: result.update }),
    memory: Object.fromEntries(changed) as Record<Memory, Tensor>,
  };
}
