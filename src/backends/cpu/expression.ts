import type { TypedArray } from "../backend.js";
import { collapsed, type Expression, type Load, type View } from "../schedule/index.js";
import { allocate } from "./allocate.js";
import { type Loop, loopOf, type Run } from "./loops.js";

/** Elements that a chain computes at a time, at most: few enough that all of its results stay in the first cache. */
const longestChunk = 1024;

interface BoundStep {
  readonly loop: Loop;
  readonly args: readonly Run[];
  readonly out: Run;
}

interface BoundLoad {
  readonly load: Load;
  readonly view: View | undefined;
  readonly run: Run;
  /** Where elements that do not lie evenly are copied to. */
  scratch: TypedArray;
}

const unused: Run = { array: new Float64Array(0), offset: 0, stride: 0 };

/** Computes a fused chain a chunk at a time, in row-major order. */
export class Chain {
  readonly size: number;
  /** Elements to compute at a time: a row where that is long enough, as a row of any view lies evenly. */
  private readonly chunk: number;
  private readonly loads: readonly BoundLoad[];
  private readonly steps: readonly BoundStep[];
  private readonly result: Run;
  /** The buffers of this run. */
  private sources: readonly TypedArray[] = [];

  constructor({ size, loads, steps }: Expression) {
    this.size = size;
    this.loads = loads.map((load) => {
      const view = "view" in load ? collapsed([load.view])[0] : undefined;
      return { load, view, run: { array: unused.array, offset: 0, stride: 0 }, scratch: unused.array };
    });
    const rows = this.loads.flatMap(({ view }) =>
      view !== undefined && view.shape.length > 1 ? view.shape.slice(-1) : [],
    );
    const shortest = Math.min(longestChunk, ...rows);
    this.chunk = shortest * 8 < longestChunk ? longestChunk : shortest;
    const runs: Run[] = this.loads.map(({ run }) => run);
    const dtypes = loads.map(({ dtype }) => dtype);
    const lastUse = new Map<number, number>();
    steps.forEach(({ args }, i) => {
      for (const arg of args) lastUse.set(arg, i);
    });
    const free: Run[] = [];
    this.steps = steps.map(({ op, args, dtype, scalar }, i) => {
      const sized = allocate(dtype, 0).constructor;
      const index = free.findIndex(({ array }) => array.constructor === sized);
      const out =
        index >= 0 ? free.splice(index, 1)[0] : { array: allocate(dtype, longestChunk), offset: 0, stride: 1 };
      const from = dtypes[op === "where" ? args[1] : args[0]];
      const bound = { loop: loopOf(op, from, dtype, scalar), args: args.map((arg) => runs[arg]), out };
      runs.push(out);
      dtypes.push(dtype);
      for (const arg of new Set(args)) {
        if (arg >= loads.length && lastUse.get(arg) === i) free.push(runs[arg]);
      }
      return bound;
    });
    this.result = runs[runs.length - 1];
  }

  /** Points the loads at the buffers of this run. */
  bind(slots: readonly TypedArray[], constants: readonly number[], product?: TypedArray): void {
    this.sources = slots;
    for (const bound of this.loads) {
      const { load, view, run } = bound;
      if (load.kind === "constant") {
        if (run.array.length === 0) run.array = allocate(load.dtype, 1);
        run.array[0] = constants[load.constant];
      } else if (load.kind === "product") {
        run.array = product!;
        run.stride = 1;
      } else if (view!.shape.length > 1 || load.kind === "iota") {
        bound.scratch = bound.scratch.length > 0 ? bound.scratch : allocate(load.dtype, longestChunk);
      } else {
        run.array = slots[load.slot];
        run.stride = view!.strides[0] ?? 0;
      }
    }
  }

  /** Calls `body` for chunk after chunk. */
  forEachChunk(body: (start: number, count: number) => void): void {
    for (let start = 0; start < this.size; start += this.chunk) body(start, Math.min(this.chunk, this.size - start));
  }

  /**
   * Computes elements `start … start + count − 1` (at most a chunk), into `out[at…]` if that is given, and says where
   * they are. `base` is the position of the product's first element, where a load reads the product.
   */
  compute(start: number, count: number, out?: TypedArray, at = 0, base = 0): Run {
    for (const { load, view, run, scratch } of this.loads) {
      if (load.kind === "constant") continue;
      if (load.kind === "product") run.offset = start - base;
      else if (load.kind === "iota") aim(run, scratch, view!, start, count, undefined);
      else if (view!.shape.length > 1) aim(run, scratch, view!, start, count, this.sources[load.slot]);
      else run.offset = view!.offset + start * run.stride;
    }
    const last = this.steps.length - 1;
    for (let i = 0; i <= last; i++) {
      const { loop, args, out: own } = this.steps[i];
      const [a, b = unused, c = unused] = args;
      if (i === last && out !== undefined) loop(out, at, count, a, b, c);
      else loop(own.array, 0, count, a, b, c);
    }
    if (last < 0 && out !== undefined) copy(out, at, count, this.result);
    return this.result;
  }
}

function copy(out: TypedArray, at: number, count: number, { array, offset, stride }: Run): void {
  for (let i = 0, j = offset; i < count; i++, j += stride) out[at + i] = array[j];
}

/**
 * Points `run` at elements `start … start + count − 1` of a view of `source`, or of positions if there is no source. What
 * does not lie within one row of the source is copied to `scratch`.
 */
function aim(
  run: Run,
  scratch: TypedArray,
  view: View,
  start: number,
  count: number,
  source: TypedArray | undefined,
): void {
  const { shape, strides } = view;
  const inner = shape[shape.length - 1] ?? 1;
  const step = strides[shape.length - 1] ?? 0;
  const column = start % inner;
  let row = Math.floor(start / inner);
  if (source !== undefined && column + count <= inner) {
    run.array = source;
    run.offset = startOfRow(view, row) + column * step;
    run.stride = step;
    return;
  }
  run.array = scratch;
  run.offset = 0;
  run.stride = 1;
  for (let done = 0, skipped = column; done < count; row++, skipped = 0) {
    let from = startOfRow(view, row) + skipped * step;
    const end = Math.min(count, done + inner - skipped);
    if (source === undefined) for (; done < end; done++, from += step) scratch[done] = from;
    else if (step === 0) scratch.fill(source[from], done, end);
    else for (; done < end; done++, from += step) scratch[done] = source[from];
    done = end;
  }
}

function startOfRow({ shape, strides, offset }: View, row: number): number {
  let at = offset;
  for (let axis = shape.length - 2, rest = row; axis >= 0; axis--) {
    const size = shape[axis];
    at += (rest % size) * strides[axis];
    rest = Math.floor(rest / size);
  }
  return at;
}
