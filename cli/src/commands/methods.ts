import { CATALOGUE, type CatalogueEntry } from "../catalogue.js";
import { UsageError } from "../errors.js";

/** The library's methods: all of them, or those whose family, name or description has the word. */
export function methods(word?: string): readonly CatalogueEntry[] {
  if (word === undefined) return CATALOGUE;
  const wanted = word.toLowerCase();
  const found = CATALOGUE.filter(({ family, name, summary, source }) =>
    [family, name, summary, source ?? ""].some((text) => text.toLowerCase().includes(wanted)),
  );
  if (found.length > 0) return found;
  throw new UsageError(
    `methods: the word is ${JSON.stringify(word)}, which no method has, but must be in one; run cotangent methods to see all`,
  );
}

/** Methods by family: name, what it is, where it is from. */
export function describeMethods(entries: readonly CatalogueEntry[]): string {
  const families = [...new Set(entries.map(({ family }) => family))];
  const width = Math.max(...entries.map(({ name }) => name.length));
  return families
    .map((family) => {
      const lines = entries
        .filter((entry) => entry.family === family)
        .map(({ name, summary, source }) => {
          const origin = source === undefined ? "" : `\n  ${" ".repeat(width)}  ${source}`;
          return `  ${name.padEnd(width)}  ${summary}${origin}`;
        });
      return [`cotangent/methods/${family}`, ...lines].join("\n");
    })
    .join("\n\n");
}
