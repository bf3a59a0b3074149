export interface DocumentedEntry {
  readonly name: string;
  readonly description: string;
  readonly claim: string | undefined;
  readonly questions: readonly string[];
  readonly sources: readonly string[];
}

export interface DocumentedFile {
  readonly file: string;
  readonly entries: readonly DocumentedEntry[];
  readonly laws: readonly string[];
}

/** Every family with what its index exports, in the order of the index. */
export function readMethodDocs(): { readonly family: string; readonly files: readonly DocumentedFile[] }[];
