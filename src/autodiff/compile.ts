import type { Backend, Program, Storage } from "../backends/backend.js";
import { BackendError, DisposedError } from "./check.js";
import type { DType } from "./dtype.js";
import { hold } from "./evaluate.js";
import { leafOf } from "./graph.js";
import { linearize } from "./program.js";
import { sameShape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import { leavesOf, rebuild } from "./tree.js";

export interface CompileOptions {
  /** Positions of arguments whose memory the results may take over: those tensors are disposed by the call. */
  readonly donate?: readonly number[];
}

/** A graph that was built once, for arguments of certain shapes. */
interface Trace {
  readonly backend: Backend;
  readonly likes: readonly Tensor<DType>[];
  readonly program: Program;
  readonly constants: readonly number[];
  /** For each leaf of the program the argument that fills it, or what the function has captured. */
  readonly sources: readonly (number | Storage)[];
  readonly outputs: readonly Tensor<DType>[];
  readonly tree: unknown;
}

/**
 * A function whose graph is built at its first call and then replayed: later calls cost neither the building nor the
 * planning. What comes back is evaluated, as by `evaluate`, and is the caller's to dispose of.
 *
 * The graph is built anew for arguments of other shapes, dtypes or backends. Everything else is fixed when it is built:
 * numbers that the function computes, the tensors that it captures, the branches that it takes. Inside it no value can be
 * read, and checks that look at values (labels in range) are left out.
 *
 * @param f - takes tensors, or trees of them, and returns a tree of tensors
 * @returns a function of the same arguments
 * @throws BackendError if a captured tensor lives on another backend than the arguments
 * @throws DisposedError at a call, if an argument or a captured tensor has been disposed
 *
 * @example
 * import { compile, tensor } from "cotangent";
 *
 * const norm = compile((x) => x.mul(x).sum());
 * console.log(await norm(tensor([3, 4])).item()); // 25
 */
export function compile<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  { donate = [] }: CompileOptions = {},
): (...args: Args) => Result {
  const traces: Trace[] = [];
  return (...args) => {
    const tensors = leavesOf<Tensor<DType>>(args);
    let trace = traces.find(({ backend, likes }) => fits(backend, likes, tensors));
    if (trace === undefined) {
      trace = traceOf(f, args, tensors, donate);
      traces.push(trace);
    }
    return replay(trace, tensors) as Result;
  };
}

function fits(backend: Backend, likes: readonly Tensor<DType>[], tensors: readonly Tensor<DType>[]): boolean {
  if (likes.length !== tensors.length) return false;
  return tensors.every(
    (tensor, i) =>
      tensor.backend === backend && tensor.dtype === likes[i].dtype && sameShape(tensor.shape, likes[i].shape),
  );
}

function traceOf<Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  args: Args,
  tensors: readonly Tensor<DType>[],
  donate: readonly number[],
): Trace {
  const likes = tensors.map((tensor) => leafOf(tensor, placeholder(tensor)));
  const argumentOf = new Map(likes.map(({ storage }, i) => [storage!, i]));
  const given = rebuild<Args>(args, likes);
  const tree = f(...given);
  const outputs = leavesOf<Tensor<DType>>(tree);
  const [{ backend }] = [...tensors, ...outputs];
  for (const output of outputs) {
    if (output.backend !== backend) {
      throw new BackendError(
        `compile: a result lives on ${output.backend.name} but the arguments on ${backend.name}; create them on one`,
      );
    }
  }
  const donated = new Set(donate.flatMap((at) => leavesOf<Tensor<DType>>(given[at]).map(({ storage }) => storage!)));
  const { program, storages, constants } = linearize(outputs, donated);
  const sources = storages.map((storage) => argumentOf.get(storage) ?? storage);
  return { backend, likes, program, constants, sources, outputs, tree };
}

/** Stands for an argument's values while the graph is built. */
function placeholder({ dtype, size }: Tensor<DType>): Storage {
  return { dtype, length: size, host: undefined, device: undefined, disposed: false };
}

function replay(
  { backend, program, constants, sources, outputs, tree }: Trace,
  tensors: readonly Tensor<DType>[],
): unknown {
  const storages = sources.map((source) => {
    const storage = typeof source === "number" ? hold(tensors[source]) : source;
    if (storage.disposed)
      throw new DisposedError("compile: a tensor that is needed has been disposed; dispose it later");
    return storage;
  });
  const results = backend.run(program, storages, constants);
  for (const storage of results) backend.watch(storage);
  return rebuild(
    tree,
    results.map((storage, i) => leafOf(outputs[i], storage)),
  );
}
