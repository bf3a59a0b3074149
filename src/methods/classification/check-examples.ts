/** Throws RangeError unless there is an input, and all are finite and of one length. */
export function checkInputs(caller: string, inputs: readonly ArrayLike<number>[], name = "inputs"): void {
  if (inputs.length === 0) throw new RangeError(`${caller}: ${name} is empty but must have an example`);
  checkLike(caller, name, inputs, inputs[0].length, name);
}

/** Throws RangeError unless all rows are finite and as long as the first of `like`. */
export function checkLike(
  caller: string,
  name: string,
  rows: readonly ArrayLike<number>[],
  width: number,
  like: string,
): void {
  rows.forEach((row, i) => {
    if (row.length !== width) {
      throw new RangeError(
        `${caller}: ${name}[${i}] has ${row.length} features but must have ${width}, as ${like}[0] has`,
      );
    }
    for (let j = 0; j < width; j++) {
      if (!Number.isFinite(row[j]))
        throw new RangeError(`${caller}: ${name}[${i}][${j}] is ${row[j]} but must be finite`);
    }
  });
}

/** Throws RangeError unless there is a label for each input, a whole number in [0, classes). */
export function checkClassIds(caller: string, labels: ArrayLike<number>, examples: number, classes: number): void {
  if (labels.length !== examples) {
    throw new RangeError(`${caller}: labels has length ${labels.length} but must have ${examples}, one an input`);
  }
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) {
      throw new RangeError(`${caller}: labels[${i}] is ${labels[i]} but must be a whole number in [0, ${classes})`);
    }
  }
}
