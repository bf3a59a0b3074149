import {
  and,
  arange,
  at,
  bernoulli,
  broadcastTo,
  cast,
  categorical,
  equal,
  expandDims,
  full,
  greater,
  type Key,
  log,
  shiftRight,
  stack,
  type Tensor,
  where,
  xor,
} from "../../autodiff/index.js";
import type { KernelMasses } from "./kernel-masses.js";
import type { KeptHeights } from "./kernel-tree-sums.js";

/** A way to draw classes, and the log-probability with which it does so; `[B, K]` both, in the dtype of the masses. */
export interface KernelDraws {
  draw(key: Key, count: number): Tensor<"i32">;
  logProbability(ids: Tensor<"i32">): Tensor;
}

/**
 * Draws by walking down from the root, to the left or right in proportion to the children's masses; at the bottom one of
 * the group's classes, in proportion to theirs. A walk that comes to where no mass is above 0 gives −1.
 */
export function treeDraws(masses: KernelMasses, { bottom, top }: KeptHeights): KernelDraws {
  const { rows } = masses;
  const membersOf = (groups: Tensor<"i32">): { readonly ids: Tensor<"i32">; readonly mass: Tensor } => {
    const span = 2 ** bottom;
    const ids = expandDims(groups.mul(span), 2).add(arange(span, groups)); // [B, K, span]
    const mass = masses.at(0, ids.reshape([rows, ids.size / rows])).reshape(ids.shape);
    return { ids, mass };
  };

  return {
    draw: (key, count) => {
      let node = full([rows, count], 0, { backend: key.backend, dtype: "i32" });
      let isOpen = equal(node, 0);
      for (let height = top - 1; height >= bottom; height--) {
        const left = node.mul(2);
        const children = stack([left, left.add(1)], 2); // [B, K, 2]
        const both = masses.at(height, children.reshape([rows, 2 * count])).reshape(children.shape);
        const { chance, isPossible } = shareOf(at(both, 1, -1), both.sum(-1));
        node = left.add(cast(bernoulli(key.at("height", height), chance), "i32"));
        isOpen = and(isOpen, isPossible);
      }
      if (bottom > 0) {
        const { mass } = membersOf(node);
        isOpen = and(isOpen, greater(mass.sum(-1), 0));
        node = node.mul(2 ** bottom).add(categorical(key.at("member"), log(mass)));
      }
      return where(isOpen, node, -1);
    },
    logProbability: (ids) => {
      const [, count] = ids.shape;
      let reached: Tensor | undefined;
      const go = (mass: Tensor, total: Tensor) => {
        const step = log(mass.div(total));
        // what is out of reach stays so, whatever is below
        reached =
          reached === undefined ? step : where(equal(reached, Number.NEGATIVE_INFINITY), reached, reached.add(step));
      };
      for (let height = top - 1; height >= bottom; height--) {
        const own = shiftRight(ids, height);
        const pair = stack([own, xor(own, 1)], 2);
        const both = masses.at(height, pair.reshape([rows, 2 * count])).reshape(pair.shape);
        go(at(both, 0, -1), both.sum(-1));
      }
      if (bottom > 0) {
        const { ids: members, mass } = membersOf(shiftRight(ids, bottom));
        go(where(equal(members, expandDims(ids, 2)), mass, 0).sum(-1), mass.sum(-1));
      }
      return reached!;
    },
  };
}

/** Draws in proportion to the masses of all classes, in O(C): the reference of what the tree does. */
export function flatDraws(masses: KernelMasses, classes: number): KernelDraws {
  const { rows, backend } = masses;
  const ids = arange(classes, { backend, dtype: "i32" });
  const mass = masses.at(0, broadcastTo(ids, [rows, classes]));
  const total = mass.sum(1, { keepDims: true });
  return {
    draw: (key, count) => {
      const logits = broadcastTo(log(expandDims(mass, 1)), [rows, count, classes]);
      return where(greater(total, 0), categorical(key.at("class"), logits), -1);
    },
    logProbability: (of) => log(masses.at(0, of).div(total)),
  };
}

/** A part of a total as a chance, and whether there is one; 0 where not. */
function shareOf(part: Tensor, total: Tensor): { readonly chance: Tensor; readonly isPossible: Tensor<"bool"> } {
  const isPossible = greater(total, 0);
  return { chance: where(isPossible, part.div(total), 0), isPossible };
}
