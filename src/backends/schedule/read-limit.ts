import type { Program } from "../backend.js";
import { isMovement, type MayJoin } from "./fuse.js";

/** Keeps kernels from coming to read more than `most` slots as they join. */
export function readLimit({ nodes }: Program, most: number): MayJoin {
  /** What holds the memory that reading a node reads. */
  const baseOf = (node: number): number => (isMovement(nodes[node]) ? baseOf(nodes[node].inputs[0]) : node);
  const isRead = (node: number) => nodes[node].op !== "constant" && nodes[node].op !== "iota";
  const reads = nodes.map(({ inputs }) => new Set(inputs.map(baseOf).filter(isRead)));
  return (node, reader) => {
    const together = new Set([...reads[reader], ...reads[node]]);
    together.delete(node);
    if (together.size > most) return false;
    reads[reader] = together;
    return true;
  };
}
