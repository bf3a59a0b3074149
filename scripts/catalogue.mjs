// The catalogue of methods, for the command line tool.
import { firstSentence, readMethodDocs } from "./method-docs.mjs";

/** Every function and class of every family, in the order of the index files: family, name, summary, source. */
export function readCatalogue() {
  return readMethodDocs().flatMap(({ family, files }) =>
    files.flatMap(({ entries }) =>
      entries.map(({ name, description, sources: [source] }) => ({
        family,
        name,
        summary: firstSentence(description),
        ...(source === undefined ? {} : { source }),
      })),
    ),
  );
}
