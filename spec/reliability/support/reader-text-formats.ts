import {
  readFasttext,
  readSvmlight,
  readXmc,
  type SparseExample,
  type SvmlightOptions,
  type TextOptions,
  vocabularyFromJson,
} from "cotangent/data";
import { collect } from "../../data/support/streams.js";
import { firstWrong, type ReaderFormat, utf8 } from "./reader-format.js";
import type { Random } from "./reader-random.js";

const VALUES = ["1", "0.5", "-3e-5", "+2", "1.", ".5", "-0", "1e38", "0.30000001", "7e-46"];
const WORDS = ["sauce", "é", "漢字", "🙂", "a:b", "a,b", "#", "e\u0301", "'", '"', "__label__x", "x__label__"];

/** Lines of either ending, the last one with or without. */
function fileOf(lines: readonly string[], random: Random): Uint8Array {
  const end = random.pick(["\n", "\n", "\r\n"]);
  const mark = random.chance(0.1) ? "\ufeff" : "";
  return utf8(mark + lines.join(end) + (random.chance(0.8) ? end : ""));
}

function blank(random: Random): string {
  return random.pick([" ", " ", " ", "\t", "  ", " \t "]);
}

function features(random: Random, base: number, bound: number): string {
  const ids = new Set(random.some(random.pick([3, 3, 30]), () => random.below(bound)));
  const sorted = random.chance(0.7) ? [...ids].sort((a, b) => a - b) : [...ids];
  return sorted.map((id) => `${id + base}:${random.pick(VALUES)}`).join(blank(random));
}

function labels(random: Random, bound: number): string {
  return [...new Set(random.some(4, () => random.below(bound)))].join(",");
}

function wrongExample({ labels: ids, indices, values }: SparseExample, features: number, bound: number) {
  return firstWrong([
    indices.length !== values.length && "as many indices as values",
    indices.some((index, at) => index >= features || (at > 0 && index <= indices[at - 1]!)) && "indices in order",
    values.some((value) => !Number.isFinite(value)) && "finite values",
    ids.some((id) => !(id < bound) || !Number.isFinite(id) || Object.is(id, -0)) && "labels in range",
    new Set(ids).size < ids.length && "each label once",
  ]);
}

function shown(examples: readonly SparseExample[]): string {
  return examples.map((example) => JSON.stringify([example.labels, [...example.indices], [...example.values]])).join();
}

/** How many of them, roughly, and the kinds among them. */
function kindOf(examples: readonly SparseExample[]): string {
  const size = Math.ceil(Math.log2(1 + examples.length));
  const most = Math.ceil(Math.log2(1 + Math.max(0, ...examples.map(({ indices }) => indices.length))));
  const bare = examples.some((example) => example.labels.length === 0);
  return `2^${size} examples of 2^${most} features${bare ? ", some without labels" : ""}`;
}

/** Which of two faults of a line is named first may depend on the chunks where a line can be too long. */
const isChunkedWith = ({ maxLineLength }: TextOptions) => maxLineLength === undefined;

/** Text is read in windows that are decoded, joined and split: a few copies of it. */
const common = { layers: [], memory: 4 } as const;

const xmc = (name: string, weight: number, options: TextOptions): ReaderFormat => ({
  ...common,
  name,
  weight,
  isChunked: isChunkedWith(options),
  opening: /^readXmc: in:\d+:\d+: \S/,
  words: [":", ",", " ", "\t", "\n", "\r\n", "\ufeff", "\u00a0", "1:1", "0,1", "\ud7ff", "1 1 1"],
  generate(random) {
    const rows = random.below(7);
    const [width, bound] = [random.pick([1, 5, 50, 4096, 2 ** 32]), random.pick([1, 3, 40, 2 ** 31])];
    const lines = Array.from({ length: rows }, () => {
      const [ids, held] = [labels(random, bound), features(random, 0, width)];
      return held === "" ? ids : `${ids}${blank(random)}${held}${random.pick(["", "", " "])}`;
    });
    return fileOf([[rows, width, bound].join(blank(random)), ...lines], random);
  },
  async read(source) {
    const { examples, ...header } = await readXmc(source, { file: "in", ...options });
    const all = await collect(examples);
    const wrong = firstWrong([
      all.length !== header.rows && "as many examples as rows",
      header.features > 2 ** 32 && "features in 32 bits",
      ...all.map((example) => wrongExample(example, header.features, header.labels)),
    ]);
    return { kind: kindOf(all), text: () => shown(all), wrong };
  },
});

const svmlight = (name: string, weight: number, options: SvmlightOptions): ReaderFormat => ({
  ...common,
  name,
  weight,
  isChunked: isChunkedWith(options),
  opening: /^readSvmlight: in:\d+:\d+: \S/,
  words: ["qid:", "qid:3", "#", "# c", ":", ",", " ", "\n", "\r\n", "\ufeff", "-1", "+1", "1:1", "1.5e3"],
  generate(random) {
    const line = () => {
      if (random.chance(0.15)) return random.pick(["", "  ", "# only a comment", " #"]);
      const ids = [...new Set(random.some(3, () => random.pick(["1", "-1", "+1", "0", "2.5", "1e3", "7"])))];
      const query = random.chance(0.3) ? `${blank(random)}qid:${random.below(9)}` : "";
      const comment = random.chance(0.1) ? " # 1:x" : "";
      const { firstIndex = 1, features: bound = 60 } = options;
      return `${ids.join(",")}${query}${blank(random)}${features(random, firstIndex, bound)}${comment}`;
    };
    return fileOf(random.some(6, line), random);
  },
  async read(source) {
    const all = await collect(readSvmlight(source, { file: "in", ...options }));
    const wrong = firstWrong([
      all.some(({ query }) => query !== undefined && !(Number.isSafeInteger(query) && query >= 0)) && "whole queries",
      ...all.map((example) => wrongExample(example, options.features ?? 2 ** 32, Number.POSITIVE_INFINITY)),
    ]);
    const queries = all.map(({ query }) => query);
    const kind = `${kindOf(all)}${queries.some((query) => query !== undefined) ? ", some of queries" : ""}`;
    return { kind, text: () => `${shown(all)} ${queries}`, wrong };
  },
});

const fasttext = (name: string, weight: number, prefix: string, options: TextOptions): ReaderFormat => ({
  ...common,
  name,
  weight,
  isChunked: isChunkedWith(options),
  opening: /^readFasttext: in:\d+:\d+: \S/,
  words: [prefix, `${prefix}a`, "é", "\u{1f642}", "\ufeff", "\0", "\v", "\f", "\n", "\r\n", "\u2028", "\x80"],
  generate(random) {
    const line = () => {
      const ids = random.some(2, () => prefix + random.pick(WORDS));
      const parts = [...ids, ...random.some(random.pick([4, 60]), () => random.pick(WORDS))];
      return (random.chance(0.3) ? parts.reverse() : parts).join(random.pick([" ", "\t", " \v", "\f", "\0"]));
    };
    return fileOf(random.some(6, line), random);
  },
  async read(source) {
    const all = await collect(readFasttext(source, { file: "in", prefix, ...options }));
    const wrong = firstWrong([
      all.some(({ labels: names }) => names.includes("")) && "labels with names",
      all.some(({ tokens }) => tokens.some((token) => token === "" || token.startsWith(prefix))) && "tokens not labels",
      all.some(({ tokens }) => tokens.some((token) => /[ \t\v\f\n\0]/.test(token))) && "tokens without blanks",
    ]);
    const most = Math.ceil(Math.log2(1 + Math.max(0, ...all.map(({ tokens }) => tokens.length))));
    return {
      kind: `2^${Math.ceil(Math.log2(1 + all.length))} texts of 2^${most} words`,
      text: () => JSON.stringify(all),
      wrong,
    };
  },
});

/** A value that is no JSON at all is the caller's affair: `vocabularyFromJson` takes what `JSON.parse` gave. */
const vocabulary: ReaderFormat = {
  ...common,
  name: "vocabulary",
  weight: 6,
  isChunked: false,
  opening: /^vocabularyFromJson: \S/,
  words: ['"format"', '"tokens"', '"counts"', '"unknown"', '"cotangent vocabulary 1"', "null", '"a"', "[]", ","],
  generate(random) {
    const tokens = [...new Set(random.some(6, () => random.pick(WORDS)))];
    const counts = tokens.map(() => random.pick([0, 1, 5, 2 ** 53 - 1]));
    const unknown = random.pick([null, 0, 9]);
    return utf8(JSON.stringify({ format: "cotangent vocabulary 1", tokens, counts, unknown }));
  },
  async read(source) {
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(source as Uint8Array));
    } catch {
      return { kind: "no JSON" };
    }
    const held = vocabularyFromJson(json);
    const { tokens, counts, size, unknownId } = held;
    const wrong = firstWrong([
      size !== tokens.length + (unknownId === undefined ? 0 : 1) && "as many ids as tokens",
      counts.length !== size && "a count for each id",
      counts.some((count) => !Number.isSafeInteger(count) || count < 0) && "whole counts",
      tokens.some((token, id) => held.idOf(token) !== id) && "tokens found by their ids",
      JSON.stringify(vocabularyFromJson(JSON.parse(JSON.stringify(held)))) !== JSON.stringify(held) && "the same again",
    ]);
    return { kind: `2^${Math.ceil(Math.log2(1 + size))} ids, unknown ${unknownId !== undefined}`, wrong };
  },
};

/** The readers of text. */
export const TEXT_FORMATS: readonly ReaderFormat[] = [
  xmc("xmc", 18, {}),
  xmc("xmc with short lines", 3, { maxLineLength: 24 }),
  svmlight("svmlight", 15, {}),
  svmlight("svmlight from 0, of 40 features", 5, { firstIndex: 0, features: 40 }),
  fasttext("fasttext", 11, "__label__", {}),
  fasttext("fasttext with short lines", 3, "#", { maxLineLength: 32 }),
  vocabulary,
];
