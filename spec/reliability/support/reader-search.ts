import type { ReaderFormat } from "./reader-format.js";
import { mutateFile } from "./reader-mutations.js";
import { Random } from "./reader-random.js";
import { smallest } from "./reader-shrink.js";
import { type Instruments, judge, judgeCuts, templateOf } from "./reader-verdict.js";

/** What a search over the inputs of one format found. */
export interface SearchReport {
  readonly inputs: number;
  /** Kinds of values that were reached. */
  readonly kinds: number;
  /** Messages, without their numbers and names, that were reached. */
  readonly messages: number;
  /** How many inputs were accepted. */
  readonly acceptedInputs: number;
  /** Milliseconds of the slowest input. */
  readonly slowest: number;
  /** Bytes of memory that one input asked for, at most. */
  readonly asked: number;
  /** Most bytes that the process held, of heap and buffers, less what it held before. */
  readonly held: number;
  /** Each with the smallest input found that shows it. */
  readonly problems: readonly string[];
}

/** One input in so many is also read in chunks. */
const CUT_EVERY = 6;
const MOST_PROBLEMS = 12;

/**
 * Reads mutated valid files, one after the other. An input with a new outcome, a message or a kind of value that none
 * before it had, becomes a seed: its mutants are next to what only it reached.
 */
export async function searchInputs(
  format: ReaderFormat,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
  instruments: Instruments,
): Promise<SearchReport> {
  const random = new Random(seed);
  const accepted: Uint8Array[] = [];
  const refused: Uint8Array[] = [];
  for (let at = 0; at < 24; at += 1) accepted.push(await format.generate(random));
  const outcomes = new Map<string, boolean>();
  const problems = new Map<string, string>();
  const before = heldBytes();
  let [acceptedInputs, slowest, asked, held] = [0, 0, 0, 0];

  for (let at = 0; at < inputs && problems.size < MOST_PROBLEMS; at += 1) {
    const seeds = refused.length > 0 && random.chance(0.3) ? refused : accepted;
    const start = random.chance(0.15)
      ? await format.generate(random)
      : smallerOf(random.pick(seeds), random.pick(seeds));
    const bytes = random.chance(0.02) ? start : await mutateFile(format, start, random.pick(accepted), random);
    const verdict = await judge(format, bytes, instruments);
    if (!outcomes.has(verdict.outcome)) {
      outcomes.set(verdict.outcome, verdict.isRefused);
      (verdict.isRefused ? refused : accepted).push(bytes);
    }
    if (!verdict.isRefused) acceptedInputs += 1;
    slowest = Math.max(slowest, verdict.milliseconds);
    asked = Math.max(asked, verdict.asked);
    if (at % 500 === 0) held = Math.max(held, heldBytes() - before);

    const places = random.some(5, () => random.below(2 ** 20) / 2 ** 20);
    const problemOf =
      verdict.problem !== undefined
        ? async (input: Uint8Array) => (await judge(format, input, instruments)).problem
        : async (input: Uint8Array) => judgeCuts(format, input, places, instruments);
    const isCut = format.isChunked && at % CUT_EVERY === 0;
    const problem = verdict.problem ?? (isCut ? await problemOf(bytes) : undefined);
    if (problem === undefined || problems.has(templateOf(problem))) continue;
    const kept = await smallest(bytes, async (input) => sameKind(await problemOf(input), problem));
    const replay = `COTANGENT_REPLAY='${format.name}:${Buffer.from(kept).toString("hex")}'`;
    problems.set(templateOf(problem), `${problem}\n  input ${at} of seed ${seed}; ${replay}`);
  }
  const messages = [...outcomes.values()].filter((isRefused) => isRefused).length;
  const kinds = outcomes.size - messages;
  return { inputs, kinds, messages, acceptedInputs, slowest, asked, held, problems: [...problems.values()] };
}

/** Seeds would grow without end, as longer files have more to say; most of what a reader does a small one shows. */
function smallerOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.length < b.length ? a : b;
}

function sameKind(a: string | undefined, b: string): boolean {
  return a !== undefined && templateOf(a) === templateOf(b);
}

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
