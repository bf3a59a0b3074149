import type { ProgramNode, TypedArray } from "../backends/backend.js";

/** Calls `visit` with each index of a tensor, in row-major order, and its place. */
export function forEachIndex(shape: readonly number[], visit: (index: readonly number[], place: number) => void): void {
  const size = shape.reduce((product, length) => product * length, 1);
  const index = shape.map(() => 0);
  for (let place = 0; place < size; place++) {
    visit(index, place);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
}

function placeOf(index: readonly number[], shape: readonly number[]): number {
  return shape.reduce((place, size, axis) => place * size + index[axis], 0);
}

interface Source {
  readonly shape: readonly number[];
  readonly values: TypedArray;
}

/** For operations that take each element from somewhere: the index in the input, for an index of the output. */
const origins: Readonly<Record<string, (index: readonly number[], node: ProgramNode, input: Source) => number[]>> = {
  transpose: (index, { attributes }) => {
    const order = attributes.order as readonly number[];
    return order.map((_, axis) => index[order.indexOf(axis)]);
  },
  broadcast: (index, _, { shape }) => {
    const lead = index.length - shape.length;
    return shape.map((size, axis) => (size === 1 ? 0 : index[axis + lead]));
  },
  slice: (index, { attributes }) => {
    const [starts, steps] = [attributes.starts as readonly number[], attributes.steps as readonly number[]];
    return index.map((position, axis) => starts[axis] + position * steps[axis]);
  },
  flip: (index, { attributes, shape }) => {
    const axes = attributes.axes as readonly number[];
    return index.map((position, axis) => (axes.includes(axis) ? shape[axis] - 1 - position : position));
  },
};

/** Does an operation that moves elements; false if it is none. */
export function moveElements(node: ProgramNode, inputs: readonly Source[], output: TypedArray): boolean {
  const { op, shape, attributes } = node;
  const [input] = inputs;
  if (op in origins) {
    forEachIndex(shape, (index, place) => {
      output[place] = input.values[placeOf(origins[op](index, node, input), input.shape)];
    });
  } else if (op === "reshape") output.set(input.values);
  else if (op === "pad") {
    const [before, interior] = [attributes.before as readonly number[], attributes.interior as readonly number[]];
    output.fill(attributes.value as number);
    forEachIndex(input.shape, (index, place) => {
      const moved = index.map((position, axis) => before[axis] + position * (interior[axis] + 1));
      output[placeOf(moved, shape)] = input.values[place];
    });
  } else if (op === "concat") {
    const along = attributes.axis as number;
    let start = 0;
    for (const part of inputs) {
      const from = start;
      forEachIndex(part.shape, (index, place) => {
        const moved = index.map((position, axis) => (axis === along ? position + from : position));
        output[placeOf(moved, shape)] = part.values[place];
      });
      start += part.shape[along];
    }
  } else return false;
  return true;
}
