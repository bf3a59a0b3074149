export interface Result {
  readonly mutant: string;
  readonly result: string;
  readonly specs: Readonly<Record<string, string>>;
}

export function hashOf(text: string): string;
export function openResults(
  folder: string,
  file: string,
  source: string,
): {
  readonly results: ReadonlyMap<string, Result>;
  hasPassed(tier: string, mutant: string): boolean;
  keepPassed(tier: string, mutant: string): void;
  keep(result: Result): void;
};
export function isValid(
  result: Result | undefined,
  tiers: readonly (readonly string[])[],
  textOf: (spec: string) => string | undefined,
): boolean;
