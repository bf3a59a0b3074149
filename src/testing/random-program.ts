import { type DType, mean, type Tensor } from "../autodiff/index.js";
import { fromValues } from "../autodiff/ops/create.js";
import type { Backend } from "../backends/backend.js";
import { isLeaf, type Line, valuesOf } from "./random-program-line.js";

/** Half of the spacing of the numbers near 1: what one operation may lose, relative to its result. */
const roundings: Readonly<Partial<Record<DType, number>>> = { f32: 2 ** -24, f64: 2 ** -53 };

/**
 * A program of tensor operations: leaves with values of their own, operations in order, and which results are read. It
 * prints as a list of lines, such as `t3 = matmul(t0, t2)`.
 */
export class RandomProgram {
  /** The float dtype of whatever is not exact. */
  readonly dtype: "f32" | "f64";
  readonly lines: readonly Line[];
  /** Positions of the lines whose values are the program's results; a line may come twice, and may be a leaf. */
  readonly outputs: readonly number[];

  /** @internal Drawn by `randomPrograms`. */
  constructor(dtype: "f32" | "f64", lines: readonly Line[], outputs: readonly number[]) {
    this.dtype = dtype;
    this.lines = lines;
    this.outputs = outputs;
  }

  /** How many operations it has; leaves are none. */
  get operations(): number {
    return this.lines.filter((line) => !isLeaf(line)).length;
  }

  /**
   * The leaves as tensors on a backend.
   *
   * @param variant - other numbers are drawn for each, 0 or more; lists that have to be as they are stay. Default 0
   */
  inputs(backend: Backend, variant = 0): Tensor<DType>[] {
    return this.lines.filter(isLeaf).map(({ fact, leaf }) => {
      const { shape, dtype } = fact;
      return fromValues(valuesOf(fact, leaf, variant), { backend, shape, dtype });
    });
  }

  /** All lines as tensors, which nothing has been computed of yet. */
  trace(inputs: readonly Tensor<DType>[]): Tensor<DType>[] {
    const [{ backend }] = inputs;
    const tensors: Tensor<DType>[] = [];
    let leaves = 0;
    for (const line of this.lines) {
      if (isLeaf(line)) tensors.push(inputs[leaves++]);
      else
        tensors.push(
          line.apply(
            line.inputs.map((input) => tensors[input] as Tensor<never>),
            backend,
          ),
        );
    }
    return tensors;
  }

  /** The results for the given leaves, as tensors which nothing has been computed of yet. */
  apply(inputs: readonly Tensor<DType>[]): Tensor<DType>[] {
    const tensors = this.trace(inputs);
    return this.outputs.map((output) => tensors[output]);
  }

  /** The results on a backend, for its own leaves. */
  run(backend: Backend): Tensor<DType>[] {
    return this.apply(this.inputs(backend));
  }

  /** How far each result may be from another backend's, in absolute terms; 0 where it is exact. */
  get allowances(): number[] {
    return this.outputs.map((output) => 4 * this.lines[output].fact.error * roundings[this.dtype]!);
  }

  /** Which leaves a gradient of `objective` is taken with respect to. */
  get variables(): boolean[] {
    return this.lines.filter(isLeaf).map(({ fact }) => fact.dtype === this.dtype);
  }

  /** A scalar function of the leaves: the sum of the means of all results in which no rounding can turn a slope around. */
  objective(inputs: readonly Tensor<DType>[]): Tensor {
    const results = this.apply(inputs);
    const parts = results.flatMap((result, i) => {
      const { dtype, smooth, shape } = this.lines[this.outputs[i]].fact;
      return dtype === this.dtype && smooth && !shape.includes(0) ? [mean(result as Tensor).mul(1 + i / 4)] : [];
    });
    const nothing = fromValues([0], { backend: inputs[0].backend, shape: [], dtype: this.dtype }) as Tensor;
    return parts.reduce((total, part) => total.add(part), nothing);
  }

  /** The lines, one below the other. */
  toString(): string {
    const names = this.lines.map((_, i) => `t${i}`);
    const text = this.lines.map(({ text, inputs, fact }, i) => {
      const call = text.replace(/\$(\d+)/g, (_, place: string) => names[inputs[Number(place)]]);
      return `${names[i]} = ${call}  // ${fact.dtype} [${fact.shape.join(", ")}]`;
    });
    return ["", ...text, `return ${this.outputs.map((output) => names[output]).join(", ")}`, ""].join("\n");
  }
}
