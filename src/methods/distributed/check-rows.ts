/**
 * Throws RangeError unless there is a row, all are of one length ≥ 1, and all numbers are finite.
 *
 * @returns the length of a row
 */
export function checkRows(caller: string, name: string, rows: readonly ArrayLike<number>[]): number {
  if (rows.length === 0) throw new RangeError(`${caller}: ${name} has 0 rows but must have at least 1`);
  const width = rows[0].length;
  if (width === 0) throw new RangeError(`${caller}: ${name}[0] has 0 numbers but must have at least 1`);
  rows.forEach((row, i) => {
    if (row.length !== width) {
      throw new RangeError(`${caller}: ${name}[${i}] has ${row.length} numbers but must have ${width}, as ${name}[0]`);
    }
    checkFinite(caller, `${name}[${i}]`, row);
  });
  return width;
}

/** Throws RangeError unless all numbers are finite. */
export function checkFinite(caller: string, name: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) {
      throw new RangeError(`${caller}: ${name} holds ${numbers[i]} at ${i} but must hold finite numbers`);
    }
  }
}
