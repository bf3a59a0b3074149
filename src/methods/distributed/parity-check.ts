/** Equations of a linear code over the reals: check c asks that `Σ_i coefficients[c][i] · x[positions[c][i]] = 0`. */
export interface ParityCheck {
  /** Length N of a codeword. */
  readonly length: number;
  /** The positions that each check touches, ascending. */
  readonly positions: readonly Int32Array[];
  /** Their coefficients, none of them 0. */
  readonly coefficients: readonly Float64Array[];
}

/** Throws RangeError unless positions are different ones in range and coefficients are finite and not 0. */
export function checkParityCheck(caller: string, { length, positions, coefficients }: ParityCheck): void {
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new RangeError(`${caller}: parityCheck.length is ${length} but must be a whole number ≥ 1`);
  }
  if (coefficients.length !== positions.length) {
    throw new RangeError(
      `${caller}: parityCheck has ${coefficients.length} rows of coefficients but must have ${positions.length}, as of positions`,
    );
  }
  positions.forEach((row, check) => {
    const factors = coefficients[check];
    if (factors.length !== row.length) {
      throw new RangeError(
        `${caller}: check ${check} has ${factors.length} coefficients but must have ${row.length}, one for each position`,
      );
    }
    const seen = new Set<number>();
    row.forEach((position, i) => {
      if (position < 0 || position >= length || seen.has(position)) {
        throw new RangeError(
          `${caller}: check ${check} touches position ${position} but must touch different ones in [0, ${length})`,
        );
      }
      seen.add(position);
      if (!(Math.abs(factors[i]) > 0 && Math.abs(factors[i]) < Number.POSITIVE_INFINITY)) {
        throw new RangeError(
          `${caller}: check ${check} has coefficient ${factors[i]} but must have finite ones other than 0`,
        );
      }
    });
  });
}

/** Throws RangeError unless all are different positions of a codeword. */
export function checkPositions(caller: string, name: string, list: Iterable<number>, length: number): void {
  const seen = new Set<number>();
  for (const position of list) {
    if (!Number.isInteger(position) || position < 0 || position >= length || seen.has(position)) {
      throw new RangeError(`${caller}: ${name} holds ${position} but must hold different positions in [0, ${length})`);
    }
    seen.add(position);
  }
}
