export interface Reason {
  readonly file: string;
  readonly line: string;
  readonly changes: readonly string[];
  readonly reason: string;
}

export function readReasons(text: string): Reason[];
export function isAbout(
  reason: Reason,
  mutant: { readonly file: string; readonly before: string; readonly change: string },
): boolean;
