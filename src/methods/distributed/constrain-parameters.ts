/** Moves parameters to the nearest ones within a ball about 0, in place. */
export function projectToBall(parameters: Float64Array, radius: number): void {
  let squares = 0;
  for (const value of parameters) squares += value * value;
  const norm = Math.sqrt(squares);
  if (!(norm > radius)) return;
  for (let i = 0; i < parameters.length; i++) parameters[i] *= radius / norm;
}

/** Sets all but the `count` largest in magnitude to 0, in place; of equal ones the first stay. */
export function hardThreshold(parameters: Float64Array, count: number): void {
  const order = Array.from(parameters.keys()).sort((a, b) => Math.abs(parameters[b]) - Math.abs(parameters[a]));
  for (const i of order.slice(count)) parameters[i] = 0;
}
