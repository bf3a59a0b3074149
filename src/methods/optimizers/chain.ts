import type { Tree } from "../../autodiff/index.js";
import type { Optimizer } from "./optimizer.js";

/** Applies rules one after the other: each takes the updates of the last as its gradients. */
export function chain(...rules: readonly Optimizer[]): Optimizer<readonly Tree[]> {
  return {
    init: (params) => rules.map((rule) => rule.init(params)),
    update(gradients, states, params) {
      let updates = gradients;
      const next = rules.map((rule, i) => {
        const step = rule.update(updates, states[i], params);
        updates = step.updates;
        return step.state;
      });
      return { updates, state: next };
    },
  };
}
