/** Throws RangeError unless there are as many numbers as wanted, all finite. */
export function checkFiniteList(caller: string, name: string, values: ArrayLike<number>, wanted: number): void {
  if (values.length !== wanted) {
    throw new RangeError(`${caller}: ${name} has length ${values.length} but must have ${wanted}`);
  }
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new RangeError(`${caller}: ${name}[${i}] is ${values[i]} but must be finite`);
  }
}
