import type { Program, ProgramNode, TypedArray } from "../backends/backend.js";
import { isFloat } from "./dtype.js";
import { sizeOf } from "./shape.js";

/** What went wrong at a node, and with what went into it. */
export interface Finding {
  readonly node: ProgramNode;
  readonly values: TypedArray;
  /** Of the first value that is not finite. */
  readonly index: number;
  readonly inputs: readonly { readonly node: ProgramNode; readonly values: TypedArray }[];
}

/** The values of nodes, computed anew. */
export type Recompute = (places: readonly number[]) => Promise<readonly TypedArray[]>;

/** Operations without a kernel of their own whose elements do not follow from those at the same place. */
const mixing: ReadonlySet<string> = new Set([
  ...["leaf", "constant", "iota", "transpose", "broadcast", "slice", "flip", "pad", "concat"],
  ...["gather", "scatterAdd", "replaceRows", "matmul", "sum", "max", "min"],
]);
/** Elements that are computed anew at a time: 64 MB. */
const windowSize = 2 ** 24;

/**
 * Goes back from a node with a value that is not finite to the operation that made the first one on the way: its inputs
 * are finite where that value comes from. Elementwise operations are followed element by element, others as a whole.
 * Infinities that were handed in are nobody's fault: then it is whoever made NaN of them.
 *
 * @returns undefined if all values are finite when they are computed anew
 */
export async function findNonFinite(
  program: Program,
  from: number,
  recompute: Recompute,
): Promise<Finding | undefined> {
  const { nodes } = program;
  const values = windowed(program, recompute);
  let at = from;
  let index = firstLike(await values(at), Number.NaN);
  if (index < 0) return undefined;
  let madeNaN: { readonly at: number; readonly index: number } | undefined;
  for (;;) {
    const value = (await values(at))[index];
    const next = await origin(nodes, at, index, value, values);
    if (next === undefined) break;
    if (Number.isNaN(value) && !next.isNotANumber) madeNaN = { at, index };
    ({ at, index } = next);
  }
  const isGiven = nodes[at].op === "leaf" || nodes[at].op === "constant";
  if (isGiven && madeNaN !== undefined && !Number.isNaN((await values(at))[index])) ({ at, index } = madeNaN);
  const inputs = await Promise.all(
    nodes[at].inputs.map(async (input) => ({ node: nodes[input], values: await values(input) })),
  );
  return { node: nodes[at], values: await values(at), index, inputs };
}

/** Looks for NaN among the values of all operations, in the order of the program, and goes back from there. */
export async function findHiddenNaN(program: Program, recompute: Recompute): Promise<Finding | undefined> {
  const { nodes } = program;
  let from = 0;
  while (from < nodes.length) {
    const places: number[] = [];
    for (let size = 0; from < nodes.length && size < windowSize; from++) {
      if (!isFloat(nodes[from].dtype)) continue;
      places.push(from);
      size += sizeOf(nodes[from].shape);
    }
    const values = places.length === 0 ? [] : await recompute(places);
    const first = values.findIndex((of) => isBad(of, true));
    if (first >= 0) return findNonFinite(program, places[first], recompute);
  }
  return undefined;
}

/** Whether values hold NaN, or ±∞ where that is not allowed. */
export function isBad(values: TypedArray, allowInfinity: boolean): boolean {
  for (const value of values) {
    if (value - value !== 0 && !(allowInfinity && !Number.isNaN(value))) return true; // ∞ − ∞ is NaN
  }
  return false;
}

type ValuesOf = (place: number) => Promise<TypedArray>;

/** The element of an input that a bad value comes from. */
async function origin(nodes: readonly ProgramNode[], at: number, index: number, value: number, valuesOf: ValuesOf) {
  const { op, inputs, shape, host } = nodes[at];
  const isElementwise = host === undefined && !mixing.has(op);
  const found: { readonly at: number; readonly index: number; readonly isNotANumber: boolean }[] = [];
  const chosen = op === "where" ? [inputs[(await valuesOf(inputs[0]))[index] === 0 ? 2 : 1]] : inputs;
  for (const input of chosen) {
    if (!isFloat(nodes[input].dtype)) continue;
    const values = await valuesOf(input);
    const isAligned = isElementwise && values.length === sizeOf(shape);
    const place = isAligned ? index : firstLike(values, value);
    if (place >= 0 && !Number.isFinite(values[place])) {
      found.push({ at: input, index: place, isNotANumber: Number.isNaN(values[place]) });
    }
  }
  return found.find(({ isNotANumber }) => isNotANumber) ?? found[0];
}

/** The first value that is the same NaN or infinity, or else the first that is not finite. */
function firstLike(values: TypedArray, value: number): number {
  const like = values.findIndex((other) => Object.is(other, value));
  return like < 0 ? values.findIndex((other) => !Number.isFinite(other)) : like;
}

/** Looks values up, and computes those that are not there together with what lies behind them, as far as fits. */
function windowed({ nodes }: Program, recompute: Recompute): ValuesOf {
  let known = new Map<number, TypedArray>();
  return async (place) => {
    const there = known.get(place);
    if (there !== undefined) return there;
    const wanted = new Set([place]);
    let size = 0;
    for (const node of wanted) {
      for (const input of nodes[node].inputs) {
        size += wanted.has(input) ? 0 : sizeOf(nodes[input].shape);
        if (node === place || size < windowSize) wanted.add(input);
      }
    }
    const places = [...wanted];
    const values = await recompute(places);
    known = new Map(places.map((at, i) => [at, values[i]]));
    return values[0];
  };
}
