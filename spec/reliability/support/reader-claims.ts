import { fromLatin1, latin1, type ReaderFormat, utf8 } from "./reader-format.js";
import { Random } from "./reader-random.js";

/** A small file that claims to be huge, and what its reader must say. */
export interface Claim {
  readonly what: string;
  readonly format: string;
  readonly bytes: (format: ReaderFormat) => Promise<Uint8Array>;
  readonly message: string;
}

const HUGE = "1152921504606846976"; // 2^60
const MOST = "9007199254740991"; // the largest number that some headers may name

const text = (what: string, format: string, file: string, message: string): Claim => ({
  ...{ what, format, message },
  bytes: async () => utf8(file),
});

/** A valid file in which the first match is replaced by text of the same or another length. */
const edited = (what: string, format: string, from: RegExp, to: string, message: string, headerAt = 8): Claim => ({
  ...{ what, format, message },
  async bytes({ generate }) {
    for (let seed = 0; ; seed += 1) {
      const file = latin1(await generate(new Random(seed)));
      const more = file.replace(from, to);
      if (more === file) continue;
      const bytes = fromLatin1(more);
      const view = new DataView(bytes.buffer);
      if (headerAt === 8 && more.length !== file.length) {
        view.setBigUint64(0, view.getBigUint64(0, true) + BigInt(more.length - file.length), true);
      }
      return bytes;
    }
  },
});

function npyOf(header: string): string {
  return `\x93NUMPY\x01\0${String.fromCharCode(header.length, 0)}${header}`;
}

function safetensorsOf(header: string, length: bigint = BigInt(header.length)): Uint8Array {
  return new Uint8Array(Buffer.concat([new Uint8Array(new BigUint64Array([length]).buffer), utf8(header)]));
}

const bytes = (what: string, format: string, file: Uint8Array, message: string): Claim => ({
  ...{ what, format, message },
  bytes: async () => file,
});

const shaped = (shape: string, end: string) => `{"w":{"dtype":"U8","shape":[${shape}],"data_offsets":[0,${end}]}}`;
const npyShaped = (shape: string) => npyOf(`{'descr': '<f8', 'fortran_order': False, 'shape': (${shape},)}`);

/** Headers that claim about 2^60 of something, format by format; fastText's text has no numbers to claim with. */
export const CLAIMS: readonly Claim[] = [
  text(
    "2^60 rows",
    "xmc",
    `${HUGE} 1 1\n`,
    `readXmc: in:1:1: number of rows is ${HUGE} but must be in [0, 9007199254740992)`,
  ),
  text(
    "2^53 − 1 rows",
    "xmc",
    `${MOST} 1 1\n0 0:1\n`,
    `readXmc: in:3:1: file ends after 1 rows but its header says ${MOST}`,
  ),
  text(
    "2^60 features",
    "xmc",
    `1 ${HUGE} 1\n`,
    `readXmc: in:1:3: number of features is ${HUGE} but must be in [0, 4294967297)`,
  ),
  text(
    "2^60 labels",
    "xmc",
    `1 1 ${HUGE}\n`,
    `readXmc: in:1:5: number of labels is ${HUGE} but must be in [0, 2147483649)`,
  ),
  text(
    "feature 2^60",
    "svmlight",
    `1 ${HUGE}:1\n`,
    `readSvmlight: in:1:3: feature index is ${HUGE} but must be in [1, 4294967297)`,
  ),
  text(
    "query 2^60",
    "svmlight",
    `1 qid:${HUGE} 1:1\n`,
    `readSvmlight: in:1:7: qid is ${HUGE} but must be in [0, 9007199254740991)`,
  ),
  text(
    "a count of 2^60",
    "vocabulary",
    `{"format":"cotangent vocabulary 1","tokens":["a"],"counts":[${HUGE}],"unknown":null}`,
    "vocabularyFromJson: counts is not a list of whole numbers ≥ 0 but must be",
  ),
  bytes(
    "2^60 elements",
    "npy",
    fromLatin1(npyShaped(HUGE)),
    `readNpy: in: header is "{'descr': '<f8', 'fortran_order': False,…" but must be a Python dictionary of strings, bools and tuples`,
  ),
  bytes(
    "2^53 − 1 elements",
    "npy",
    fromLatin1(npyShaped(MOST)),
    "readNpy: in: file has 80 bytes but must have 72057594037928000, as its header says",
  ),
  bytes(
    "a header of 4 GiB",
    "npy",
    fromLatin1("\x93NUMPY\x02\0\xff\xff\xff\xff{}"),
    "readNpy: in: file has 14 bytes but its header ends at 4294967307",
  ),
  bytes(
    "a header of 2^60 bytes",
    "safetensors",
    safetensorsOf("{}", 2n ** 60n),
    `readSafetensors: in: header length is ${HUGE} but must be at most 2, what the file has left`,
  ),
  bytes(
    "2^60 elements",
    "safetensors",
    safetensorsOf(shaped(HUGE, HUGE)),
    'readSafetensors: in: tensor "w" has a shape that is not a list of whole numbers but must be',
  ),
  bytes(
    "2^53 − 1 elements",
    "safetensors",
    safetensorsOf(shaped(MOST, MOST)),
    `readSafetensors: in: data has 0 bytes but must have ${MOST}, where the last tensor ends`,
  ),
  edited(
    "width 2^60",
    "model",
    /\\"dim\\":3/,
    `\\"dim\\":${HUGE}`,
    "predict: in is damaged, as its recipe's dim is not a whole number ≥ 1; train again, or use the copy that ends in .previous",
  ),
  edited(
    "2^53 − 1 features",
    "model",
    /(\\"normalize\\":true,\\"count\\":)\d/,
    `$1${MOST}`,
    `predict: in is damaged, as its tensor embedding has shape [N, 3] but must have [${MOST}, 3]; train again, or use the copy that ends in .previous`,
  ),
  edited(
    "epoch 2^53 − 1",
    "checkpoint of rf-softmax",
    /(\\"position\\":\{\\"epoch\\":)\d/,
    `$1${MOST}`,
    "train: PATH is damaged, as what it says of its run is not complete; start anew with --restart, or resume from the copy that ends in .previous",
  ),
  edited(
    "seed 2^60",
    "unfinished comparison",
    /"seed":\d/,
    `"seed":${HUGE}`,
    "compare: PATH is damaged, as findings.tries[0].seed is not a whole number ≥ 0; start anew with --restart",
    0,
  ),
];
