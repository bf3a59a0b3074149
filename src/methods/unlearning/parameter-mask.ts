import { type Mapped, mapTree, type Tree } from "../../autodiff/index.js";
import { tensorsByPath } from "./same-form.js";

/** True or false at each place of a tree of tensors. */
export type ParameterMask = boolean | readonly ParameterMask[] | { readonly [name: string]: ParameterMask };

/**
 * Which parameters of a tree may change, chosen by their places: true at a tensor that a name leads to.
 *
 * A name is a path such as `blocks.0.mlp.1.bias`, or the start of one: `blocks.0` is every tensor of that block. Reach for
 * it to confine an edit to one block of a model: which of them does best depends on the model, so try each.
 *
 * @param params - a tree of tensors
 * @param names - paths; none of them makes a mask that freezes everything
 * @returns a tree of the same form with true or false at each place
 * @throws RangeError if a name leads to no tensor of `params`
 * @source Zhu et al., "Modifying Memories in Transformer Models", 2020, arXiv:2012.00363, §4 (which blocks to change)
 *
 * @example
 * import { randomKey } from "cotangent";
 * import { initMlp } from "cotangent/methods/layers";
 * import { parameterMask } from "cotangent/methods/unlearning";
 *
 * const layers = initMlp(randomKey(0), [4, 8, 2]);
 * console.log(parameterMask(layers, ["1"])); // the second layer: [{ weights: false, … }, { weights: true, bias: true }]
 */
export function parameterMask<T extends Tree>(params: T, names: readonly string[]): Mapped<T, boolean> {
  const paths = [...tensorsByPath(params).keys()];
  for (const name of names) {
    if (!paths.some((path) => leadsTo(name, path))) {
      throw new RangeError(
        `parameterMask: names holds ${JSON.stringify(name)} but must hold places in params; the tensors are at ${paths.join(", ")}`,
      );
    }
  }
  return mapTree<T, boolean>(params, (_, path) => names.some((name) => leadsTo(name, path)));
}

function leadsTo(name: string, path: string): boolean {
  return path === name || path.startsWith(`${name}.`);
}

/** For each leaf of `start` whether it may change. */
export function flagsOf(caller: string, start: unknown, mask: ParameterMask | undefined): boolean[] {
  const paths = [...tensorsByPath(start).keys()];
  if (mask === undefined) return paths.map(() => true);
  const flags = new Map<string, unknown>();
  collectFlags(mask, "", flags);
  for (const path of flags.keys()) {
    if (paths.includes(path)) continue;
    throw new TypeError(`${caller}: mask has a flag at ${path} but must have only the places of start`);
  }
  return paths.map((path) => {
    const flag = flags.get(path);
    if (typeof flag === "boolean") return flag;
    throw new TypeError(`${caller}: mask is ${String(flag)} at ${path} but must be true or false`);
  });
}

function collectFlags(mask: unknown, path: string, flags: Map<string, unknown>): void {
  if (typeof mask !== "object" || mask === null) flags.set(path, mask);
  else {
    for (const [name, child] of Object.entries(mask))
      collectFlags(child, path === "" ? name : `${path}.${name}`, flags);
  }
}
