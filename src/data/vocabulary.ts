import { DataError, quoteIfText } from "./error.js";

/** A vocabulary as plain JSON. */
export interface VocabularyJson {
  readonly format: "cotangent vocabulary 1";
  /** Tokens from id 0 up, without the unknown one. */
  readonly tokens: readonly string[];
  /** How often each token came in training. */
  readonly counts: readonly number[];
  /** How often tokens that have no id came, if they share the last id; `null` if they are dropped. */
  readonly unknown: number | null;
}

/**
 * A dictionary of tokens, or of labels: ids from 0 by falling frequency, and each one's count.
 *
 * Where unknown tokens are kept they share one id, the last. Made by `buildVocabulary` and `vocabularyFromJson`.
 */
export class Vocabulary {
  /** Tokens by id, without the unknown one. */
  readonly tokens: readonly string[];
  /** `[size]` how often each id came in training: what propensities and frequency bands take. */
  readonly counts: readonly number[];
  /** The id of every token that is not listed; `undefined` if they are dropped. */
  readonly unknownId: number | undefined;
  readonly #ids: ReadonlyMap<string, number>;

  constructor(tokens: readonly string[], counts: readonly number[], unknown: number | null) {
    this.tokens = tokens;
    this.counts = unknown === null ? counts : [...counts, unknown];
    this.unknownId = unknown === null ? undefined : tokens.length;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
  }

  /** The number of ids, with the unknown one. */
  get size(): number {
    return this.counts.length;
  }

  /** The token's id, else the unknown one's, else `undefined`. */
  idOf(token: string): number | undefined {
    return this.#ids.get(token) ?? this.unknownId;
  }

  /** The ids of the tokens, in order; unknown ones are left out unless they have an id. */
  encode(tokens: Iterable<string>): number[] {
    const ids: number[] = [];
    for (const token of tokens) {
      const id = this.idOf(token);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  /** Everything, as plain JSON; `vocabularyFromJson` gives it back. */
  toJSON(): VocabularyJson {
    const { tokens, counts, unknownId } = this;
    return {
      format: "cotangent vocabulary 1",
      tokens: [...tokens],
      counts: counts.slice(0, tokens.length),
      unknown: unknownId === undefined ? null : counts[unknownId]!,
    };
  }
}

/**
 * Gives back a vocabulary that was kept as JSON.
 *
 * @param json - what `toJSON` returned, after `JSON.parse`
 * @returns the same vocabulary
 * @throws DataError if it is not one: another format, tokens that are not distinct strings, counts that are not whole
 * numbers ≥ 0 or not as many
 */
export function vocabularyFromJson(json: unknown): Vocabulary {
  const fail = (problem: string) => new DataError(`vocabularyFromJson: ${problem}`);
  if (typeof json !== "object" || json === null) throw fail("json is not an object but must be what toJSON returned");
  const { format, tokens, counts, unknown } = json as Record<string, unknown>;
  if (format !== "cotangent vocabulary 1") {
    throw fail(`format is ${quoteIfText(format)} but must be "cotangent vocabulary 1"`);
  }
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === "string")) {
    throw fail("tokens is not a list of strings but must be");
  }
  if (!Array.isArray(counts) || !counts.every(isCount)) {
    throw fail("counts is not a list of whole numbers ≥ 0 but must be");
  }
  if (counts.length !== tokens.length) {
    throw fail(`counts has length ${counts.length} but must have that of tokens, ${tokens.length}`);
  }
  if (new Set(tokens).size < tokens.length) throw fail("tokens holds a token twice but must hold each once");
  if (unknown !== null && !isCount(unknown)) throw fail("unknown is not a whole number ≥ 0 or null but must be");
  return new Vocabulary([...tokens], [...counts], unknown);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
