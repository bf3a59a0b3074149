import type { SparseExample } from "cotangent/data";
import { FileError, UsageError } from "./errors.js";
import { describeSpace, encodeExample, fits } from "./feature-space.js";
import { detectFormat, type ExampleFile, type Format, fileBytes, readExamples, unknownFormat } from "./formats.js";
import type { Model } from "./model.js";

/** Where examples for a trained model come from: a file, or standard input if the path is "-". */
export interface ModelInput {
  readonly path: string;
  /** Default: what the file looks like; what the model was trained on for standard input. */
  readonly format?: Format | undefined;
}

const STANDARD_INPUT = "-";

/**
 * The examples of a file as a model takes them, as they are read.
 *
 * @throws FileError if the file holds no examples, or not of the kind that the model takes
 * @throws DataError if a line is malformed
 */
export async function* encodedExamples(
  command: string,
  { path, format: forced }: ModelInput,
  { space, labels }: Pick<Model, "space" | "labels">,
): AsyncGenerator<SparseExample> {
  const format = forced ?? (await formatOf(command, path, space.kind === "tokens"));
  const firstIndex = space.kind === "indices" ? space.firstIndex : 1;
  const name = path === STANDARD_INPUT ? "standard input" : path;
  const file: ExampleFile = { path: name, format, firstIndex };
  const bytes = path === STANDARD_INPUT ? (process.stdin as AsyncIterable<Uint8Array>) : fileBytes(path);
  let isEmpty = true;
  for await (const example of readExamples(bytes, file)) {
    if (!fits(example, space)) {
      const held = "tokens" in example.content ? "words" : "numbered features";
      throw new FileError(
        `${command}: ${name} holds ${held} (${format}) but must hold ${describeSpace(space)}, as the model's training file did`,
      );
    }
    isEmpty = false;
    yield encodeExample(example, space, labels);
  }
  if (isEmpty) throw new FileError(`${command}: ${name} is empty but must hold examples, one a line`);
}

async function formatOf(command: string, path: string, isText: boolean): Promise<Format> {
  if (path === STANDARD_INPUT) {
    if (isText) return "fasttext";
    throw new UsageError(`${command}: --format is missing but must be given for standard input; it is xmc or svmlight`);
  }
  const seen = await detectFormat(command, path);
  if (seen !== undefined) return seen;
  if (isText) return "fasttext"; // texts to be labelled have no labels to tell them by
  throw unknownFormat(command, path);
}
