import {
  type Attribute,
  type Backend,
  type DType,
  type HostKernel,
  type Program,
  type Storage,
  type TypedArray,
  typedArrays,
} from "../../src/backends/backend.js";

export interface Input {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** What the input holds; a number is a constant throughout. */
  readonly values: readonly number[] | number;
  /** Elements of the leaf in front of the first: the input is then a view. */
  readonly offset?: number;
}

export interface Call {
  readonly op: string;
  readonly inputs: readonly Input[];
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly host?: HostKernel;
  /** Whether the first input may be overwritten. */
  readonly donated?: boolean;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** The program of the operation alone. */
export function programOf({ op, inputs, shape, dtype, attributes = {}, host, donated = false }: Call): Program {
  const nodes: Program["nodes"][number][] = [];
  const none = {};
  const emit = (node: Partial<Program["nodes"][number]>) =>
    nodes.push({ op: "", inputs: [], shape: [], dtype: "f32", attributes: none, ...node }) - 1;
  const leafOf = new Map<number, number>();
  inputs.forEach(({ dtype, shape, values, offset = 0 }, i) => {
    if (typeof values === "number") return;
    const size = offset > 0 ? [offset + sizeOf(shape) + 3] : shape;
    leafOf.set(i, emit({ op: "leaf", shape: size, dtype }));
  });
  const constants: number[] = [];
  const places = inputs.map(({ dtype, shape, values, offset = 0 }, i) => {
    if (typeof values === "number") {
      const constant = emit({ op: "constant", dtype });
      constants.push(constant);
      return emit({ op: "broadcast", inputs: [constant], shape, dtype });
    }
    const leaf = leafOf.get(i)!;
    if (offset === 0) return leaf;
    const size = sizeOf(shape);
    const attributes = { starts: [offset], steps: [1] };
    const slice = emit({ op: "slice", inputs: [leaf], shape: [size], dtype, attributes });
    return emit({ op: "reshape", inputs: [slice], shape, dtype });
  });
  const output = emit({ op, inputs: places, shape, dtype, attributes, host });
  const leaves = [...leafOf.values()];
  return {
    key: JSON.stringify({ nodes: nodes.map(({ host: _, ...node }) => node), donated }),
    nodes,
    leaves,
    constants,
    outputs: [output],
    donated: leaves.map((_, i) => donated && i === 0),
  };
}

/** The values of the leaves; what surrounds a view is 99. */
export function leafValues({ inputs }: Call): TypedArray[] {
  return inputs.flatMap(({ dtype, values, offset = 0 }) => {
    if (typeof values === "number") return [];
    const array = new typedArrays[dtype](offset > 0 ? offset + values.length + 3 : values.length).fill(99);
    array.set(values as number[], offset);
    return [array as TypedArray];
  });
}

/** The values of the inputs that are constants. */
export function constantValues({ inputs }: Call): number[] {
  return inputs.flatMap(({ values }) => (typeof values === "number" ? [values] : []));
}

/** What the operation gives on a backend. */
export async function runOn(backend: Backend, program: Program, call: Call): Promise<TypedArray> {
  const storages = leafValues(call).map(
    (host): Storage => ({
      dtype: dtypeOf(host),
      length: host.length,
      host,
      device: undefined,
      disposed: false,
    }),
  );
  const [result] = backend.run(program, storages, constantValues(call));
  const values = (await backend.read(result)).slice() as TypedArray;
  backend.release(result);
  return values;
}

function dtypeOf(array: TypedArray): DType {
  return (Object.keys(typedArrays) as DType[]).find((dtype) => array instanceof typedArrays[dtype])!;
}
