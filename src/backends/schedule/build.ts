import { type Program, type ProgramNode, sizeOf } from "../backend.js";
import { type Fusion, isBlockReduction, isCall, isElementwise, isHeld, isMovement, isReduction } from "./fuse.js";
import type { CallInput, Expression, Kernel, Load, Operand, Slot, Step } from "./kernel.js";
import { collapsed, contiguous, isContiguous, moved, type View } from "./view.js";

/** A view of the node that a chain of movements ends at. */
interface Resolved {
  readonly base: number;
  readonly view: View;
}

/** Turns the nodes of a program into kernels, inputs before what reads them. */
export class KernelBuilder {
  readonly kernels: Kernel[] = [];
  readonly slots: Slot[] = [];
  private readonly program: Program;
  private readonly fusion: Fusion;
  private readonly slotOf = new Map<number, number>();
  private readonly copies = new Map<number, number>();
  private readonly constantOf: ReadonlyMap<number, number>;

  constructor(program: Program, fusion: Fusion) {
    this.program = program;
    this.fusion = fusion;
    this.constantOf = new Map(program.constants.map((node, i) => [node, i]));
    for (const leaf of program.leaves) this.newSlot(leaf);
  }

  build(): number[] {
    const { program, fusion } = this;
    program.nodes.forEach((node, i) => {
      const isVirtual = isMovement(node) || isHeld(node) || node.op === "iota";
      if (fusion.live[i] && fusion.rootOf[i] === i && !isVirtual) this.kernelFor(node, i);
    });
    return program.outputs.map((output, i) => this.outputSlot(output, i));
  }

  /** Outputs are buffers of their own: leaves, views and what was asked for twice are copied. */
  private outputSlot(output: number, position: number): number {
    const slot = this.slotOf.get(output);
    const first = this.program.outputs.indexOf(output) === position;
    return slot !== undefined && first && this.program.nodes[output].op !== "leaf" ? slot : this.copy(output);
  }

  private newSlot(node: number): number {
    const slot = this.reserve(node);
    this.slotOf.set(node, slot);
    return slot;
  }

  private reserve(node: number): number {
    const { dtype, shape } = this.program.nodes[node];
    return this.slots.push({ dtype, length: sizeOf(shape) }) - 1;
  }

  private kernelFor(node: ProgramNode, i: number): void {
    if (isReduction(node)) this.reduction(node, i);
    else if (node.op === "matmul") this.kernels.push(this.product(i, this.newSlot(i), undefined));
    else if (this.fusion.productOf.has(i)) this.productWithEpilogue(i);
    else if (isCall(node)) this.call(node, i);
    else {
      const expression = this.expression(i, i);
      this.kernels.push({ kind: "map", expression, output: this.newSlot(i) });
    }
  }

  private call(node: ProgramNode, i: number): void {
    const { op, shape, dtype, attributes, host } = node;
    // Zeros that rows are added to are never made; all other constant inputs are written out.
    const inputs = node.inputs.map((input, position) => this.callInput(input, op === "scatterAdd" && position === 0));
    this.kernels.push({ kind: "call", op, inputs, shape, dtype, attributes, host, output: this.newSlot(i) });
  }

  private callInput(input: number, mayBeConstant: boolean): CallInput {
    const { shape, dtype } = this.program.nodes[input];
    const resolved = this.resolve(input);
    const constant = resolved && this.constantOf.get(resolved.base);
    if (mayBeConstant && constant !== undefined) return { slot: undefined, constant, offset: 0, shape, dtype };
    const slot = resolved && this.slotOf.get(resolved.base);
    if (slot === undefined || !isContiguous(resolved!.view)) {
      return { slot: this.copy(input), constant: undefined, offset: 0, shape, dtype };
    }
    return { slot, constant: undefined, offset: resolved!.view.offset, shape, dtype };
  }

  /** The slot of a contiguous copy. */
  private copy(node: number): number {
    const known = this.copies.get(node);
    if (known !== undefined && !this.program.outputs.includes(node)) return known;
    const expression = this.expression(node, -1);
    const output = this.reserve(node);
    this.kernels.push({ kind: "map", expression, output });
    this.copies.set(node, output);
    return output;
  }

  /** Follows movements down to what holds memory (or is virtual); undefined if a reshape needs a copy first. */
  private resolve(node: number): Resolved | undefined {
    const { op, inputs, shape, attributes } = this.program.nodes[node];
    if (this.slotOf.has(node) || !isMovement(this.program.nodes[node])) return { base: node, view: contiguous(shape) };
    const [input] = inputs;
    const below = this.resolve(input);
    const view = below && moved(below.view, op, attributes, shape);
    if (view !== undefined) return { base: below!.base, view };
    if (below === undefined || op !== "reshape") return undefined;
    const slot = this.copy(input);
    this.slotOf.set(input, slot);
    return { base: input, view: contiguous(shape) };
  }

  private reduction(node: ProgramNode, i: number): void {
    const { op, inputs, attributes } = node;
    const [input] = inputs;
    const { shape } = this.program.nodes[input];
    const axes = attributes.axes as readonly number[];
    const isBlock = isBlockReduction(node);
    const length = sizeOf(axes.map((axis) => shape[axis]));
    const inner = isBlock ? sizeOf(shape.slice(axes[axes.length - 1] + 1)) : 1;
    const outer = sizeOf(shape.filter((_, axis) => !axes.includes(axis))) / (inner || 1);
    const order = [...shape.keys()].filter((axis) => !axes.includes(axis)).concat(axes);
    const expression = isBlock ? this.expression(input, i) : this.permuted(input, order);
    this.kernels.push({
      kind: "reduce",
      op: op as "sum" | "max" | "min",
      expression,
      outer: inner === 0 ? 0 : outer,
      length,
      inner,
      output: this.newSlot(i),
    });
  }

  /** One load that reads a node with its axes in another order. */
  private permuted(node: number, order: readonly number[]): Expression {
    const { shape, dtype } = this.program.nodes[node];
    const { base, view } = this.viewOf(node);
    const turned = moved(
      view,
      "transpose",
      { order },
      order.map((axis) => shape[axis]),
    )!;
    return { size: sizeOf(shape), loads: [this.load(base, turned, dtype)], steps: [] };
  }

  private viewOf(node: number): Resolved {
    const resolved = this.resolve(node);
    if (resolved !== undefined) return resolved;
    const slot = this.copy(node);
    this.slotOf.set(node, slot);
    return { base: node, view: contiguous(this.program.nodes[node].shape) };
  }

  private load(base: number, view: View, dtype: Load["dtype"]): Load {
    const constant = this.constantOf.get(base);
    if (constant !== undefined) return { kind: "constant", constant, dtype };
    const slot = this.slotOf.get(base);
    if (slot === undefined) {
      if (this.program.nodes[base].op !== "iota") throw new Error(`schedule: node ${base} is read before it is made`);
      return { kind: "iota", view, dtype };
    }
    return { kind: "slot", slot, view, dtype };
  }

  /** The elementwise chain that ends at `node`, as far as it belongs to the kernel of `root`. */
  private expression(node: number, root: number): Expression {
    const { nodes } = this.program;
    const loads: Load[] = [];
    const steps: Step[] = [];
    const places = new Map<number, { readonly load: boolean; readonly at: number }>();
    const product = this.fusion.productOf.get(root);

    const place = (at: number): { readonly load: boolean; readonly at: number } => {
      const known = places.get(at);
      if (known !== undefined) return known;
      const found = visit(at);
      places.set(at, found);
      return found;
    };
    const visit = (at: number): { readonly load: boolean; readonly at: number } => {
      const { op, inputs, dtype, scalar } = nodes[at];
      if (at === product) return { load: true, at: loads.push({ kind: "product", dtype }) - 1 };
      if (this.isInside(at, root)) {
        if (op === "reshape") return place(inputs[0]);
        if (op !== "iota") {
          const args = inputs.map(place);
          return { load: false, at: steps.push({ op, args: args.map(code), dtype, scalar }) - 1 };
        }
      }
      const { base, view } = this.viewOf(at);
      return { load: true, at: loads.push(this.load(base, view, dtype)) - 1 };
    };
    // Loads are numbered before steps, but not yet counted: steps are marked by negative numbers until they are.
    const code = ({ load, at }: { readonly load: boolean; readonly at: number }) => (load ? at : -1 - at);
    const last = place(node);
    const numbered = steps.map(({ args, ...step }) => ({
      ...step,
      args: args.map((arg) => (arg < 0 ? loads.length - 1 - arg : arg)),
    }));
    if (last.load && last.at !== loads.length - 1) throw new Error("schedule: an expression's value is its last load");
    return { size: sizeOf(nodes[node].shape), loads, steps: numbered };
  }

  /** Whether a node is computed within the kernel of `root`; a reshape is if what it reshapes is. */
  private isInside(at: number, root: number): boolean {
    const node = this.program.nodes[at];
    if (node.op === "reshape") return this.isInside(node.inputs[0], root);
    return this.fusion.rootOf[at] === root && (isElementwise(node) || at === this.fusion.productOf.get(root));
  }

  private productWithEpilogue(i: number): void {
    const product = this.fusion.productOf.get(i)!;
    const epilogue = this.expression(i, i);
    this.kernels.push(this.product(product, this.newSlot(i), epilogue));
  }

  private product(i: number, output: number, epilogue: Expression | undefined): Kernel {
    const { inputs, shape, dtype } = this.program.nodes[i];
    const [left, right] = inputs;
    const batchShape = shape.slice(0, -2);
    const [rows, columns] = shape.slice(-2);
    const [inner] = this.program.nodes[left].shape.slice(-1);
    const common = { kind: "matmul", rows, inner, columns, dtype, output } as const;
    const a = this.operand(left, batchShape);
    const b = this.operand(right, batchShape);
    const kernel = { ...common, batch: sizeOf(batchShape), a, b };
    return epilogue === undefined ? kernel : { ...kernel, epilogue };
  }

  /** A factor of a product: its batch axes must step evenly, else it is copied. */
  private operand(node: number, batchShape: readonly number[]): Operand {
    const resolved = this.resolve(node);
    const slot = resolved && this.slotOf.get(resolved.base);
    if (slot !== undefined) {
      const { shape, strides, offset } = resolved!.view;
      const rank = batchShape.length;
      const [batch] = collapsed([{ shape: shape.slice(0, rank), strides: strides.slice(0, rank), offset }]);
      if (batch.shape.length <= 1) {
        return { slot, offset, strides: [batch.strides[0] ?? 0, strides[rank], strides[rank + 1]] };
      }
    }
    const { shape } = this.program.nodes[node];
    const [rows, columns] = shape.slice(-2);
    return { slot: this.copy(node), offset: 0, strides: [rows * columns, columns, 1] };
  }
}
