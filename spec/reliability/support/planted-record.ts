/** Whether the sizes of the full proof are asked for. */
export const long: boolean = process.env.COTANGENT_LONG !== undefined;

/** One of two sizes: in continuous integration, and in full. */
export const sized = (short: number, full: number): number => (long ? full : short);

/** Prints a line of the table of what was found, where the full size was asked for. */
export function record(check: string, figures: Readonly<Record<string, number | string>>): void {
  if (!long) return;
  const shown = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Number(value.toPrecision(3)) : value}`,
  );
  console.info(`${check}: ${shown.join(", ")}`);
}

/** Seconds since it was made, for a record. */
export function stopwatch(): () => string {
  const start = performance.now();
  return () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
