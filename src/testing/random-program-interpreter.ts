import { allocate, type DType, isFloat } from "../autodiff/dtype.js";
import { sizeOf } from "../autodiff/shape.js";
import type { Backend, Program, ProgramNode, Storage, TypedArray } from "../backends/backend.js";
import { elementOf } from "./random-program-elements.js";
import { forEachIndex, moveElements } from "./random-program-moves.js";

/**
 * A backend that computes each operation from its definition, element by element, one after the other: it fuses, reuses
 * and overwrites nothing, and shares no code with the others but the reference kernels. It is slow, and it is what a
 * faster one is held against.
 */
export function interpreter(): Backend {
  let buffers = 0;
  let bytes = 0;
  const release = (storage: Storage) => {
    if (storage.device === undefined) return;
    buffers -= 1;
    bytes -= (storage.device as TypedArray).byteLength;
    storage.device = undefined;
  };
  return {
    name: "interpreter",
    dtypes: new Set<DType>(["f32", "f64", "i32", "u32", "bool"]),
    run(program, leaves, constants) {
      const values = interpret(program, leaves, constants);
      const results = program.outputs.map((output) => {
        const host = values[output].slice() as TypedArray;
        buffers += 1;
        bytes += host.byteLength;
        return { dtype: program.nodes[output].dtype, length: host.length, host, device: host, disposed: false };
      });
      leaves.forEach((leaf, i) => {
        if (!program.donated[i]) return;
        release(leaf);
        leaf.host = undefined;
        leaf.disposed = true;
      });
      return results;
    },
    read: async ({ host }) => host!,
    watch: () => {},
    release,
    memory: () => ({ buffers, bytes }),
  };
}

/** The values of all nodes of a program. */
function interpret(program: Program, leaves: readonly Storage[], constants: readonly number[]): TypedArray[] {
  const { nodes } = program;
  const values: TypedArray[] = [];
  nodes.forEach((node, i) => {
    const { op, inputs, shape, dtype } = node;
    const output = allocate(dtype, sizeOf(shape));
    values.push(output);
    if (op === "leaf") output.set(leaves[program.leaves.indexOf(i)].host!);
    else if (op === "constant") output.fill(constants[program.constants.indexOf(i)]);
    else
      compute(
        node,
        inputs.map((input) => ({ ...nodes[input], values: values[input] })),
        output,
      );
  });
  return values;
}

interface Input extends ProgramNode {
  readonly values: TypedArray;
}

function compute(node: ProgramNode, inputs: readonly Input[], output: TypedArray): void {
  const { op, shape, attributes, host } = node;
  if (host !== undefined) {
    const shapes = { inputs: inputs.map((input) => input.shape), output: shape };
    host(
      inputs.map(({ values }) => values),
      output,
      attributes,
      shapes,
    );
  } else if (op === "iota") for (let i = 0; i < output.length; i++) output[i] = i;
  else if (op === "sum" || op === "max" || op === "min") reduce(node, inputs[0], output);
  else if (op === "matmul") multiply(node, inputs, output);
  else if (op === "gather") gather(inputs, output);
  else if (op === "scatterAdd" || op === "replaceRows") scatter(op, inputs, output);
  else if (!moveElements(node, inputs, output)) {
    const dtypes = inputs.map(({ dtype }) => dtype);
    const element = elementOf(node, dtypes);
    const [x, y, z] = inputs.map(({ values }) => values);
    for (let i = 0; i < output.length; i++) output[i] = element(x[i], y?.[i] ?? 0, z?.[i] ?? 0);
  }
}

const integerLimits = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1], bool: [0, 1] } as const;

function reduce({ op, attributes, dtype }: ProgramNode, { shape, values }: Input, output: TypedArray): void {
  const axes = attributes.axes as readonly number[];
  const limits =
    dtype === "f32" || dtype === "f64" ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] : integerLimits[dtype];
  const totals = new Array<number>(output.length).fill(op === "sum" ? 0 : limits[op === "max" ? 0 : 1]);
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  forEachIndex(shape, (index, i) => {
    let place = 0;
    for (const axis of kept) place = place * shape[axis] + index[axis];
    const value = values[i];
    if (op === "sum") totals[place] += value;
    else totals[place] = op === "max" ? Math.max(totals[place], value) : Math.min(totals[place], value);
  });
  output.set(totals);
}

function multiply({ shape, dtype }: ProgramNode, [a, b]: readonly Input[], output: TypedArray): void {
  const [rows, columns] = shape.slice(-2);
  const inner = a.shape[a.shape.length - 1];
  for (let i = 0; i < output.length; i++) {
    const column = i % columns;
    const row = Math.floor(i / columns); // of all matrices, one below the other
    const matrix = Math.floor(row / rows);
    let total = 0;
    for (let k = 0; k < inner; k++) {
      const [x, y] = [a.values[row * inner + k], b.values[(matrix * inner + k) * columns + column]];
      total = isFloat(dtype) ? total + x * y : (total + Math.imul(x, y)) | 0;
    }
    output[i] = total;
  }
}

function gather([table, ids]: readonly Input[], output: TypedArray): void {
  const [rows, ...rest] = table.shape;
  const width = sizeOf(rest);
  for (let i = 0; i < output.length; i++) {
    const id = ids.values[Math.floor(i / width)];
    output[i] = id >= 0 && id < rows ? table.values[id * width + (i % width)] : Number.NaN;
  }
}

function scatter(op: string, [base, ids, rows]: readonly Input[], output: TypedArray): void {
  const [height, ...rest] = base.shape;
  const width = sizeOf(rest);
  output.set(base.values);
  for (let i = 0; i < rows.values.length; i++) {
    const id = ids.values[Math.floor(i / width)];
    if (id < 0 || id >= height) continue;
    const place = id * width + (i % width);
    output[place] = op === "scatterAdd" ? output[place] + rows.values[i] : rows.values[i];
  }
}
