import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { workplace } from "./support/command.js";
import { toySvmlight, toyText } from "./support/toy-data.js";

const { folder, write, run } = workplace();
const QUICK = ["--dim", "4", "--epochs", "1", "--quiet"];

/** Runs the command, which must fail with this code and say this and nothing else. */
async function expectProblem(args: readonly string[], code: number, message: string): Promise<void> {
  expect(await run(...args)).toEqual({ code, signal: null, stdout: "", stderr: `${message}\n` });
}

beforeAll(async () => {
  write("toy.txt", toyText(30));
  write("toy.svm", toySvmlight(30));
  await run("train", "toy.txt", "-o", "text.model", ...QUICK);
  await run("train", "toy.svm", "-o", "sparse.model", ...QUICK);
}, 60_000);

describe("cotangent, called wrongly, says so and exits with 2", () => {
  it.each([
    [
      ["train", "toy.txt", "-o", "m", "--epoch", "3"],
      "train: --epoch is no option but must be one; did you mean --epochs?",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--frobnicate"],
      "train: --frobnicate is no option but must be one; see cotangent train --help",
    ],
    [
      ["trian"],
      "cotangent: trian is no command but must be one of train, predict, evaluate, compare, verify, new, methods; did you mean train?",
    ],
    [["train", "-o", "m"], "train: <file> is missing but must be given; see cotangent train --help"],
    [["train", "toy.txt"], "train: --output is missing but must be given; see cotangent train --help"],
    [["train", "toy.txt", "-o"], "train: --output has no value but must have one; see cotangent train --help"],
    [
      ["methods", "a", "b"],
      "methods: there are more arguments than the command takes but must not be; see cotangent methods --help",
    ],
    [["train", "toy.txt", "-o", "m", "--epochs", "1.5"], 'train: --epochs is "1.5" but must be a whole number ≥ 1'],
    [
      ["train", "toy.txt", "-o", "m", "--first-index", "2"],
      'train: --first-index is "2" but must be a whole number in [0, 1]',
    ],
    [
      ["train", "toy.txt", "-o", "m", "--learning-rate", "0"],
      'train: --learning-rate is "0" but must be a finite number > 0',
    ],
    [["train", "toy.txt", "-o", "m", "--power", "NaN"], 'train: --power is "NaN" but must be a finite number ≥ 0'],
    [
      ["train", "toy.txt", "-o", "m", "--loss", "hinge"],
      'train: --loss is "hinge" but must be one of full-softmax, sampled-softmax, nce, negative-sampling, adversarial-softmax, rf-softmax, adaptive-softmax, logit-adjusted-softmax, disentangled-softmax, stochastic-mining',
    ],
    [
      ["train", "toy.txt", "-o", "m", "--sampler", "zipf"],
      'train: --sampler is "zipf" but must be one of uniform, log-uniform, unigram',
    ],
    [
      ["train", "toy.txt", "-o", "m", "--backend", "cuda"],
      'train: --backend is "cuda" but must be one of wasm, cpu, webgpu',
    ],
    [
      ["train", "toy.txt", "-o", "m", "--format", "csv"],
      'train: --format is "csv" but must be one of xmc, svmlight, fasttext',
    ],
    [
      ["train", "toy.txt", "-o", "m", "--loss", "full-softmax", "--negatives", "5"],
      "train: --negatives is given but must not be with --loss full-softmax; it is for sampled-softmax, nce, negative-sampling, adversarial-softmax, rf-softmax, disentangled-softmax, stochastic-mining",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--tree-features", "5"],
      "train: --tree-features is given but must not be with --loss sampled-softmax; it is for adversarial-softmax",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--sampler", "uniform", "--power", "1"],
      "train: --power is given but must not be with --sampler uniform; it is for unigram",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--loss", "adversarial-softmax", "--epochs", "1"],
      "train: --epochs is 1 but must be more than --feature-epochs, 1, with --loss adversarial-softmax",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--loss", "adversarial-softmax", "--dim", "8"],
      "train: --tree-features is 16 but must be at most --dim, 8",
    ],
    [
      ["train", "toy.txt", "-o", "m", "--resume", "--restart"],
      "train: --resume and --restart are both given but only one of them can be",
    ],
    [["predict", "text.model", "toy.txt", "--top", "0"], 'predict: --top is "0" but must be a whole number ≥ 1'],
    [
      ["predict", "text.model", "toy.txt", "--text", "word1"],
      "predict: --text and a file are both given but only one of them can be",
    ],
    [
      ["predict", "sparse.model"],
      "predict: --format is missing but must be given for standard input; it is xmc or svmlight",
    ],
    [
      ["methods", "xyzzy"],
      'methods: the word is "xyzzy", which no method has, but must be in one; run cotangent methods to see all',
    ],
  ])("%j", (args, message) => expectProblem(args, 2, message));
});

describe("cotangent without a command", () => {
  it("shows its help and exits with 2", async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: cotangent \[options\] \[command\]/);
  });
});

describe("cotangent, given a wrong file, names the place and exits with 1", () => {
  it.each([
    ["xmc", "2 9 3\n0 1:1\n1 2:x\n", 'readXmc: bad:3:5: feature value is "x" but must be a finite number'],
    ["xmc", "2 9 3\n0 1:1\n3 2:1\n", "readXmc: bad:3:1: label is 3 but must be in [0, 3)"],
    ["xmc", "2 9 3\n0 1:1\n1 9:1\n", "readXmc: bad:3:3: feature index is 9 but must be in [0, 9)"],
    ["xmc", "3 9 3\n0 1:1\n1 2:1\n", "readXmc: bad:4:1: file ends after 2 rows but its header says 3"],
    ["svmlight", "0 1:1\n1 2:nan\n", 'readSvmlight: bad:2:5: feature value is "nan" but must be a finite number'],
    ["svmlight", "0 1:1\n1 2:1e999\n", 'readSvmlight: bad:2:5: feature value is "1e999" but must be a finite number'],
    ["svmlight", "0 1:1\n1 0:1\n", "readSvmlight: bad:2:3: feature index is 0 but must be in [1, 4294967297)"],
    [
      "fasttext",
      "__label__a word\n__label__ word\n",
      'readFasttext: bad:2:1: label is empty but must have a name after "__label__"',
    ],
  ])("%s %j", async (format, text, message) => {
    write("bad", text);
    await expectProblem(["train", "bad", "-o", "m", "--format", format, ...QUICK], 1, message);
  });

  it.each([
    ["", "train: bad is empty but must hold examples, one a line"],
    ["\n \n", "train: bad is empty but must hold examples, one a line"],
    [
      "just words\n",
      "train: bad looks like none of the formats but must be in one of xmc, svmlight, fasttext; name it with --format",
    ],
    [" 1:0.5\n 2:0.5\n", "train: bad has no example with a label but must have one; begin lines with label,label,…"],
    [
      "__label__a word\n__label__a other\n",
      "train: bad has 1 label in all but must have at least 2; there is nothing to tell apart",
    ],
    [
      "__label__a\n__label__b\n",
      "train: bad has no word that comes at least 1 times but must have one; lower --min-count",
    ],
    ["2 9 3\n0\n1\n", "train: bad has no feature in any labelled example but must have one"],
  ])("%j", async (text, message) => {
    write("bad", text);
    await expectProblem(["train", "bad", "-o", "m", ...QUICK], 1, message);
  });

  it("no such file", async () => {
    await expectProblem(
      ["train", "absent", "-o", "m"],
      1,
      "train: absent cannot be read, as it does not exist; check the path",
    );
    await expectProblem(
      ["predict", "absent", "toy.txt"],
      1,
      "predict: absent cannot be read, as it does not exist; check the path",
    );
  });

  it("an output that cannot be written, before anything is trained", async () => {
    const end = "but must be writable; nothing has been trained yet";
    await expectProblem(
      ["train", "toy.txt", "-o", "no/m"],
      1,
      `train: --output is no/m, which cannot be written, as it does not exist, ${end}`,
    );
    await expectProblem(
      ["train", "toy.txt", "-o", "toy.txt/m"],
      1,
      `train: --output is toy.txt/m, which cannot be written, as a part of its path is not a folder, ${end}`,
    );
    await expectProblem(
      ["train", "toy.txt", "-o", "dist"],
      1,
      `train: --output is dist, which cannot be written, as it is a folder, ${end}`,
    );
  });

  it("examples of another kind than the model's", async () => {
    await expectProblem(
      ["evaluate", "text.model", "toy.svm"],
      1,
      "evaluate: toy.svm holds numbered features (svmlight) but must hold words, as the model's training file did",
    );
    await expectProblem(
      ["predict", "sparse.model", "toy.txt"],
      1,
      "predict: toy.txt holds words (fasttext) but must hold numbered features, as the model's training file did",
    );
    await expectProblem(
      ["predict", "sparse.model", "--text", "word1"],
      1,
      "predict: --text is given but sparse.model was trained on numbered features; give a file of them",
    );
  });

  it("no label that training showed", async () => {
    write("foreign.txt", "__label__zzz word1\n");
    await expectProblem(
      ["evaluate", "text.model", "foreign.txt", "--quiet"],
      1,
      "evaluate: foreign.txt has no example with a label that training showed but must have one; to label examples use cotangent predict",
    );
  });

  it("a rate that leads to infinity, and writes no model", async () => {
    const options = ["--dim", "4", "--quiet", "--learning-rate"];
    const { code, stderr } = await run("train", "toy.txt", "-o", "huge.model", ...options, "1e38", "--epochs", "3");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^train: the loss in batch 1 of epoch 2 is (NaN|-?Infinity) but must be finite; lower --learning-rate\n$/,
    );
    const atTheEnd = await run("train", "toy.txt", "-o", "huge.model", ...options, "1e39", "--epochs", "1");
    expect(atTheEnd.stderr).toMatch(
      /^train: a number in \w+ is (NaN|-?Infinity) but must be finite; lower --learning-rate\n$/,
    );
    expect(existsSync(join(folder(), "huge.model"))).toBe(false);
  });
});

describe("cotangent, given a wrong model, says what is wrong with it", () => {
  const bytes = () => readFileSync(join(folder(), "text.model"));

  it("truncated", async () => {
    write("cut.model", bytes().subarray(0, -10));
    const { code, stderr } = await run("predict", "cut.model", "toy.txt");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^readSafetensors: cut\.model: data has \d+ bytes but must have \d+, where the last tensor ends\n$/,
    );
  });

  it("not safetensors", async () => {
    const file = readFileSync(join(folder(), "toy.svm"));
    const problem = `header length is ${file.readBigUInt64LE(0)} but must be at most ${file.length - 8}, what the file has left`;
    await expectProblem(["predict", "toy.svm", "toy.txt"], 1, `readSafetensors: toy.svm: ${problem}`);
  });

  it("of another program", async () => {
    const header = JSON.stringify({ x: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
    const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
    write("other.model", Buffer.concat([length, Buffer.from(header), new Uint8Array(4)]));
    await expectProblem(
      ["predict", "other.model", "toy.txt"],
      1,
      "predict: other.model is a safetensors file of another program but must be a cotangent model 1",
    );
  });

  it("with a number that is not finite", async () => {
    const damaged = bytes();
    damaged.writeFloatLE(Number.NaN, damaged.length - 4);
    write("nan.model", damaged);
    const { code, stderr } = await run("predict", "nan.model", "toy.txt");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^predict: nan\.model is damaged, as its tensor \w+ holds a number that is not finite; train again, or use the copy that ends in \.previous\n$/,
    );
  });

  it("in JSON where that is asked for", async () => {
    const { code, stderr } = await run("predict", "absent", "toy.txt", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toEqual({
      error: "predict: absent cannot be read, as it does not exist; check the path",
    });
  });
});
