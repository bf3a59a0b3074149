import { lines, type TextOptions } from "./lines.js";
import type { Stream, TextSource } from "./source.js";

/** One text with its labels. */
export interface TextExample {
  readonly labels: readonly string[];
  readonly tokens: readonly string[];
}

export interface FasttextOptions {
  /** What marks a token as a label; not empty and without blanks. Default "__label__". */
  readonly prefix?: string;
}

/**
 * Reads fastText's text, one example a line.
 *
 *     __label__sauce __label__cheese how much does potato starch affect a cheese sauce
 *
 * Every token with the prefix is a label, wherever it stands. Tokens part at spaces, tabs, and the other ASCII blanks
 * that fastText knows. An empty line is an example without labels and tokens, so that examples and lines agree in number.
 *
 * @param source - the text, or its bytes, whole or in chunks
 * @returns a generator of the examples; memory is bounded by the longest line
 * @throws TypeError if `prefix` is empty or holds a blank
 * @throws DataError if a label is empty, or a line is not UTF-8
 * @source Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017, arXiv:1607.01759, the authors' program
 */
export async function* readFasttext(
  source: TextSource,
  options: FasttextOptions & TextOptions = {},
): AsyncGenerator<TextExample> {
  const { prefix = "__label__" } = options;
  checkWord("readFasttext", "prefix", prefix);
  for await (const line of lines("readFasttext", source, options)) {
    const labels: string[] = [];
    const tokens: string[] = [];
    for (const { 0: word, index } of line.text.matchAll(/[^ \t\v\f\r\0]+/g)) {
      if (!word.startsWith(prefix)) tokens.push(word);
      else if (word.length > prefix.length) labels.push(word.slice(prefix.length));
      else throw line.error(index, `label is empty but must have a name after ${JSON.stringify(prefix)}`);
    }
    yield { labels, tokens };
  }
}

/**
 * Writes fastText's text, labels first; `readFasttext` gives back the same examples.
 *
 * @param examples - labels and tokens without blanks, line ends and lone surrogates; tokens without the prefix
 * @returns the lines, each with its line end
 * @throws TypeError if `prefix`, a label or a token is empty or holds what the format cannot
 * @source Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017, arXiv:1607.01759, the authors' program
 */
export async function* writeFasttext(
  examples: Stream<TextExample>,
  options: FasttextOptions = {},
): AsyncGenerator<string> {
  const { prefix = "__label__" } = options;
  checkWord("writeFasttext", "prefix", prefix);
  let row = 0;
  for await (const { labels, tokens } of examples) {
    labels.forEach((label, at) => {
      checkWord("writeFasttext", `labels[${at}] of example ${row}`, label);
    });
    tokens.forEach((token, at) => {
      checkWord("writeFasttext", `tokens[${at}] of example ${row}`, token);
      if (token.startsWith(prefix)) {
        throw new TypeError(
          `writeFasttext: tokens[${at}] of example ${row} is ${JSON.stringify(token)} but must not begin as a label does`,
        );
      }
    });
    yield `${[...labels.map((label) => prefix + label), ...tokens].join(" ")}\n`;
    row += 1;
  }
}

// A byte order mark at the start of a file would be skipped, a lone surrogate has no UTF-8.
function checkWord(caller: string, name: string, word: string): void {
  if (word === "" || /[ \t\v\f\r\n\0]|^\ufeff|\p{Surrogate}/u.test(word)) {
    throw new TypeError(
      `${caller}: ${name} is ${JSON.stringify(word)} but must be a word: not empty, well-formed, without blanks`,
    );
  }
}
