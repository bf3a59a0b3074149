import { allocate, type DType } from "../autodiff/dtype.js";
import { topologicalOrder } from "../autodiff/graph.js";
import { type Key, leavesOf, type Mapped, read, rebuild, type Tensor } from "../autodiff/index.js";
import { sizeOf } from "../autodiff/shape.js";
import type { Storage } from "../backends/backend.js";
import { NeumaierSum } from "./neumaier-sum.js";

export interface ExpectationOptions {
  /** Outcomes at most; more throw. Default 200 000. */
  readonly budget?: number;
}

/** One draw: the nodes that stand for it (several where it was drawn again with the same key) and what can come of it. */
interface Choice {
  readonly nodes: readonly Tensor<DType>[];
  readonly kind: string;
  readonly probabilities: Tensor;
}

/** An assignment of values to one draw. */
interface Outcome {
  readonly values: readonly number[];
  readonly probability: number;
}

/**
 * The exact expected value of what a function computes from discrete draws: the graph is evaluated under every outcome
 * of every draw, and the results are added up, weighted by their probabilities. Draws may depend on earlier draws.
 *
 * The function must draw only discretely (`randomInt`, `bernoulli`, `categorical`, `choice`, `permutation`, and all that
 * is built on them), from the key that it is given, a key of its own for each draw, and must not read values on the way.
 * The same draw made again with the same key is one draw.
 *
 * @param f - builds a tree of tensors from a key
 * @param key - any key; it says where to compute
 * @returns the tree with a Float64Array for each tensor
 * @throws RangeError if there are more outcomes than the budget, or the chances of a draw are negative, NaN or all 0
 * @throws Error if continuous randomness reaches the result or the chances of a draw
 * @throws Error if different draws share a key: they depend on each other in a way that no list of outcomes tells
 *
 * @example
 * import { randomInt, randomKey, tensor, gather } from "cotangent";
 * import { expectation } from "cotangent/testing";
 *
 * const x = tensor(new Float64Array([1, 2, 6]));
 * const [mean] = await expectation((key) => gather(x, randomInt(key, [], 3)), randomKey(0));
 * console.log(mean); // 3
 */
export async function expectation<T>(
  f: (key: Key) => T,
  key: Key,
  { budget = 200_000 }: ExpectationOptions = {},
): Promise<Mapped<T, Float64Array>> {
  const tree = f(key);
  const results = leavesOf<Tensor<DType>>(tree);
  const choices = choicesAbove(results);
  const sums = results.map(({ shape }) => new NeumaierSum(sizeOf(shape)));
  let total = 0;
  let paths = 0;

  const visit = async (depth: number, probability: number): Promise<void> => {
    if (depth === choices.length) {
      if (++paths > budget) throw new RangeError(`expectation: there are more outcomes than the budget, ${budget}`);
      total += probability;
      for (const [i, values] of (await read(results)).entries()) {
        for (let j = 0; j < values.length; j++) sums[i].add(j, probability * values[j]);
      }
      return;
    }
    const { nodes, kind, probabilities } = choices[depth];
    for (const outcome of outcomesOf(kind, nodes[0], (await read({ probabilities })).probabilities)) {
      for (const node of nodes) node.storage = storageOf(node, outcome.values);
      await visit(depth + 1, probability * outcome.probability);
      nodes.forEach(forget);
    }
  };
  try {
    await visit(0, 1);
  } finally {
    for (const { nodes } of choices) nodes.forEach(forget);
  }
  if (Math.abs(total - 1) > 1e-9)
    throw new Error(`expectation: the probabilities of all outcomes add up to ${total}, not 1`);
  const means = sums.map((sum, i) => Float64Array.from({ length: results[i].size }, (_, j) => sum.value(j) / total));
  return rebuild(tree, means);
}

function storageOf({ dtype }: Tensor<DType>, values: readonly number[]): Storage {
  const host = allocate(dtype, values.length);
  host.set(values);
  return { dtype, length: values.length, host, device: undefined, disposed: false };
}

function forget(node: Tensor<DType>): void {
  if (node.storage !== undefined) node.backend.release(node.storage);
  node.storage = undefined;
}

/** The draws that the results depend on, earlier ones first. */
function choicesAbove(results: readonly Tensor<DType>[]): Choice[] {
  const order = topologicalOrder(results, (node) => node.storage === undefined);
  const identify = identifier();
  const groups = new Map<string, Tensor<DType>[]>();
  const drawnWith = new Map<string, string>();
  for (const node of order) {
    if (node.origin.op !== "choose") continue;
    const identity = identify(node);
    const inside = topologicalOrder([node.origin.inputs[0]], ({ origin }) => origin.op !== "choose");
    for (const { origin } of inside) {
      if (origin.op !== "threefry") continue;
      const words = identify(origin.inputs[0]);
      if ((drawnWith.get(words) ?? identity) !== identity) {
        throw new Error(
          "expectation: two different draws have the same key but must be independent; give each its own",
        );
      }
      drawnWith.set(words, identity);
    }
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, [node]);
    else group.push(node);
  }
  const choices = [...groups.values()].map((nodes) => {
    const probabilities = nodes[0].origin.inputs[1] as Tensor<DType> as Tensor;
    return { nodes, kind: nodes[0].origin.attributes.kind as string, probabilities };
  });
  checkDiscrete([...results, ...choices.map(({ probabilities }) => probabilities)]);
  return choices;
}

/** Gives tensors that are computed alike from equal values the same name. */
function identifier(): (node: Tensor<DType>) => string {
  const named = new Map<Tensor<DType>, string>();
  const names = new Map<string, string>();
  const nameOf = (node: Tensor<DType>): string => {
    const { dtype, shape, storage, origin } = node;
    const inputs = origin.inputs.map((input) => named.get(input)!);
    const values = origin.op === "leaf" ? (storage?.host?.join() ?? `device ${named.size}`) : "";
    const attributes = Object.entries(origin.attributes).join();
    const description = [origin.op, origin.host?.name, attributes, dtype, shape.join("x"), inputs, values].join(";");
    if (!names.has(description)) names.set(description, String(names.size));
    return names.get(description)!;
  };
  return (node) => {
    for (const part of topologicalOrder([node], (at) => !named.has(at))) {
      if (!named.has(part)) named.set(part, nameOf(part));
    }
    return named.get(node)!;
  };
}

/** Random bits may reach results and chances only by way of a choice. */
function checkDiscrete(nodes: readonly Tensor<DType>[]): void {
  const outside = topologicalOrder(nodes, ({ origin, storage }) => origin.op !== "choose" && storage === undefined);
  if (outside.some(({ origin }) => origin.op === "threefry")) {
    throw new Error(
      "expectation: continuous randomness reaches the result, and it has no list of outcomes; use a sequential test",
    );
  }
}

function* outcomesOf(kind: string, { shape }: Tensor<DType>, weights: ArrayLike<number>): Generator<Outcome> {
  const size = sizeOf(shape);
  const count = kind === "independent" ? 1 : shape[shape.length - 1]; // elements that are drawn from one row of weights
  const outcomes = (weights.length * count) / size; // not asked for where there is no element
  const chances = (place: number, taken: readonly number[]) =>
    rowOf(weights, Math.floor(place / count), outcomes, taken, place % count);
  yield* extend([], size, outcomes, chances, 1);
}

/** Normalized chances of one element, the last `excluded` elements drawn before it left out. */
function rowOf(
  weights: ArrayLike<number>,
  row: number,
  outcomes: number,
  taken: readonly number[],
  excluded: number,
): number[] {
  const chances = Array.from({ length: outcomes }, (_, i) => weights[row * outcomes + i]);
  if (excluded > 0) for (const gone of taken.slice(-excluded)) chances[gone] = 0;
  for (const chance of chances) {
    if (!(chance >= 0)) {
      throw new RangeError(`expectation: a choice has an outcome with the chance ${chance} but it must be ≥ 0`);
    }
  }
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  if (!(total > 0)) throw new RangeError("expectation: a choice has no outcome with a chance above 0");
  return chances.map((chance) => chance / total);
}

function* extend(
  taken: readonly number[],
  size: number,
  outcomes: number,
  chancesAt: (place: number, taken: readonly number[]) => number[],
  probability: number,
): Generator<Outcome> {
  if (taken.length === size) {
    yield { values: taken, probability };
    return;
  }
  const chances = chancesAt(taken.length, taken);
  for (let outcome = 0; outcome < outcomes; outcome++) {
    if (chances[outcome] === 0) continue;
    yield* extend([...taken, outcome], size, outcomes, chancesAt, probability * chances[outcome]);
  }
}
