import type { Tensor } from "cotangent";

/** Elements of all that a step computes, but the rows that it leaves as they are. */
export function operations(roots: readonly Tensor[]): number {
  const seen = new Set<Tensor>(roots);
  let count = 0;
  for (const node of seen) {
    const { op, inputs } = node.origin;
    if (!["leaf", "constant", "broadcast", "identity", "scatterAdd"].includes(op)) count += node.size;
    // the law of a choice is never computed, nor are the zeros that rows are added to
    const used = op === "choose" ? inputs.slice(0, 1) : op === "scatterAdd" ? inputs.slice(1) : inputs;
    for (const input of used) seen.add(input as Tensor);
  }
  return count;
}
