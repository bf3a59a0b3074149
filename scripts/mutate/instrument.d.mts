export interface Mutant {
  /** Stays the same when lines elsewhere change. */
  readonly id: string;
  readonly site: number;
  readonly pick: number;
  readonly line: number;
  /** What becomes of which part of the line. */
  readonly change: string;
  readonly before: string;
  readonly after: string;
  readonly isTerm?: boolean;
}

export function instrument(source: string): {
  readonly text: string;
  readonly sites: number;
  readonly mutants: readonly Mutant[];
};
