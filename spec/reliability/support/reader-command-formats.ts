import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Unfinished } from "../../../cli/src/compare/unfinished.js";
import { loadExamples } from "../../../cli/src/corpus.js";
import { widthOf } from "../../../cli/src/feature-space.js";
import { detectFormat } from "../../../cli/src/formats.js";
import { encodedExamples } from "../../../cli/src/model-input.js";
import { surveyFile } from "../../../cli/src/survey.js";
import { collect } from "../../data/support/streams.js";
import { firstWrong, type ReaderFormat, utf8 } from "./reader-format.js";
import type { Random } from "./reader-random.js";
import { TEXT_FORMATS } from "./reader-text-formats.js";

/** What `train` and `predict` make of a file whose format they find out themselves. */
function trainingFile(folder: string): ReaderFormat {
  const path = join(folder, "examples");
  const texts = TEXT_FORMATS.filter(({ name }) => ["xmc", "svmlight", "fasttext"].includes(name));
  return {
    name: "training file",
    weight: 1.5,
    isChunked: false,
    layers: [],
    memory: 8,
    opening: /^(read(Xmc|Svmlight|Fasttext): \S+examples:\d+:\d+|(train|predict): \S+examples) \S|^read/,
    words: texts.flatMap(({ words }) => words),
    generate: (random) => random.pick(texts).generate(random),
    async read(source) {
      writeFileSync(path, source as Uint8Array);
      const format = await detectFormat("train", path);
      if (format === undefined) return { kind: "no format" };
      const file = { path, format, firstIndex: 1 } as const;
      const { space, labels, examples, unlabelled, entries } = await surveyFile("train", file, {
        minCount: 1,
        normalize: true,
      });
      const held = await loadExamples({ file, space, labels });
      const batch = held.pack([...Array(held.length).keys()], () => 0.99);
      const encoded = await collect(encodedExamples("predict", { path, format }, { space, labels }));
      const width = widthOf(space);
      const wrong = firstWrong([
        held.length !== examples && "as many examples as were counted",
        encoded.length !== examples + unlabelled && "as many examples as lines",
        entries < 0 && "a count of entries",
        labels.size < 2 && "labels to tell apart",
        batch.columns.some((column) => !(column >= 0 && column < width)) && "features in range",
        batch.values.some((value) => !Number.isFinite(value)) && "finite values",
        batch.targets.some((target) => !(target >= 0 && target < labels.size)) && "targets in range",
      ]);
      return { kind: `${format}, 2^${Math.ceil(Math.log2(1 + examples))} examples`, wrong };
    },
  };
}

/** What a comparison that was stopped goes on from. */
function unfinishedComparison(folder: string): ReaderFormat {
  const unfinished = new Unfinished("compare", join(folder, "page.html"), "the plan");
  return {
    name: "unfinished comparison",
    weight: 3,
    isChunked: false,
    layers: [],
    memory: 8,
    opening: /^compare: \S+page\.html\.unfinished is \S/,
    words: ['"kind"', '"plan"', '"findings"', '"tries"', '"runs"', '"scores"', '"curve"', "null", "[]", "{}", "-1"],
    generate: (random) =>
      utf8(JSON.stringify({ kind: "cotangent unfinished comparison 1", plan: "the plan", findings: findings(random) })),
    async read(source) {
      writeFileSync(unfinished.path, source as Uint8Array);
      const found = await unfinished.read({ resume: true });
      const { tries, runs, gradients, scales, current } = found;
      const numbers = [...tries, ...runs].flatMap((record) => [
        record.seed,
        record.steps,
        record.bytes,
        record.stepTime,
      ]);
      const wrong = firstWrong([
        numbers.some((value) => typeof value !== "number") && "numbers where they must be",
        runs.some(({ method, curve }) => typeof method !== "string" || !Array.isArray(curve)) && "runs that are whole",
        runs.some(({ scores }) => scores?.precision.some((value) => typeof value !== "number")) && "scores",
        gradients.some(({ methods }) => methods.some(({ noise }) => typeof noise !== "number")) && "gradients",
        scales.some(({ classes }) => !Number.isSafeInteger(classes)) && "numbers of classes",
        current !== undefined && !Array.isArray(current.state.stepTimes) && "a state",
      ]);
      const sizes = [tries, runs, gradients, scales].map((list) => Math.min(2, list.length));
      return { kind: `${sizes}${current === undefined ? "" : ", under way"}`, wrong };
    },
  };
}

function findings(random: Random): unknown {
  const number = () => random.pick([0, 0.5, 12, 1e-9, 3e9]);
  const curve = () => random.some(2, () => ({ steps: random.below(99), seconds: number(), precisionAt1: number() }));
  const three = () => [number(), number(), number()];
  const scores = () => ({
    ...{ examples: 9, scored: 8, precision: three(), ndcg: three(), propensityScoredPrecision: three() },
    ...{ recallAt5: number(), balancedAccuracy: random.pick([null, 0.5]) },
    bands: random.some(2, () => ({
      from: 1,
      to: random.pick([4, undefined]),
      labels: 3,
      examples: 2,
      precisionAt1: 0,
    })),
  });
  const record = () => ({
    ...{ method: "nce", seed: random.below(3), learningRate: 0.3, steps: 40, seconds: number(), bytes: 4096 },
    ...{ stepTime: random.pick([null, 1.5]), curve: curve() },
    ...(random.chance(0.5) ? { scores: scores() } : { diverged: "train: the loss is NaN" }),
  });
  const quality = () => ({
    ...{ method: "nce", title: "NCE", bias: number(), resolution: number(), noise: number(), cosine: 1 },
    ...(random.chance(0.5) ? { signalToNoise: number() } : {}),
  });
  return {
    tries: random.some(2, record),
    runs: random.some(2, record),
    gradients: random.some(1, () => ({ point: "NCE", examples: 9, draws: 4, methods: random.some(2, quality) })),
    scales: random.some(2, () => ({ method: "nce", classes: 64, stepTime: number(), bytes: 77 })),
    current: random.pick([
      undefined,
      { trial: "[]", state: { steps: 3, seconds: 1, bytes: 9, stepTimes: [1, 2], curve: curve() } },
    ]),
  };
}

/** What the command line reads beside models; from files, which go to a folder. */
export function commandFormats(folder: string): readonly ReaderFormat[] {
  return [trainingFile(folder), unfinishedComparison(folder)];
}
