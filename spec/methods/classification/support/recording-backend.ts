import { type Backend, cpu } from "cotangent";
import { schedule } from "../../../../src/backends/schedule/index.js";

/** What a program needed. */
export interface Recording {
  /** Multiplications and elementwise operations, counted from the shapes. */
  readonly operations: number;
  /** Elements of the largest intermediate result or output that is stored. */
  readonly largest: number;
  /** Bytes of all intermediate results that are alive at once. */
  readonly bytes: number;
}

type Program = Parameters<Backend["run"]>[0];

/** The CPU backend, and what each program that it ran needed. */
export function recordingBackend(): { readonly backend: Backend; readonly recordings: Recording[] } {
  const inner = cpu();
  const recordings: Recording[] = [];
  const backend: Backend = {
    name: inner.name,
    dtypes: inner.dtypes,
    run: (program, leaves, constants) => {
      recordings.push(record(program));
      return inner.run(program, leaves, constants);
    },
    read: (storage) => inner.read(storage),
    watch: (storage) => inner.watch(storage),
    release: (storage) => inner.release(storage),
    memory: () => inner.memory(),
  };
  return { backend, recordings };
}

const free = new Set(["leaf", "constant", "reshape", "transpose", "broadcast", "slice", "flip", "iota"]);

function record(program: Program): Recording {
  const { slots, kernels, places } = schedule(program);
  const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
  const operations = program.nodes.reduce((total, { op, inputs, shape }) => {
    if (free.has(op)) return total;
    const input = program.nodes[inputs[0]].shape;
    if (op === "matmul") return total + sizeOf(shape) * input[input.length - 1];
    return total + Math.max(sizeOf(shape), sizeOf(input));
  }, 0);
  return {
    operations,
    largest: kernels.reduce((most, { output }) => Math.max(most, slots[output].length), 0),
    bytes: places.reduce((total, bytes) => total + bytes, 0),
  };
}
