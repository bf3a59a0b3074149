/** How near to its bound a check came. */
export interface Margin {
  readonly error: number;
  readonly bound: number;
}

let nearest: Margin | undefined;

/** Judges as the library does, and remembers what came nearest to its bound. */
export function isWithin(error: number, bound: number): boolean {
  if (bound > 0 && (nearest === undefined || error / bound > nearest.error / nearest.bound)) {
    nearest = { error, bound };
  }
  return error <= bound;
}

/** What came nearest since the last call. */
export function takeNearest(): Margin | undefined {
  const margin = nearest;
  nearest = undefined;
  return margin;
}
