import { type Mutation, mutate } from "../../data/support/mutations.js";
import { fromLatin1, latin1, type Opened, type ReaderFormat, utf8 } from "./reader-format.js";
import type { Random } from "./reader-random.js";

/** Inputs stay as small as this, so that a million of them are soon read. */
const MOST_BYTES = 4000;

/** Numbers at the edges of what a reader might hold them in, and spellings of numbers that only some readers take. */
const NUMBERS = [
  ...["0", "1", "-1", "-0", "2", "7", "127", "255", "256", "65535", "2147483647", "2147483648", "-2147483649"],
  ...["4294967295", "4294967296", "9007199254740991", "9007199254740993", "1152921504606846976"],
  ...["18446744073709551616", "1e400", "-1e400", "1e-400", "3.5e38", "1e5", "1.5", "0.1", "NaN", "Infinity"],
  ...["00", "0x10", "+1", "1_000", ".", "-", "1".repeat(400), "null", "true"],
];
const INTEGERS = [
  ...[0n, 1n, 2n, 8n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xfffffffen, 0xffffffffn],
  ...[2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 60n, 2n ** 63n - 1n, 2n ** 64n - 1n],
];
const NESTED = [
  ...[
    "{}",
    "[]",
    '""',
    '"__proto__"',
    '{"__proto__":null}',
    '{"toString":null,"valueOf":null}',
    '"\\ud800"',
    "[[[[1]]]]",
  ],
  ...["[".repeat(1500) + "]".repeat(1500), `${'{"a":'.repeat(700)}1${"}".repeat(700)}`, "[", "]", "{", "}", '"', ","],
];

/** Edits a valid or half-valid file: its bytes, its words and numbers, or a part alone with the rest made to fit. */
export async function mutateFile(
  format: ReaderFormat,
  bytes: Uint8Array,
  other: Uint8Array,
  random: Random,
): Promise<Uint8Array> {
  let edited = bytes;
  for (let edits = 1 + random.below(3); edits > 0; edits -= 1) {
    const opened = await openPart(format, edited, random);
    if (opened === undefined) edited = editBytes(edited, other, format.words, random);
    else edited = await opened.wrap(editText(opened.inner, other, format.words, random));
  }
  return edited.length > MOST_BYTES ? edited.slice(0, MOST_BYTES) : edited;
}

async function openPart(format: ReaderFormat, bytes: Uint8Array, random: Random): Promise<Opened | undefined> {
  if (format.layers.length === 0 || random.chance(0.3)) return undefined;
  try {
    return await random.pick(format.layers)(bytes, random);
  } catch {
    return undefined; // an earlier edit has broken it
  }
}

/** An edit of a part that is mostly text. */
function editText(bytes: Uint8Array, other: Uint8Array, words: readonly string[], random: Random): Uint8Array {
  return random.chance(0.8) ? editWords(bytes, words, random) : editBytes(bytes, other, words, random);
}

function editBytes(bytes: Uint8Array, other: Uint8Array, words: readonly string[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.pick([2, 8, 64, 512])));
  switch (random.below(9)) {
    case 0:
      return mutate(bytes, [randomEdit(random)]);
    case 1:
      return bytes.map((byte, place) => (place === at ? byte ^ (1 << random.below(8)) : byte));
    case 2: // a range comes again
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    case 3: // a range is gone
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 4: // one file's start, another's end
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    case 5:
      return overwriteInteger(bytes, random);
    case 6: // one byte, many times
      return joined(
        bytes.subarray(0, at),
        new Uint8Array(random.pick([3, 70, 1500])).fill(bytes[at] ?? random.below(256)),
        bytes.subarray(at),
      );
    default:
      return editWords(bytes, words, random);
  }
}

function randomEdit(random: Random): Mutation {
  return {
    place: random.below(2 ** 20) / 2 ** 20,
    kind: random.pick(["set", "insert", "delete", "cut"]),
    byte: random.chance(0.5) ? random.below(256) : random.pick([0, 255, 0x30, 0x39, 0x2d, 0x20, 0x0a, 0x0d]),
  };
}

/** A length, a count or a place in the file becomes another, often a huge one. */
function overwriteInteger(bytes: Uint8Array, random: Random): Uint8Array {
  const width = random.pick([2, 4, 8]);
  if (bytes.length < width) return bytes;
  const edited = bytes.slice();
  const view = new DataView(edited.buffer);
  const at = random.below(bytes.length - width + 1);
  const value = random.chance(0.7) ? random.pick(INTEGERS) : BigInt(random.below(bytes.length + 2));
  if (width === 2) view.setUint16(at, Number(value & 0xffffn), true);
  else if (width === 4) view.setUint32(at, Number(value & 0xffffffffn), true);
  else view.setBigUint64(at, value, true);
  return edited;
}

/** Edits the text word by word: numbers, strings, marks. */
function editWords(bytes: Uint8Array, words: readonly string[], random: Random): Uint8Array {
  const tokens = latin1(bytes).match(/"(?:[^"\\]|\\.)*"|'[^']*'|[-+.\w\x80-\xff]+|[ \t]+|\r?\n|[\s\S]/g) ?? [];
  const at = random.below(tokens.length + 1);
  const span = 1 + random.below(random.pick([1, 4, 20]));
  const picked = tokens.slice(at, at + span);
  const into = random.below(tokens.length + 1);
  switch (random.below(8)) {
    case 0:
    case 1: {
      const values = tokens.flatMap((token, place) => (/^["'\w.+-]/.test(token) ? [place] : []));
      const numbers = values.filter((place) => /^[-+]?\.?\d/.test(tokens[place]!));
      const isNumber = numbers.length > 0 && random.chance(0.6);
      if (isNumber) tokens[random.pick(numbers)] = random.pick(NUMBERS);
      else if (values.length > 0) tokens[random.pick(values)] = wordOf(words, random);
      break;
    }
    case 2: // a word of the format, or of JSON, in place of one or between two
      tokens.splice(at, random.below(2), wordOf(words, random));
      break;
    case 3: // words come again, elsewhere
      tokens.splice(into, 0, ...picked);
      break;
    case 4:
      tokens.splice(at, span);
      break;
    case 5: // words change places
      tokens.splice(at, span);
      tokens.splice(Math.min(into, tokens.length), 0, ...picked);
      break;
    case 6: {
      // what a key has is of another kind
      const keyed = tokens.flatMap((token, place) => (token === ":" && place + 1 < tokens.length ? [place + 1] : []));
      if (keyed.length > 0) tokens[random.pick(keyed)] = random.pick(NESTED);
      break;
    }
    default: // one word takes another's place
      if (tokens.length > 0) tokens[Math.min(at, tokens.length - 1)] = random.pick(tokens);
  }
  return fromLatin1(tokens.join(""));
}

function wordOf(words: readonly string[], random: Random): string {
  if (words.length > 0 && random.chance(0.5)) return latin1(utf8(random.pick(words)));
  return random.pick(random.chance(0.5) ? NESTED : NUMBERS);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
