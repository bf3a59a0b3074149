import { checkParityCheck, type ParityCheck } from "./parity-check.js";

/** A code whose first K positions hold the message itself. */
export interface SystematicCode {
  /** The parity check with its positions numbered anew: the message's first. */
  readonly parityCheck: ParityCheck;
  /** G, N rows of K numbers: the identity, then the parity part. */
  readonly generator: readonly Float64Array[];
  /** The old number of each position. */
  readonly order: Int32Array;
}

/**
 * The generator of a code in systematic form, from its parity check.
 *
 *     H = [H_rest, H_P]      G = [I; −H_P⁻¹ · H_rest]      H · G = 0
 *
 * The columns P are found by elimination with complete pivoting, which keeps the parity part small.
 *
 * Reach for it to encode; `LdpcCode` calls it.
 *
 * @param parityCheck - H, fewer checks than positions, linearly independent
 * @throws RangeError if checks touch positions out of range or twice, or depend on each other, or leave no message
 * @source Maity, Rawat and Mazumdar, "Robust Gradient Descent via Moment Encoding with LDPC Codes", ISIT 2019,
 * arXiv:1805.08327; Richardson and Urbanke, "Modern Coding Theory", 2008
 */
export function systematicGenerator(parityCheck: ParityCheck): SystematicCode {
  checkParityCheck("systematicGenerator", parityCheck);
  const { length, positions, coefficients } = parityCheck;
  const checks = positions.length;
  if (checks >= length) {
    throw new RangeError(
      `systematicGenerator: parityCheck has ${checks} checks but must have fewer than positions, ${length}`,
    );
  }
  const reduced = eliminate(parityCheck);
  if (reduced === undefined) {
    throw new RangeError(
      `systematicGenerator: parityCheck has linearly dependent checks but must have ${checks} independent ones; draw another`,
    );
  }
  const { matrix, pivots } = reduced;
  const isParity = new Set(pivots);
  const rest = Array.from({ length }, (_, position) => position).filter((position) => !isParity.has(position));
  const parity = [...pivots].sort((a, b) => a - b);
  const order = Int32Array.from([...rest, ...parity]);
  const renumbered = new Int32Array(length);
  order.forEach((old, position) => {
    renumbered[old] = position;
  });

  const dimension = rest.length;
  const generator = rest.map((_, row) => {
    const unit = new Float64Array(dimension);
    unit[row] = 1;
    return unit;
  });
  for (const position of parity) {
    const row = matrix[pivots.indexOf(position)];
    generator.push(Float64Array.from(rest, (column) => 0 - row[column])); // 0 − 0 is no negative zero
  }
  const sorted = positions.map((row, check) => {
    const places = Array.from(row, (old, i) => [renumbered[old], coefficients[check][i]] as const);
    return places.sort(([a], [b]) => a - b);
  });
  return {
    parityCheck: {
      length,
      positions: sorted.map((row) => Int32Array.from(row, ([position]) => position)),
      coefficients: sorted.map((row) => Float64Array.from(row, ([, coefficient]) => coefficient)),
    },
    generator,
    order,
  };
}

/**
 * The reduced rows of H, each 1 in a column that is 0 in all others, and those columns; undefined if rows depend on each
 * other. By Gauss and Jordan's elimination with complete pivoting.
 */
export function eliminate({
  length,
  positions,
  coefficients,
}: ParityCheck): { readonly matrix: readonly Float64Array[]; readonly pivots: readonly number[] } | undefined {
  const rows = positions.map((row, check) => {
    const dense = new Float64Array(length);
    row.forEach((position, i) => {
      dense[position] = coefficients[check][i];
    });
    return dense;
  });
  const largest = rows.reduce((most, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  const pivots: number[] = [];
  for (let step = 0; step < rows.length; step++) {
    let [pivotRow, pivot, size] = [step, 0, 0];
    for (let i = step; i < rows.length; i++) {
      for (let column = 0; column < length; column++) {
        const magnitude = Math.abs(rows[i][column]);
        if (magnitude > size) [pivotRow, pivot, size] = [i, column, magnitude];
      }
    }
    if (!(size > 1e-9 * largest)) return undefined; // what cancellation leaves of a dependent row
    [rows[step], rows[pivotRow]] = [rows[pivotRow], rows[step]];
    const top = rows[step];
    const scale = top[pivot];
    for (let column = 0; column < length; column++) top[column] /= scale;
    rows.forEach((row, i) => {
      const factor = row[pivot];
      if (i === step || factor === 0) return;
      for (let column = 0; column < length; column++) row[column] -= factor * top[column];
      row[pivot] = 0;
    });
    pivots.push(pivot);
  }
  return { matrix: rows, pivots };
}
