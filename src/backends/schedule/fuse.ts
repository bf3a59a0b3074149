import type { Program, ProgramNode } from "../backend.js";

const movements: ReadonlySet<string> = new Set(["reshape", "transpose", "broadcast", "slice", "flip"]);
const calls: ReadonlySet<string> = new Set(["pad", "concat", "gather", "scatterAdd", "replaceRows"]);
const held: ReadonlySet<string> = new Set(["leaf", "constant"]);

/** More operations than this in one kernel gain nothing and would let recursion run deep. */
const longestChain = 256;

export function isMovement({ op }: ProgramNode): boolean {
  return movements.has(op);
}

/** Operations with a kernel of their own kind, on whole contiguous inputs. */
export function isCall({ op, host }: ProgramNode): boolean {
  return host !== undefined || calls.has(op);
}

/** Values that are there before anything runs. */
export function isHeld({ op }: ProgramNode): boolean {
  return held.has(op);
}

export function isReduction({ op }: ProgramNode): boolean {
  return op === "sum" || op === "max" || op === "min";
}

/** Elementwise operations are all that is not something else; positions as numbers count too. */
export function isElementwise(node: ProgramNode): boolean {
  return !isMovement(node) && !isCall(node) && !isReduction(node) && !isHeld(node) && node.op !== "matmul";
}

/** Whether a reduction runs over neighbouring axes, so that its input can be read in row-major order. */
export function isBlockReduction({ attributes }: ProgramNode): boolean {
  const axes = attributes.axes as readonly number[];
  return axes.every((axis, i) => i === 0 || axis === axes[i - 1] + 1);
}

/** Whether a node's kernel may become part of another's; it is asked once for each that could, and does if it says so. */
export type MayJoin = (node: number, reader: number) => boolean;

/** Which nodes are computed inside another node's kernel. */
export interface Fusion {
  /** For each node the node whose kernel computes it; itself if it has a kernel of its own. */
  readonly rootOf: readonly number[];
  /** For a root, the product that its kernel computes first. */
  readonly productOf: ReadonlyMap<number, number>;
  readonly live: readonly boolean[];
}

/**
 * Elementwise chains join the one kernel that uses them, up to and including a reduction; a chain over a matrix product
 * joins the product's kernel. What two kernels use is computed once, in its own.
 */
export function fuse({ nodes, outputs }: Program, mayJoin: MayJoin = () => true): Fusion {
  const users: number[][] = nodes.map(() => []);
  const live = new Array<boolean>(nodes.length).fill(false);
  for (const output of outputs) live[output] = true;
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!live[i]) continue;
    for (const input of nodes[i].inputs) {
      live[input] = true;
      users[input].push(i);
    }
  }
  const isOutput = new Set(outputs);
  const rootOf = nodes.map((_, i) => i);

  /** The single kernel that reads the node in its own order, or undefined. */
  const soleReader = (node: number): number | undefined => {
    if (isOutput.has(node)) return undefined;
    let reader: number | undefined;
    for (const user of users[node]) {
      const { op } = nodes[user];
      let through: number | undefined;
      if (op === "reshape") through = soleReader(user);
      else if (isElementwise(nodes[user])) through = rootOf[user];
      else if (isReduction(nodes[user]) && isBlockReduction(nodes[user])) through = user;
      if (through === undefined || (reader !== undefined && reader !== through)) return undefined;
      reader = through;
    }
    return reader;
  };

  const productOf = new Map<number, number>();
  const joined = new Array<number>(nodes.length).fill(0);
  for (let i = nodes.length - 1; i >= 0; i--) {
    if (!live[i]) continue;
    if (isElementwise(nodes[i])) {
      const reader = soleReader(i);
      if (reader !== undefined && joined[reader]++ < longestChain && mayJoin(i, reader)) rootOf[i] = reader;
    }
    if (nodes[i].op === "matmul" && nodes[i].dtype !== "bool") {
      const reader = soleReader(i);
      if (reader !== undefined && isElementwise(nodes[reader]) && !productOf.has(reader) && mayJoin(i, reader)) {
        productOf.set(reader, i);
        rootOf[i] = reader;
      }
    }
  }
  return { rootOf, productOf, live };
}
