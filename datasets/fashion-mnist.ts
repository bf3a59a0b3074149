import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkAtLeast, checkBetween, checkCount } from "../src/autodiff/check.js";
import { hashSplit } from "./hash-split.js";
import { packageFolder } from "./package-folder.js";

/** What the ten labels stand for. */
export const CLOTHES = [
  "T-shirt",
  "trousers",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
] as const;

/** Width and height of an image. */
export const IMAGE_SIZE = 28;

/** A grey picture of a piece of clothing. */
export interface FashionImage {
  /** In [0, 10). */
  readonly label: number;
  /** 28 rows of 28 pixels, 0 black to 255 white. */
  readonly pixels: Uint8Array;
}

export interface FashionMnist {
  /** In shuffled order. */
  readonly train: readonly FashionImage[];
  /** In shuffled order, with all labels alike. */
  readonly test: readonly FashionImage[];
}

export interface FashionMnistOptions {
  /** Images of each label in `train`, before the tail is cut; in [1, 6 000]. Default 6 000. */
  readonly trainEach?: number;
  /** Images of each label in `test`, in [0, 1 000]. Default 1 000. */
  readonly testEach?: number;
  /**
   * How many times as many images the first label has in `train` as the last one, ≥ 1; in between the numbers fall
   * geometrically: `trainEach · ratio^(−c / 9)`, rounded. Default 1, all alike.
   */
  readonly imbalance?: number;
  /** A whole number ≥ 0; another seed gives another split and order. Default 0. */
  readonly seed?: number;
  /** Absolute path or URL of a file, or of a folder with its trailing slash, to look `fashion-mnist` up from. Default: this module. */
  readonly from?: string | URL;
}

const EACH = 7_000;
const TEST_EACH = 1_000;

/**
 * Fashion-MNIST, whole or with a long tail.
 *
 *     n_c = trainEach · imbalance^(−c / 9)      images of label c to train on
 *
 * Reach for it to see what a loss does under imbalance where the test stays balanced: with `imbalance: 100` the T-shirts
 * have 6 000 images and the ankle boots 60. The package keeps the 70 000 images by label, without the original split;
 * the split here keeps 1 000 of each label for testing, by a hash of the pixels and the seed.
 *
 * @throws Error if the package `fashion-mnist` is not installed
 * @throws RangeError if an option is out of range
 * @source Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
 * 2017, arXiv:1708.07747; the tail as in Cui et al., "Class-Balanced Loss Based on Effective Number of Samples", CVPR
 * 2019, arXiv:1901.05555
 */
export async function loadFashionMnist(options: FashionMnistOptions = {}): Promise<FashionMnist> {
  const { trainEach = EACH - TEST_EACH, testEach = TEST_EACH, imbalance = 1, seed = 0 } = options;
  const { from = import.meta.url } = options;
  checkCount("loadFashionMnist", { trainEach }, 1);
  checkBetween("loadFashionMnist", { trainEach }, 1, EACH - TEST_EACH);
  checkCount("loadFashionMnist", { testEach }, 0);
  checkBetween("loadFashionMnist", { testEach }, 0, TEST_EACH);
  checkAtLeast("loadFashionMnist", { imbalance }, 1);
  checkCount("loadFashionMnist", { seed }, 0);

  const folder = join(packageFolder("loadFashionMnist", "fashion-mnist", from), "src", "clothes");
  const train: FashionImage[] = [];
  const test: FashionImage[] = [];
  for (let label = 0; label < CLOTHES.length; label += 1) {
    const images = await imagesOf(folder, label);
    const split = hashSplit(images, textOf, TEST_EACH / EACH, seed);
    const wanted = Math.round(trainEach * imbalance ** (-label / (CLOTHES.length - 1)));
    train.push(...split.train.slice(0, Math.max(1, wanted)));
    test.push(...split.test.slice(0, testEach));
  }
  // The split by nothing but the hash is a shuffle.
  const shuffled = (images: readonly FashionImage[]) => hashSplit(images, textOf, 0, seed + 1).train;
  return { train: shuffled(train), test: shuffled(test) };
}

/** The images of a label; the package has a few rows that are none. */
async function imagesOf(folder: string, label: number): Promise<FashionImage[]> {
  const { data } = JSON.parse(await readFile(join(folder, `${label}.json`), "utf8")) as { readonly data: number[][] };
  const images = data.filter(({ length }) => length === IMAGE_SIZE ** 2);
  return images.map((row) => ({ label, pixels: Uint8Array.from(row) }));
}

function textOf({ pixels }: FashionImage): string {
  return String.fromCharCode(...pixels);
}
