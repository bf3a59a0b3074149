import { type Backend, compile, cpu, randomKey, type Tensor, tensor, valueAndGrad, wasm } from "cotangent";
import { sfc32 } from "cotangent/testing";
import { describe, it } from "vitest";
import { gpu, noGpu } from "./law.js";

const long = process.env.COTANGENT_LONG !== undefined;
/** Rows and columns of the scores: as many classes as examples, so that they are also those of pairs. */
export const SIZE = 8;
const LARGE = 1e4;
/** Half a unit in the last place of 1, in single precision. */
const unit = 2 ** -24;

/** What scores meet in a loss. */
export interface Surroundings {
  /** Example i is of class i: the first and the last class among them. */
  readonly labels: Tensor<"i32">;
  readonly key: ReturnType<typeof randomKey>;
}

/** A loss of scores `[SIZE, SIZE]`, a row an example: logits, distances, cosines, whatever the loss takes. */
export type LossOf = (scores: Tensor, surroundings: Surroundings) => Tensor;

export interface Traits {
  /** With which power of the scores it may grow. Default 1. */
  readonly degree?: 1 | 2;
  /**
   * Whether gradients other than the label's are differences of larger numbers, so that small ones have fewer digits: it
   * mixes the label's score with the others, or its targets lie on several classes. Default false.
   */
  readonly cancels?: boolean;
  /** Whether frequencies of ten orders of magnitude go into it, whose logarithms are known to so many units. Default false. */
  readonly isWeighted?: boolean;
  /** Whether scores of any size become logits of ±1e4, so that only those are looked at. Default false. */
  readonly isCold?: boolean;
  /** Whether it also runs on a GPU where the suite is short. Default false. */
  readonly isOnGpu?: boolean;
}

export type Form = Traits & { readonly run: LossOf };

/**
 * Declares that a loss needs no loss scale in single precision: at scores of ±1e4 value and gradient are what they are in
 * double precision, up to what the scores themselves are known to; and at scores as training has them gradients are as
 * small as they should be. Every loss that the library exports says so in its spec.
 *
 * @param loss - the exported function's name
 * @param forms - its forms by name, or its only one
 * @param traits - of all forms that say nothing else
 */
export function finiteAtExtremes(
  loss: string,
  forms: LossOf | Readonly<Record<string, LossOf | Form>>,
  traits: Traits = {},
): void {
  const named = typeof forms === "function" ? { "": forms } : forms;
  describe(`${loss} in f32, without a loss scale`, () => {
    for (const [name, form] of Object.entries(named)) {
      const whole: Form = { ...traits, ...(typeof form === "function" ? { run: form } : form) };
      const examined = new Examined(whole);
      for (const [backend, open] of Object.entries(backends)) {
        const isLeftOut = backend !== "cpu" && backend !== "wasm" && !(gpu !== undefined && (long || whole.isOnGpu));
        const what = `${name} on ${backend}`.trim();
        it.skipIf(isLeftOut)(`${what} is at scores of ±1e4 what it is in f64`, () => examined.atExtremes(open()));
        if (!whole.isCold) {
          it.skipIf(isLeftOut)(`${what} has gradients as small as they are`, () => examined.nearby(open()));
        }
      }
    }
  });
}

/** The forms of a loss that takes margins or a softmax: a squared hinge grows with the square. */
export function eachForm<const Name extends string>(
  names: readonly Name[],
  run: (name: Name) => LossOf,
): Record<string, Form> {
  return Object.fromEntries(
    names.map((name) => [name, { run: run(name), ...(name === "squaredHinge" ? { degree: 2 as const } : {}) }]),
  );
}

export const marginForms = ["logistic", "hinge", "squaredHinge"] as const;
export const allForms = ["softmax", "logistic", "hinge", "squaredHinge"] as const;

const opened = new Map<string, Backend>();
const once = (name: string, open: () => Backend) => (): Backend => {
  const backend = opened.get(name) ?? open();
  opened.set(name, backend);
  return backend;
};
const backends: Readonly<Record<string, () => Backend>> = {
  cpu: once("cpu", cpu),
  wasm: once("wasm", () => wasm()),
  [gpu === undefined ? `webgpu (${noGpu})` : "webgpu"]: () => gpu!,
};

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
function evaluator(run: LossOf, backend: Backend, dtype: "f32" | "f64"): Evaluate {
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

/** A form of a loss, what it is in double precision, and its graphs: one a backend and precision. */
class Examined {
  private readonly form: Form;
  private readonly evaluators = new Map<string, Evaluate>();
  private readonly exact = new Map<Scores, Outcome>();
  private patterns: { readonly extreme: [string, Scores][]; readonly near: [string, Scores][] } | undefined;

  constructor(form: Form) {
    this.form = form;
  }

  /** A score is known to half a unit of its last place, and so is what is as large as scores or their squares. */
  async atExtremes(backend: Backend): Promise<void> {
    const { degree = 1, isWeighted = false } = this.form;
    const bound = (size: number, exact: number) => 4 * unit * (size + (isWeighted ? 25 : 1) * Math.abs(exact));
    for (const [pattern, scores] of this.scores().extreme) {
      const { value, grad } = await this.evaluate(backend, "f32", scores);
      const right = await this.inDouble(scores);
      compare(`${pattern}: value`, value, right.value, (x) => bound(LARGE ** degree, x));
      compare(`${pattern}: gradient`, grad, right.grad, (x) => bound(LARGE, x));
    }
  }

  async nearby(backend: Backend): Promise<void> {
    const { degree, cancels = false, isWeighted = false } = this.form;
    for (const [pattern, scores] of this.scores().near) {
      const { grad } = await this.evaluate(backend, "f32", scores);
      const largest = (isWeighted ? 25 : 1) + Math.max(...scores.map(Math.abs));
      // The label's own is 1 − p, whose last digits a sure model cannot have; neither would a scale give them back.
      const isDifference = (i: number) => cancels || degree === 2 || i % (SIZE + 1) === 0;
      const bound = (x: number, i: number) => 4 * unit * largest * (Math.abs(x) + (isDifference(i) ? 1 : 0)) + 1e-36;
      compare(`${pattern}: gradient`, grad, (await this.inDouble(scores)).grad, bound);
    }
  }

  private scores() {
    this.patterns ??= { extreme: Object.entries(extremes()), near: Object.entries(moderate()) };
    return this.patterns;
  }

  private async inDouble(scores: Scores): Promise<Outcome> {
    const known = this.exact.get(scores) ?? (await this.evaluate(backends.cpu(), "f64", scores));
    this.exact.set(scores, known);
    return known;
  }

  private evaluate(backend: Backend, dtype: "f32" | "f64", scores: Scores): Promise<Outcome> {
    const name = `${backend.name} ${dtype}`;
    const known = this.evaluators.get(name) ?? evaluator(this.form.run, backend, dtype);
    this.evaluators.set(name, known);
    return known(scores);
  }
}

function compare(
  what: string,
  got: ArrayLike<number>,
  wanted: ArrayLike<number>,
  boundOf: (exact: number, at: number) => number,
): void {
  if (got.length !== wanted.length)
    throw new Error(`${what} has ${got.length} elements but must have ${wanted.length}`);
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i] - wanted[i]);
    const bound = boundOf(wanted[i], i);
    if (!(error <= bound)) throw new Error(`${what}[${i}] is ${got[i]} but must be ${wanted[i]} ± ${bound}`);
  }
}
