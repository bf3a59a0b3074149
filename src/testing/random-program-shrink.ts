import { sameShape } from "../autodiff/shape.js";
import { RandomProgram } from "./random-program.js";
import { type Fact, isLeaf, type Line, leafLine } from "./random-program-line.js";

/** The program without the lines that no output needs; one leaf stays, as a program needs one to run. */
export function pruned({ dtype, lines, outputs }: RandomProgram): RandomProgram {
  const needed = new Set(outputs);
  for (let i = lines.length - 1; i >= 0; i--) if (needed.has(i)) for (const input of lines[i].inputs) needed.add(input);
  if (!lines.some((line, i) => isLeaf(line) && needed.has(i))) needed.add(lines.findIndex(isLeaf));
  const places = new Map<number, number>();
  const kept: Line[] = [];
  lines.forEach((line, i) => {
    if (!needed.has(i)) return;
    places.set(i, kept.length);
    kept.push({ ...line, inputs: line.inputs.map((input) => places.get(input)!) });
  });
  return new RandomProgram(
    dtype,
    kept,
    outputs.map((output) => places.get(output)!),
  );
}

/** Whether whatever reads a value may read another instead. */
function stands(other: Fact, fact: Fact): boolean {
  return (
    other.dtype === fact.dtype &&
    sameShape(other.shape, fact.shape) &&
    other.low >= fact.low &&
    other.high <= fact.high &&
    (fact.grid === undefined || (other.grid !== undefined && other.grid <= fact.grid)) &&
    (other.smooth || !fact.smooth) &&
    other.error <= fact.error
  );
}

/** Simpler programs, the greatest steps first; all of them are valid. */
export function* smallerPrograms(program: RandomProgram): Generator<RandomProgram> {
  const { dtype, lines, outputs } = program;
  const smaller = (nextLines: readonly Line[], nextOutputs: readonly number[]) =>
    pruned(new RandomProgram(dtype, nextLines, nextOutputs));

  if (outputs.length > 1) {
    for (const output of outputs) yield smaller(lines, [output]);
    for (let i = 0; i < outputs.length; i++) {
      yield smaller(
        lines,
        outputs.filter((_, j) => j !== i),
      );
    }
  }
  // An output moved down to what it is computed from.
  for (let i = 0; i < outputs.length; i++) {
    for (const input of lines[outputs[i]].inputs) {
      yield smaller(
        lines,
        outputs.map((output, j) => (j === i ? input : output)),
      );
    }
  }
  // An operation replaced by a leaf, or left out: from the middle on, where most hangs on it.
  for (const i of middleFirst(lines.length)) {
    const line = lines[i];
    if (isLeaf(line)) continue;
    const leaf = leafLine({ ...line.fact, error: 0, smooth: true }, { seed: i });
    yield smaller(
      lines.map((other, j) => (j === i ? leaf : other)),
      outputs,
    );
  }
  // A line's readers reading an earlier one instead.
  for (let i = lines.length - 1; i > 0; i--) {
    const stand = lines.findIndex(({ fact }, j) => j < i && stands(fact, lines[i].fact));
    if (stand < 0) continue;
    const turned = (place: number) => (place === i ? stand : place);
    const next = smaller(
      lines.map((line) => ({ ...line, inputs: line.inputs.map(turned) })),
      outputs.map(turned),
    );
    if (next.lines.length < lines.length) yield next;
  }
}

function* middleFirst(length: number): Generator<number> {
  const middle = length >> 1;
  for (let step = 0; step <= middle; step++) {
    if (middle + step < length) yield middle + step;
    if (step > 0 && middle - step >= 0) yield middle - step;
  }
}
