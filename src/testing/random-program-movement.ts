import type { DType } from "../autodiff/index.js";
import * as ops from "../autodiff/index.js";
import { sameShape, sizeOf } from "../autodiff/shape.js";
import type { ProgramBuilder } from "./random-program-builder.js";
import { type Draw, sumOf } from "./random-program-claims.js";
import { boundOf } from "./random-program-line.js";
import { factors, joined, move, operand } from "./random-program-operands.js";
import { sumError } from "./random-program-reductions.js";

/** Mostly the floats that all is about; anything can be moved. */
export function anyDType(b: ProgramBuilder): DType {
  return b.chance(0.75) ? b.dtype : b.pick(["i32", "u32", "bool"]);
}

/** Any line of at least so many axes. */
function ranked(b: ProgramBuilder, rank: number): number {
  return b.any({ dtype: anyDType(b) }, ({ shape }) => shape.length >= rank);
}

const reshape: Draw = (b) => {
  const x = ranked(b, 0);
  const { shape } = b.fact(x);
  const size = sizeOf(shape);
  const wanted = size === 0 ? b.shuffled(shape) : factors(b, size);
  if (size > 0 && wanted.length > 0 && b.chance(0.3)) wanted[b.int(0, wanted.length - 1)] = -1;
  return move(b, `reshape($0, [${wanted}])`, [x], ([t]) => ops.reshape(t, wanted));
};

const transpose: Draw = (b) => {
  const x = ranked(b, 2);
  const order = b.shuffled([...b.fact(x).shape.keys()]);
  return move(b, `transpose($0, [${order}])`, [x], ([t]) => ops.transpose(t, order));
};

const slice: Draw = (b) => {
  const x = ranked(b, 1);
  const { shape } = b.fact(x);
  const starts = shape.map((size) => (b.chance(0.5) ? 0 : b.int(-size, Math.min(size, 3))));
  const ends = shape.map((size) => (b.chance(0.5) ? size : b.int(-2, size)));
  const steps = shape.map(() => b.pick([1, 1, 1, 2, 3]));
  const text = `slice($0, [${starts}], [${ends}], steps [${steps}])`;
  return move(b, text, [x], ([t]) => ops.slice(t, starts, ends, { steps }));
};

const at: Draw = (b) => {
  const x = b.any({ dtype: anyDType(b) }, ({ shape }) => sizeOf(shape) > 0 && shape.length > 0);
  const { shape } = b.fact(x);
  const axis = b.int(0, shape.length - 1);
  const position = b.int(-shape[axis], shape[axis] - 1);
  return move(b, `at($0, ${position}, ${axis})`, [x], ([t]) => ops.at(t, position, axis));
};

const flip: Draw = (b) => {
  const x = ranked(b, 1);
  const axes = b.some([...b.fact(x).shape.keys()]);
  return move(b, `flip($0, [${axes}])`, [x], ([t]) => ops.flip(t, axes));
};

const pad: Draw = (b) => {
  const x = ranked(b, 0);
  const fact = b.fact(x);
  const [before, after, interior] = [2, 2, 1].map((most) => fact.shape.map(() => (b.chance(0.6) ? 0 : b.int(0, most))));
  const value = b.pick([0, 0, 1]);
  const text = `pad($0, [${before}], [${after}], interior [${interior}], value ${value})`;
  const filler = { ...fact, low: value, high: value, grid: 0, error: 0 };
  return b.emit(text, [x], ([t]) => ops.pad(t, before, after, { interior, value }), joined([fact, filler]));
};

const broadcast: Draw = (b) => {
  const x = ranked(b, 0);
  const lead = b.chance(0.4) ? [b.int(1, 3)] : [];
  const shape = [...lead, ...b.fact(x).shape.map((size) => (size === 1 ? b.size() : size))];
  return move(b, `broadcastTo($0, [${shape}])`, [x], ([t]) => ops.broadcastTo(t, shape));
};

const expand: Draw = (b) => {
  const x = ranked(b, 0);
  const axis = b.int(0, b.fact(x).shape.length);
  return move(b, `expandDims($0, ${axis})`, [x], ([t]) => ops.expandDims(t, axis));
};

const concat: Draw = (b) => {
  const x = ranked(b, 1);
  const { shape, dtype } = b.fact(x);
  const axis = b.int(0, shape.length - 1);
  const others = Array.from({ length: b.int(0, 2) }, () =>
    b.chance(0.2)
      ? x
      : operand(
          b,
          shape.map((size, i) => (i === axis ? b.size() : size)),
          { dtype },
        ),
  );
  return move(
    b,
    `concat([${["$0", ...others.map((_, i) => `$${i + 1}`)].join(", ")}], ${axis})`,
    [x, ...others],
    (ts) => ops.concat(ts, axis),
  );
};

const stack: Draw = (b) => {
  const x = ranked(b, 0);
  const { shape, dtype } = b.fact(x);
  const axis = b.int(0, shape.length);
  return move(b, `stack([$0, $1], ${axis})`, [x, operand(b, shape, { dtype })], (ts) => ops.stack(ts, axis));
};

const diagonal: Draw = (b) => move(b, "diagonal($0)", [ranked(b, 2)], ([t]) => ops.diagonal(t));

/** A value that a kernel of its own makes, read through a view of as many elements, and maybe directly as well. */
const overItself: Draw = (b) => {
  const x = b.any({ dtype: b.dtype }, ({ shape }) => shape.length > 0);
  const fact = b.fact(x);
  const { shape } = fact;
  const count = Math.max(1, shape[0]);
  const bound = boundOf(fact) * count;
  const bounds = { low: -bound, high: bound, error: sumError(fact, boundOf(fact), count) };
  const y = b.emit("cumsum($0, 0)", [x], ([t]) => ops.cumsum(t, 0), bounds);
  if (y === undefined) return undefined;
  const made = b.fact(y);
  const view = b.chance(0.5)
    ? move(b, "transpose($0)", [y], ([t]) => ops.transpose(t))
    : move(b, "flip($0)", [y], ([t]) => ops.flip(t));
  if (view === undefined) return undefined;
  if (!sameShape(b.fact(view).shape, shape) || b.chance(0.4)) {
    return b.emit("tanh($0)", [view], ([t]) => ops.tanh(t), { low: -1, high: 1, error: made.error + 4 });
  }
  return b.emit("add($0, $1)", [y, view], ([s, t]) => ops.add(s, t), sumOf(made, b.fact(view)));
};

export const movements: readonly Draw[] = [
  reshape,
  reshape,
  transpose,
  transpose,
  slice,
  slice,
  at,
  flip,
  pad,
  broadcast,
  expand,
  concat,
  stack,
  diagonal,
  overItself,
];
