import type { Program, ProgramNode, Storage } from "../backends/backend.js";
import { DisposedError } from "./check.js";
import { type DType, isFloat } from "./dtype.js";
import { topologicalOrder } from "./graph.js";
import { sameShape } from "./shape.js";
import type { Tensor } from "./tensor.js";

/** A program and the values that its leaves and constants have this time. */
export interface Linearized {
  readonly program: Program;
  readonly storages: readonly Storage[];
  readonly constants: readonly number[];
}

const isIdentity: ReadonlySet<string> = new Set(["identity", "stopGradient", "custom", "choose"]);

/** Arithmetic on scalars whose values are known; anything else is left to the backend. */
const foldable: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
};

/**
 * The graph above `roots` as a program: equal subgraphs become one, what does nothing goes, arithmetic on constants is
 * done. Steps of a loop give programs of one key, whatever their numbers.
 */
export function linearize(roots: readonly Tensor<DType>[], donated: ReadonlySet<Storage> = new Set()): Linearized {
  return new Linearizer(donated).run(roots);
}

class Linearizer {
  private readonly donated: ReadonlySet<Storage>;
  private readonly nodes: ProgramNode[] = [];
  private key = "";
  private readonly known = new Map<string, number>();
  private readonly leaves: number[] = [];
  private readonly leafOf = new Map<Storage, number>();
  private readonly storages: Storage[] = [];
  private readonly constantNodes: number[] = [];
  private readonly constants: number[] = [];
  /** For each node that is a constant, its value. */
  private readonly valueOf: (number | undefined)[] = [];

  constructor(donated: ReadonlySet<Storage>) {
    this.donated = donated;
  }

  run(roots: readonly Tensor<DType>[]): Linearized {
    const order = topologicalOrder(roots, (node) => node.storage === undefined);
    for (const tensor of order) tensor.place = this.place(tensor);
    const outputs = roots.map(({ place }) => place);
    const program: Program = {
      key: `${this.key}>${joined(outputs)}`,
      nodes: this.nodes,
      leaves: this.leaves,
      constants: this.constantNodes,
      outputs,
      donated: this.storages.map((storage) => this.donated.has(storage)),
    };
    return { program, storages: this.storages, constants: this.constants };
  }

  private place(tensor: Tensor<DType>): number {
    const { origin, shape, dtype, storage } = tensor;
    if (storage !== undefined) return this.placeLeaf(tensor, storage);
    const { op, attributes, host, scalar, site } = origin;
    if (op === "constant") return this.placeConstant(attributes.value as number, dtype);
    // A choice is its drawn value: what it might have been matters only to an enumeration.
    if (isIdentity.has(op)) return origin.inputs[0].place;
    const inputs = origin.inputs.map(({ place }) => place);
    return this.simplified(tensor, inputs) ?? this.emit({ op, attributes, host, scalar, site, inputs, shape, dtype });
  }

  private placeLeaf({ shape, dtype, origin: { site } }: Tensor<DType>, storage: Storage): number {
    if (storage.disposed)
      throw new DisposedError("data: a tensor that this one needs has been disposed; read it first");
    let place = this.leafOf.get(storage);
    if (place === undefined) {
      const leaf = { op: "leaf", inputs: [], shape, dtype, attributes: {}, site };
      place = this.push(leaf, `leaf${this.donated.has(storage)}`);
      this.leafOf.set(storage, place);
      this.leaves.push(place);
      this.storages.push(storage);
    }
    const held = this.nodes[place];
    return sameShape(held.shape, shape)
      ? place
      : this.emit({ op: "reshape", inputs: [place], shape, dtype, attributes: {} });
  }

  private placeConstant(given: number, dtype: DType): number {
    const value = dtype === "f32" ? Math.fround(given) : given;
    const signature = `constant${dtype}${Object.is(value, -0) ? "-0" : value}`;
    let place = this.known.get(signature);
    if (place === undefined) {
      place = this.push({ op: "constant", inputs: [], shape: [], dtype, attributes: {} }, `constant${dtype}`);
      this.known.set(signature, place);
      this.valueOf[place] = value;
      this.constantNodes.push(place);
      this.constants.push(value);
    }
    return place;
  }

  /** The place of an earlier node that has this tensor's value, if one is easily seen. */
  private simplified({ origin: { op }, shape, dtype }: Tensor<DType>, inputs: readonly number[]): number | undefined {
    if (!(op in foldable)) return undefined;
    const [first, second] = inputs;
    const a = this.constantAt(first);
    const b = this.constantAt(second);
    if (shape.length === 0 && isFloat(dtype) && a !== undefined && (b !== undefined || op === "neg")) {
      return this.placeConstant(foldable[op](a, b!), dtype);
    }
    if (op === "add" && b === 0) return first;
    if (op === "add" && a === 0) return second;
    if (op === "sub" && b === 0) return first;
    if ((op === "mul" || op === "div") && b === 1) return first;
    if (op === "mul" && a === 1) return second;
    if (op === "neg" && this.nodes[first].op === "neg") return this.nodes[first].inputs[0];
    return undefined;
  }

  private constantAt(place: number | undefined): number | undefined {
    let at = place;
    while (at !== undefined && (this.nodes[at].op === "broadcast" || this.nodes[at].op === "reshape")) {
      at = this.nodes[at].inputs[0];
    }
    return at === undefined ? undefined : this.valueOf[at];
  }

  private emit(node: ProgramNode): number {
    const { op, inputs, shape, dtype, attributes } = node;
    let parts = `${op}(${joined(inputs)})${dtype}${joined(shape)}`;
    for (const name in attributes) {
      const value = attributes[name];
      parts += `${name}=${typeof value === "object" ? joined(value) : value}`;
    }
    const known = this.known.get(parts);
    if (known !== undefined) return known;
    const place = this.push(node, parts);
    this.known.set(parts, place);
    return place;
  }

  private push(node: ProgramNode, signature: string): number {
    this.key += node.inputs.length === 0 ? `${signature}${node.dtype}${joined(node.shape)};` : `${signature};`;
    this.valueOf.push(undefined);
    return this.nodes.push(node) - 1;
  }
}

/** As `join`, which takes longer than all else for the few numbers of a shape. */
function joined(numbers: readonly number[]): string {
  let text = "";
  for (let i = 0; i < numbers.length; i++) text += i === 0 ? numbers[i] : `,${numbers[i]}`;
  return text;
}
