import type { DType } from "./dtype.js";
import { Tensor } from "./tensor.js";

/** Plain nested objects and arrays with tensors at the leaves: parameters, gradients, optimizer states. */
export type Tree<L = Tensor<DType>> = L | readonly Tree<L>[] | { readonly [name: string]: Tree<L> };

/** The same tree with every tensor replaced by a `To`. */
export type Mapped<T, To> = T extends Tensor<DType> ? To : { [K in keyof T]: Mapped<T[K], To> };

function isBranch(tree: unknown): tree is Record<string, unknown> {
  return typeof tree === "object" && tree !== null;
}

/** The tensors of a tree, in the order of its keys. */
export function leavesOf<L extends Tensor<DType> = Tensor>(tree: unknown): L[] {
  const leaves: L[] = [];
  collect(tree, leaves);
  return leaves;
}

function collect(tree: unknown, leaves: unknown[]): void {
  if (tree instanceof Tensor) leaves.push(tree);
  else if (Array.isArray(tree)) for (const child of tree) collect(child, leaves);
  else if (isBranch(tree)) for (const child of Object.values(tree)) collect(child, leaves);
  else throw new TypeError(`tree: a leaf is ${String(tree)} but must be a tensor`);
}

/** A tree of the same form with `f(leaf, path)` at each leaf; the path reads `layers.0.bias`. */
export function mapTree<T, To>(tree: T, f: (leaf: Tensor, path: string) => To, path = ""): Mapped<T, To> {
  if (tree instanceof Tensor) return f(tree as unknown as Tensor, path) as Mapped<T, To>;
  if (!isBranch(tree)) {
    throw new TypeError(`tree: the leaf at ${path === "" ? "the root" : path} is ${String(tree)} but must be a tensor`);
  }
  const lead = path === "" ? "" : `${path}.`;
  if (Array.isArray(tree)) return tree.map((child, i) => mapTree(child, f, lead + i)) as Mapped<T, To>;
  const copy: Record<string, unknown> = { ...tree };
  for (const name of Object.keys(copy)) copy[name] = mapTree(copy[name], f, lead + name);
  return copy as Mapped<T, To>;
}

/** The tree's form with new leaves, taken in order. */
export function rebuild<T, Result = T>(tree: T, leaves: readonly unknown[]): Result {
  let next = 0;
  return mapTree<unknown, unknown>(tree, () => leaves[next++]) as Result;
}
