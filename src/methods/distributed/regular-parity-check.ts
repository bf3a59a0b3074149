import { checkCount, checkOneOf } from "../../autodiff/check.js";
import { type Key, permutation } from "../../autodiff/index.js";
import { drawUniforms } from "./draw-uniforms.js";
import type { ParityCheck } from "./parity-check.js";
import { eliminate } from "./systematic-generator.js";

export interface RegularParityCheckOptions {
  /** Length N of a codeword; N · columnWeight must be divisible by rowWeight. Default 40. */
  readonly length?: number;
  /** Checks l that touch each position, a whole number ≥ 2. Default 3. */
  readonly columnWeight?: number;
  /** Positions r that each check touches, a whole number in (columnWeight, length]. Default 6. */
  readonly rowWeight?: number;
  /** All coefficients 1, or each 1 or −1 with equal chance. Default `"ones"`. */
  readonly entries?: "ones" | "signs";
  /** Draw again until the checks are linearly independent; that costs O(N³) and peeling does not need it. Default true. */
  readonly fullRank?: boolean;
  /** Draws at most, a whole number ≥ 1. Default 100. */
  readonly attempts?: number;
}

/**
 * A random (l, r)-regular parity check: every position is in l checks and every check has r positions, all different.
 *
 *     N · l edges join positions and N · l / r checks      rate 1 − l/r
 *
 * The ends of the edges are joined by a random permutation; an edge that is there twice trades its check with a random
 * other edge, until there is none.
 *
 * Reach for it to make the `LdpcCode` of moment encoding.
 *
 * @param options - sizes and weights
 * @param key - the same key gives the same checks
 * @throws RangeError if a size is out of its range, `length · columnWeight` is not divisible by `rowWeight`, or no draw
 * has what it must
 * @throws TypeError if `entries` is not one of those listed
 * @source Gallager, "Low-Density Parity-Check Codes", IRE Trans. Information Theory 1962; Maity, Rawat and Mazumdar,
 * "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019, arXiv:1805.08327. Trading edges is ours:
 * drawing again until all are different would take some 150 draws at (3, 6)
 */
export async function regularParityCheck(options: RegularParityCheckOptions, key: Key): Promise<ParityCheck> {
  const { length = 40, columnWeight = 3, rowWeight = 6, entries = "ones", fullRank = true, attempts = 100 } = options;
  const caller = "regularParityCheck";
  checkCount(caller, { length, attempts }, 1);
  checkCount(caller, { columnWeight }, 2);
  checkCount(caller, { rowWeight }, 1);
  checkOneOf(caller, "entries", entries, ["ones", "signs"]);
  if (rowWeight <= columnWeight || rowWeight > length) {
    throw new RangeError(
      `${caller}: rowWeight is ${rowWeight} but must be above columnWeight, ${columnWeight}, and at most length, ${length}`,
    );
  }
  const edges = length * columnWeight;
  if (edges % rowWeight !== 0) {
    throw new RangeError(
      `${caller}: length is ${length} but must make length · columnWeight, ${edges}, divisible by rowWeight, ${rowWeight}`,
    );
  }

  for (let attempt = 0; attempt < attempts; attempt++) {
    const drawing = key.at(attempt);
    const order = await permutation(drawing.at("edges"), edges).data();
    const checkOf = Int32Array.from(order, (socket) => Math.floor(socket / rowWeight));
    const partners = await drawUniforms(drawing.at("partners"), 20 * edges);
    if (!separate(checkOf, columnWeight, partners)) continue;
    const signs = entries === "signs" ? await drawUniforms(drawing.at("signs"), edges) : undefined;
    const found = rowsOf(checkOf, columnWeight, edges / rowWeight, length, signs);
    if (!fullRank || eliminate(found) !== undefined) return found;
  }
  throw new RangeError(
    `${caller}: none of ${attempts} draws with columnWeight ${columnWeight}, rowWeight ${rowWeight} and length ${length} has different edges${fullRank ? " and independent checks" : ""}; try other weights${entries === "ones" ? ' or entries "signs"' : ""}`,
  );
}

/** Trades checks between edges until no position has a check twice; false if the random partners do not suffice. */
function separate(checkOf: Int32Array, columnWeight: number, partners: Float64Array): boolean {
  const holds = (edge: number, check: number) => {
    const start = edge - (edge % columnWeight);
    return checkOf.subarray(start, start + columnWeight).includes(check);
  };
  let used = 0;
  for (let edge = 0; edge < checkOf.length; edge++) {
    const isRepeated = () => {
      const start = edge - (edge % columnWeight);
      return checkOf.subarray(start, edge).includes(checkOf[edge]);
    };
    while (isRepeated()) {
      if (used === partners.length) return false;
      const partner = Math.floor(partners[used++] * checkOf.length);
      const [mine, theirs] = [checkOf[edge], checkOf[partner]];
      if (holds(edge, theirs) || holds(partner, mine)) continue;
      checkOf[edge] = theirs;
      checkOf[partner] = mine;
    }
  }
  return true;
}

function rowsOf(
  checkOf: Int32Array,
  columnWeight: number,
  checks: number,
  length: number,
  signs: Float64Array | undefined,
): ParityCheck {
  const positions: number[][] = Array.from({ length: checks }, () => []);
  const coefficients: number[][] = Array.from({ length: checks }, () => []);
  checkOf.forEach((check, edge) => {
    positions[check].push(Math.floor(edge / columnWeight));
    coefficients[check].push(signs !== undefined && signs[edge] < 0.5 ? -1 : 1);
  });
  return {
    length,
    positions: positions.map((row) => Int32Array.from(row)),
    coefficients: coefficients.map((row) => Float64Array.from(row)),
  };
}
