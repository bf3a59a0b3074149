import { checkCount, ShapeError, showShape } from "../check.js";
import { checkSameDType, type DType } from "../dtype.js";
import { apply } from "../graph.js";
import { normalizeAxes, normalizeAxis, type Shape, sameShape, sizeOf } from "../shape.js";
import type { Pullback, Tensor } from "../tensor.js";
import { sum } from "./reduce.js";

/** The same elements in row-major order under another shape; one size may be −1: whatever is left. */
export function reshape<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  let wanted = shape;
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const others = sizeOf(shape.filter((_, axis) => axis !== open));
    wanted = shape.map((size, axis) => (axis === open ? (others === 0 ? 0 : x.size / others) : size));
  }
  if (sameShape(wanted, x.shape)) return x;
  if (wanted.some((size) => !Number.isInteger(size) || size < 0) || sizeOf(wanted) !== x.size) {
    throw new ShapeError(`reshape: shape is ${showShape(shape)} but x, ${showShape(x.shape)}, has ${x.size} elements`);
  }
  return move("reshape", x, wanted, {}, (grad) => [reshape(grad, x.shape)]);
}

/** Reorders the axes: axis `i` of the result is axis `order[i]` of `x`. Without an order, all are reversed. */
export function transpose<D extends DType>(x: Tensor<D>, order?: readonly number[]): Tensor<D> {
  const rank = x.shape.length;
  const axes = (order ?? x.shape.map((_, axis) => rank - 1 - axis)).map((axis) =>
    normalizeAxis("transpose", axis, rank),
  );
  if (axes.length !== rank || new Set(axes).size !== rank) {
    throw new ShapeError(`transpose: order is ${showShape(order ?? [])} but must name each of the ${rank} axes once`);
  }
  if (axes.every((axis, i) => axis === i)) return x;
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  const shape = axes.map((axis) => x.shape[axis]);
  return move("transpose", x, shape, { order: axes }, (grad) => [transpose(grad, inverse)]);
}

/** The two last axes exchanged: the transpose of each matrix in a batch. */
export function transposeLast<D extends DType>(x: Tensor<D>): Tensor<D> {
  const rank = x.shape.length;
  if (rank < 2) throw new ShapeError(`transposeLast: x has shape ${showShape(x.shape)} but must have 2 axes or more`);
  return transpose(x, [...x.shape.keys()].slice(0, -2).concat(rank - 1, rank - 2));
}

/** Repeats along new leading axes and along axes of size 1, without copying. */
export function broadcastTo<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D> {
  if (sameShape(x.shape, shape)) return x;
  const lead = shape.length - x.shape.length;
  if (lead < 0 || x.shape.some((size, axis) => size !== 1 && size !== shape[axis + lead])) {
    throw new ShapeError(
      `broadcastTo: x has shape ${showShape(x.shape)}, which does not stretch to ${showShape(shape)}`,
    );
  }
  return move("broadcast", x, shape, {}, (grad) => {
    const repeated = shape.flatMap((size, axis) =>
      axis < lead || (x.shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
    );
    return [reshape(sum(grad, repeated), x.shape)];
  });
}

/** Where a slice starts, where it ends (exclusive) and how far it steps, an entry an axis. */
export interface SliceOptions {
  /** Steps, whole numbers ≥ 1. Default 1. */
  readonly steps?: readonly number[];
}

/** `x[starts[0] : ends[0] : steps[0], …]`; negative positions count from the back, missing axes are taken whole. */
export function slice<D extends DType>(
  x: Tensor<D>,
  starts: readonly number[],
  ends: readonly number[],
  { steps = [] }: SliceOptions = {},
): Tensor<D> {
  const rank = x.shape.length;
  if (starts.length > rank || ends.length > rank || steps.length > rank) {
    throw new ShapeError(`slice: bounds are given for more than the ${rank} axes of x, ${showShape(x.shape)}`);
  }
  const clip = (position: number, size: number) =>
    Math.min(size, Math.max(0, position < 0 ? position + size : position));
  const from = x.shape.map((size, axis) => clip(starts[axis] ?? 0, size));
  const step = x.shape.map((_, axis) => steps[axis] ?? 1);
  for (const stride of step) checkCount("slice", { step: stride }, 1);
  const shape = x.shape.map((size, axis) =>
    Math.max(0, Math.ceil((clip(ends[axis] ?? size, size) - from[axis]) / step[axis])),
  );
  if (sameShape(shape, x.shape)) return x;
  return move("slice", x, shape, { starts: from, steps: step }, (grad) => {
    const interior = step.map((stride) => stride - 1);
    const after = shape.map((size, axis) =>
      size === 0 ? x.shape[axis] - from[axis] : x.shape[axis] - from[axis] - ((size - 1) * step[axis] + 1),
    );
    return [pad(grad, from, after, { interior })];
  });
}

/** One position of an axis; the axis goes. Negative positions count from the back. */
export function at<D extends DType>(x: Tensor<D>, position: number, axis = 0): Tensor<D> {
  const place = normalizeAxis("at", axis, x.shape.length);
  const index = normalizeAxis("at", position, x.shape[place]);
  const starts = x.shape.map((_, i) => (i === place ? index : 0));
  const ends = x.shape.map((size, i) => (i === place ? index + 1 : size));
  return reshape(
    slice(x, starts, ends),
    x.shape.filter((_, i) => i !== place),
  );
}

export interface PadOptions {
  /** How many fillers go between neighbours, an entry an axis. Default 0. */
  readonly interior?: readonly number[];
  /** The filler. Default 0. */
  readonly value?: number;
}

/** Surrounds (and with `interior` interleaves) the elements with a value; `before` and `after` have an entry an axis. */
export function pad<D extends DType>(
  x: Tensor<D>,
  before: readonly number[],
  after: readonly number[],
  { interior = x.shape.map(() => 0), value = 0 }: PadOptions = {},
): Tensor<D> {
  const rank = x.shape.length;
  if (before.length !== rank || after.length !== rank || interior.length !== rank) {
    throw new ShapeError(`pad: before, after and interior need an entry for each of the ${rank} axes of x`);
  }
  for (const count of [...before, ...after, ...interior]) checkCount("pad", { padding: count }, 0);
  const span = x.shape.map((size, axis) => (size === 0 ? 0 : size + (size - 1) * interior[axis]));
  const shape = span.map((size, axis) => before[axis] + size + after[axis]);
  if (sameShape(shape, x.shape)) return x;
  return move("pad", x, shape, { before, interior, value }, (grad) => [
    slice(
      grad,
      before,
      before.map((start, axis) => start + span[axis]),
      { steps: interior.map((gap) => gap + 1) },
    ),
  ]);
}

/** Joins tensors along an axis on which alone they may differ in size. */
export function concat<D extends DType>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (tensors.length === 0) throw new RangeError("concat: tensors is empty but must hold at least one");
  const [first] = tensors;
  const place = normalizeAxis("concat", axis, first.shape.length);
  for (const tensor of tensors) {
    checkSameDType("concat", { "the first": first, another: tensor });
    if (
      tensor.shape.length !== first.shape.length ||
      tensor.shape.some((size, i) => i !== place && size !== first.shape[i])
    ) {
      throw new ShapeError(
        `concat: shapes ${showShape(first.shape)} and ${showShape(tensor.shape)} differ outside of axis ${place}`,
      );
    }
  }
  if (tensors.length === 1) return first;
  const ends: number[] = [];
  let total = 0;
  for (const tensor of tensors) ends.push((total += tensor.shape[place]));
  const shape = first.shape.map((size, i) => (i === place ? total : size));
  return apply("concat", "concat", tensors, {
    shape,
    dtype: first.dtype,
    attributes: { axis: place },
    pullback: (grad) =>
      tensors.map((tensor, i) => {
        const starts = shape.map((_, j) => (j === place ? ends[i] - tensor.shape[place] : 0));
        return slice(
          grad,
          starts,
          shape.map((size, j) => (j === place ? ends[i] : size)),
        );
      }),
  });
}

/** Joins tensors of one shape along a new axis. */
export function stack<D extends DType>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (tensors.length === 0) throw new RangeError("stack: tensors is empty but must hold at least one");
  const place = normalizeAxis("stack", axis, tensors[0].shape.length + 1);
  return concat(
    tensors.map((tensor) => expandDims(tensor, place)),
    place,
  );
}

/** A new axis of size 1 at the given place of the result. */
export function expandDims<D extends DType>(x: Tensor<D>, axis: number): Tensor<D> {
  const place = normalizeAxis("expandDims", axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, place), 1, ...x.shape.slice(place)]);
}

/** Reverses the order along the axes; along all of them by default. */
export function flip<D extends DType>(x: Tensor<D>, axes?: number | readonly number[]): Tensor<D> {
  const places = normalizeAxes("flip", axes, x.shape.length);
  if (places.length === 0) return x;
  return move("flip", x, x.shape, { axes: places }, (grad) => [flip(grad, places)]);
}

function move<D extends DType>(
  op: string,
  x: Tensor<D>,
  shape: Shape,
  attributes: Readonly<Record<string, number | readonly number[]>>,
  pullback: Pullback,
): Tensor<D> {
  return apply(op, op, [x], { shape, dtype: x.dtype, attributes, pullback });
}
