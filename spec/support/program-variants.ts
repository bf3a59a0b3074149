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

/** The factors that results are multiplied by in turn, as the constants of a shaken program before its own. */
export const shakes: readonly number[] = [1 + 2 ** -23, 1 - 2 ** -23];

/**
 * The program in double precision with every float that is computed, or comes from a leaf, off by a unit in the last place
 * of single precision, one up and one down: what rounding at each step may come to at the end.
 */
export function shaken(program: Program): Program {
  const wide = inPrecision(program, "f64");
  const nodes: ProgramNode[] = shakes.map(() => ({
    ...{ op: "constant", inputs: [], shape: [], dtype: "f64", attributes: {} },
  }));
  const places = wide.nodes.map((node, i) => {
    const { shape, dtype, op } = node;
    const place = nodes.push({ ...node, inputs: [] }) - 1;
    if (dtype !== "f64" || exact.has(op)) return { place, value: place };
    const factor = nodes.push({ op: "broadcast", inputs: [i % shakes.length], shape, dtype, attributes: {} }) - 1;
    return { place, value: nodes.push({ op: "mul", inputs: [place, factor], shape, dtype, attributes: {} }) - 1 };
  });
  wide.nodes.forEach(({ inputs }, i) => {
    const { place } = places[i];
    nodes[place] = { ...nodes[place], inputs: inputs.map((input) => places[input].value) };
  });
  const placeOf = (node: number) => places[node].place;
  return {
    key: `shaken ${program.key}`,
    nodes,
    leaves: program.leaves.map(placeOf),
    constants: [...shakes.keys(), ...program.constants.map(placeOf)],
    outputs: program.outputs.map((output) => places[output].value),
    donated: wide.donated,
  };
}
