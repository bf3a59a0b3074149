import type { DType, Program, ProgramNode } from "../../src/backends/backend.js";

/** The same program for the CPU, where no memory is given up, with floats of one precision. */
export function inPrecision(program: Program, dtype: "f32" | "f64"): Program {
  const nodes = program.nodes.map((node) => ({ ...node, dtype: withFloats(node.dtype, dtype) }));
  return { ...keeping(program), nodes, key: `${dtype} ${program.key}` };
}

/** The same program, leaving its leaves to their owner. */
export function keeping(program: Program): Program {
  return { ...program, donated: program.donated.map(() => false), key: `keeping ${program.key}` };
}

export function withFloats(dtype: DType, floats: "f32" | "f64"): DType {
  return dtype === "f32" || dtype === "f64" ? floats : dtype;
}

const exact: ReadonlySet<string> = new Set(["reshape", "transpose", "broadcast", "slice", "flip", "constant", "iota"]);

const unit = 2 ** -23;
/** Nodes begin to read the factors at different places, so that no two of one shape are shaken alike. */
const places = 64;

/** Whether rounding may show in a node's values: those that are only moved are what they were. */
const isShaken = ({ op, dtype }: ProgramNode) => withFloats(dtype, "f64") === "f64" && !exact.has(op);

/** How many factors of each kind a shaken program reads: enough for its largest node, as a power of two. */
export const shakesIn = ({ nodes }: Program): number => {
  const largest = nodes.filter(isShaken).reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 0);
  return 2 ** Math.ceil(Math.log2(largest + places));
};

/**
 * What results are multiplied by in turn, as the last leaves of a shaken program: up by up to two units in the last place
 * of single precision, and down. Each element goes its own way: what all have in common cancels where a row is divided by
 * its sum, and a device's rounding does not. One unit on the average is common to all, as with a function that a device
 * computes always too large.
 */
export function shakes(count: number): readonly [Float64Array, Float64Array] {
  const own = Float64Array.from(
    { length: count },
    (_, i) => 2 * unit * fraction(43758.5453 * Math.sin(12.9898 * (i + 1))),
  );
  return [own.map((by) => 1 + by), own.map((by) => 1 - by)];
}

const fraction = (x: number) => x - Math.floor(x);

/**
 * The program in double precision with every float that is computed, or comes from a leaf, a little off in single
 * precision, one up and one down: what rounding at each step may come to at the end.
 */
export function shaken(program: Program): Program {
  const wide = inPrecision(program, "f64");
  const count = shakesIn(program);
  const nodes: ProgramNode[] = [0, 1].map(() => ({
    ...{ op: "leaf", inputs: [], shape: [count], dtype: "f64", attributes: {} },
  }));
  const placesOf = wide.nodes.map((node, i) => {
    const { shape } = node;
    const place = nodes.push({ ...node, inputs: [] }) - 1;
    if (!isShaken(node)) return { place, value: place };
    const made = { dtype: node.dtype, attributes: {} };
    const attributes = { starts: [(7 * i) % places], steps: [1] };
    const some = nodes.push({ ...made, op: "slice", inputs: [i % 2], shape: [sizeOf(shape)], attributes }) - 1;
    const factor = nodes.push({ ...made, op: "reshape", inputs: [some], shape }) - 1;
    return { place, value: nodes.push({ ...made, op: "mul", inputs: [place, factor], shape }) - 1 };
  });
  wide.nodes.forEach(({ inputs }, i) => {
    const { place } = placesOf[i];
    nodes[place] = { ...nodes[place], inputs: inputs.map((input) => placesOf[input].value) };
  });
  const placeOf = (node: number) => placesOf[node].place;
  return {
    key: `shaken ${program.key}`,
    nodes,
    leaves: [...program.leaves.map(placeOf), 0, 1],
    constants: program.constants.map(placeOf),
    outputs: program.outputs.map((output) => placesOf[output].value),
    donated: [...wide.donated, false, false],
  };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
