/** One function or class that a family of methods exports. */
export interface CatalogueEntry {
  /** `classification`, of `cotangent/methods/classification`. */
  readonly family: string;
  readonly name: string;
  /** The first sentence of its doc comment. */
  readonly summary: string;
  /** Where it is from: authors, title, venue, year. */
  readonly source?: string;
}

// The bundler puts in what it reads from the families' index files and doc comments.
declare const COTANGENT_CATALOGUE: readonly CatalogueEntry[];

/** The library's methods, family by family. */
export const CATALOGUE: readonly CatalogueEntry[] = COTANGENT_CATALOGUE;
