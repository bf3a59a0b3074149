/** Throws RangeError unless there is a list for each example, of different labels, whole numbers in [0, labels). */
export function checkLabelLists(
  caller: string,
  name: string,
  lists: readonly ArrayLike<number>[],
  examples: number,
  labels: number,
  each = "an example",
): void {
  if (lists.length !== examples) {
    throw new RangeError(`${caller}: ${name} has ${lists.length} lists but must have ${examples}, one ${each}`);
  }
  lists.forEach((list, i) => {
    const seen = new Set<number>();
    for (let at = 0; at < list.length; at++) {
      const label = list[at];
      if (!(Number.isInteger(label) && label >= 0 && label < labels)) {
        throw new RangeError(
          `${caller}: ${name}[${i}][${at}] is ${label} but must be a whole number in [0, ${labels})`,
        );
      }
      if (seen.has(label)) throw new RangeError(`${caller}: ${name}[${i}][${at}] is ${label} again but must come once`);
      seen.add(label);
    }
  });
}
