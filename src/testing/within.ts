/**
 * Whether an error is within its bound; NaN is not. Every check judges by it, so that whoever wants to know how near to
 * its bound a check came can put another function in its place.
 */
export function isWithin(error: number, bound: number): boolean {
  return error <= bound;
}
