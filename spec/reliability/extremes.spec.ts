import { type Backend, compile, cpu, randomKey, type Tensor, tensor, valueAndGrad, wasm } from "cotangent";
import * as classification from "cotangent/methods/classification";
import * as federated from "cotangent/methods/federated";
import * as generative from "cotangent/methods/generative";
import * as longtail from "cotangent/methods/longtail";
import * as lowrank from "cotangent/methods/lowrank";
import * as metric from "cotangent/methods/metric";
import * as ranking from "cotangent/methods/ranking";
import * as sampling from "cotangent/methods/sampling";
import * as unlearning from "cotangent/methods/unlearning";
import { sfc32 } from "cotangent/testing";
import { afterAll, describe, expect, it } from "vitest";
import { gpu, noGpu } from "../support/law.js";
import { hostOnly, type LossRow, lossRows, SIZE } from "./support/extremes-losses.js";

const long = process.env.COTANGENT_LONG !== undefined;
const LARGE = 1e4;
/** Half a unit in the last place of 1, in single precision. */
const unit = 2 ** -24;

type Scores = readonly number[];
const square = (score: (row: number, column: number) => number): Scores =>
  Array.from({ length: SIZE * SIZE }, (_, i) => score(Math.floor(i / SIZE), i % SIZE));

/** Scores as far out as they get; the label of row i is i. */
function extremes(): Readonly<Record<string, Scores>> {
  const random = sfc32(7);
  const patterns: Record<string, Scores> = {
    "the label above all others": square((row, column) => (row === column ? LARGE : -LARGE)),
    "the label below all others": square((row, column) => (row === column ? -LARGE : LARGE)),
    "all high": square(() => LARGE),
    "all low": square(() => -LARGE),
    "the label and one other high": square((row, column) =>
      row === column || column === (row + 3) % SIZE ? LARGE : -LARGE,
    ),
    "all but level, high": square((row, column) => LARGE - ((row * 5 + column * 3) % 7) / 4),
    "all but level, low": square((row, column) => -LARGE + ((row * 5 + column * 3) % 7) / 4),
  };
  for (let i = 0; i < (long ? 200 : 3); i++)
    patterns[`signs at random, ${i}`] = square(() => (random() < 0.5 ? LARGE : -LARGE));
  for (let i = 0; i < (long ? 200 : 3); i++) {
    patterns[`sizes at random, ${i}`] = square(() => Math.fround((random() * 2 - 1) * LARGE));
  }
  return patterns;
}

/** Scores as training has them, some so sure that other classes get gradients of 1e-25. */
function moderate(): Readonly<Record<string, Scores>> {
  const random = sfc32(8);
  const spread = (width: number) => () => Math.fround((random() * 2 - 1) * width);
  return {
    "within ±1": square(spread(1)),
    "within ±30": square(spread(30)),
    "sure and right": square((row, column) => (row === column ? 30 : -20 - column)),
    "sure and wrong": square((row, column) => (row === column ? -30 : 20 + column)),
  };
}

interface Outcome {
  readonly value: ArrayLike<number>;
  readonly grad: ArrayLike<number>;
}

type Evaluate = (scores: Scores) => Promise<Outcome>;

/** A loss and its gradient by scores; the graph is built once. */
function evaluator({ run }: LossRow, backend: Backend, dtype: "f32" | "f64"): Evaluate {
  const labels = tensor(
    Int32Array.from({ length: SIZE }, (_, i) => i),
    { backend },
  );
  const key = randomKey(3, { backend });
  const both = compile((x: Tensor) => {
    let losses: Tensor | undefined;
    const { grad } = valueAndGrad((scores: Tensor) => {
      losses = run(scores, { labels, key });
      return losses.sum();
    })(x);
    return { value: losses!, grad };
  });
  return async (scores) => {
    const results = both(tensor(scores, { backend, dtype, shape: [SIZE, SIZE] }));
    const [value, grad] = [await results.value.data(), await results.grad.data()];
    results.value.dispose();
    results.grad.dispose();
    return { value, grad };
  };
}

const oracle = cpu();
/** One graph a row, backend and precision, for both tests of a row. */
const evaluators = new Map<string, Evaluate>();
function evaluatorOf(row: LossRow, backend: Backend, dtype: "f32" | "f64"): Evaluate {
  const name = `${row.loss} ${row.form} ${backend.name} ${dtype}`;
  const known = evaluators.get(name) ?? evaluator(row, backend, dtype);
  evaluators.set(name, known);
  return known;
}

const exact = new Map<LossRow, Map<string, Outcome>>();
/** In double precision, computed once for all backends. */
async function expected(row: LossRow, patterns: Readonly<Record<string, Scores>>): Promise<Map<string, Outcome>> {
  const known = exact.get(row) ?? new Map<string, Outcome>();
  exact.set(row, known);
  const evaluate = evaluatorOf(row, oracle, "f64");
  for (const [name, scores] of Object.entries(patterns)) {
    if (!known.has(name)) known.set(name, await evaluate(scores));
  }
  return known;
}

/** The worst of all errors, as a share of its bound. */
const worst = { extreme: { share: 0, where: "" }, moderate: { share: 0, where: "" } };

function compare(
  what: string,
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  boundOf: (exact: number, at: number) => number,
  kind: keyof typeof worst,
) {
  expect(got.length, what).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i] - wanted[i]);
    const bound = boundOf(wanted[i], i);
    if (!(error <= bound)) throw new Error(`${what}[${i}] is ${got[i]} but must be ${wanted[i]} ± ${bound}`);
    if (bound > 0 && error / bound > worst[kind].share) worst[kind] = { share: error / bound, where: `${what}[${i}]` };
  }
}

const hosts: readonly (readonly [string, Backend | undefined, (row: LossRow) => boolean])[] = [
  ["cpu", cpu(), () => true],
  ["wasm", wasm(), () => true],
  [
    gpu === undefined ? `webgpu (${noGpu})` : "webgpu",
    gpu,
    ({ loss, form }) =>
      long ||
      /^(sparseSoftmaxCrossEntropy plain|nceLoss |sampledSoftmaxLoss masked|owlLoss logistic|contrastiveLoss )$/.test(
        `${loss} ${form}`,
      ),
  ],
];

for (const [name, backend, isDue] of hosts) {
  describe.skipIf(backend === undefined)(`every loss in f32 on ${name}, without a loss scale`, () => {
    it.each(lossRows.filter(isDue))("$loss $form at scores of ±1e4 is what it is in f64", async (row) => {
      const patterns = extremes();
      const wanted = await expected(row, patterns);
      const evaluate = evaluatorOf(row, backend!, "f32");
      for (const [pattern, scores] of Object.entries(patterns)) {
        const { value, grad } = await evaluate(scores);
        const right = wanted.get(pattern)!;
        const what = `${row.loss} ${row.form}, ${pattern}`;
        // A score is known to half a unit of its last place, and so is what is as large as scores or their squares.
        const bound = (size: number, exact: number) => 4 * unit * (size + (1 + row.logs) * Math.abs(exact));
        compare(`${what}: value`, value, right.value, (x) => bound(LARGE ** row.degree, x), "extreme");
        compare(`${what}: gradient`, grad, right.grad, (x) => bound(LARGE, x), "extreme");
      }
    });

    const warm = lossRows.filter((row) => isDue(row) && !row.isCold);
    it.each(warm)("$loss $form has gradients as small as they are", async (row) => {
      const patterns = moderate();
      const wanted = await expected(row, patterns);
      const evaluate = evaluatorOf(row, backend!, "f32");
      for (const [pattern, scores] of Object.entries(patterns)) {
        const { grad } = await evaluate(scores);
        const largest = 1 + row.logs + Math.max(...scores.map(Math.abs));
        // The label's own is 1 − p, whose last digits a sure model cannot have; neither would a scale give them back.
        const isDifference = (i: number) => row.cancels || row.degree === 2 || i % (SIZE + 1) === 0;
        const bound = (x: number, i: number) => 4 * unit * largest * (Math.abs(x) + (isDifference(i) ? 1 : 0)) + 1e-36;
        compare(`${row.loss} ${row.form}, ${pattern}: gradient`, grad, wanted.get(pattern)!.grad, bound, "moderate");
      }
    });
  });
}

describe("the table of losses", () => {
  const families = { classification, federated, generative, longtail, lowrank, metric, ranking, sampling, unlearning };

  it("has every loss that the library exports", () => {
    const exported = Object.values(families).flatMap((family) => Object.keys(family));
    const losses = exported.filter((name) => /(Loss|CrossEntropy|[iI]nfoNce|Objective)$/.test(name));
    const listed = new Set([...lossRows.map(({ loss }) => loss), ...hostOnly]);
    expect([...losses].sort()).toEqual([...listed].sort());
  });

  afterAll(() => {
    if (long)
      console.info(
        `${lossRows.length} forms of losses; worst errors as shares of their bounds: ${JSON.stringify(worst)}`,
      );
  });
});
