import { broadcastTo, flip, reshape, slice, transpose } from "../autodiff/index.js";
import { sameShape, sizeOf } from "../autodiff/shape.js";
import type { ProgramBuilder, Want } from "./random-program-builder.js";
import type { Apply, Fact } from "./random-program-line.js";

/** Adds an operation that only moves elements of its inputs: what held of them holds of the result. */
export function move(b: ProgramBuilder, text: string, inputs: readonly number[], apply: Apply): number | undefined {
  return b.emit(text, inputs, apply, joined(inputs.map((input) => b.fact(input))));
}

/** What holds of elements that are each taken from one of several tensors. */
export function joined(facts: readonly Fact[]): Pick<Fact, "low" | "high" | "grid" | "error"> {
  const grids = facts.map(({ grid }) => grid);
  return {
    low: Math.min(...facts.map(({ low }) => low)),
    high: Math.max(...facts.map(({ high }) => high)),
    grid: grids.includes(undefined) ? undefined : Math.max(...(grids as number[])),
    error: Math.max(...facts.map(({ error }) => error)),
  };
}

/** A factorization of the size into up to four axes, some of them 1. */
export function factors(b: ProgramBuilder, size: number): number[] {
  const shape: number[] = [];
  let rest = size;
  while (rest > 1 && shape.length < 3) {
    const divisors = Array.from({ length: Math.min(rest, 40) }, (_, i) => i + 1).filter((d) => rest % d === 0);
    const divisor = b.pick(divisors);
    shape.push(divisor);
    rest /= divisor;
  }
  if (rest !== 1 || b.chance(0.2)) shape.push(rest);
  return shape;
}

/** A line of exactly this shape: one that is there, a new leaf, or a view of either. */
export function operand(b: ProgramBuilder, shape: readonly number[], want: Want): number {
  const known = b.chance(0.6) ? b.find((fact) => b.fits(fact, want) && sameShape(fact.shape, shape)) : undefined;
  if (known !== undefined) return known;
  if (b.chance(0.5) || shape.length > 4) return b.leaf(shape, want);
  const disguises = [transposed, sliced, flipped, stretched, cutToSize, reshaped];
  return b.pick(disguises)(b, shape, want) ?? b.leaf(shape, want);
}

type Disguise = (b: ProgramBuilder, shape: readonly number[], want: Want) => number | undefined;

const transposed: Disguise = (b, shape, want) => {
  const order = b.shuffled([...shape.keys()]);
  const before = order.map((_, axis) => shape[order.indexOf(axis)]);
  const x = operand(b, before, want);
  return move(b, `transpose($0, [${order}])`, [x], ([t]) => transpose(t, order));
};

const sliced: Disguise = (b, shape, want) => {
  const steps = shape.map(() => b.pick([1, 1, 2, 3]));
  const starts = shape.map(() => b.int(0, 2));
  const ends = shape.map((size, axis) => starts[axis] + Math.max(0, (size - 1) * steps[axis] + 1));
  const whole = ends.map((end, axis) => (shape[axis] === 0 ? starts[axis] : end) + b.int(0, 2));
  if (sizeOf(whole) > 4000) return undefined;
  const x = operand(b, whole, want);
  const stops = ends.map((end, axis) => (shape[axis] === 0 ? starts[axis] : end));
  return move(b, `slice($0, [${starts}], [${stops}], steps [${steps}])`, [x], ([t]) =>
    slice(t, starts, stops, { steps }),
  );
};

const flipped: Disguise = (b, shape, want) => {
  const axes = b.some([...shape.keys()]);
  return move(b, `flip($0, [${axes}])`, [operand(b, shape, want)], ([t]) => flip(t, axes));
};

const stretched: Disguise = (b, shape, want) => {
  const before = shape.map((size) => (b.chance(0.5) ? 1 : size)).slice(b.pick([0, 0, 1]));
  const x = operand(b, before, want);
  return move(b, `broadcastTo($0, [${shape}])`, [x], ([t]) => broadcastTo(t, shape));
};

/** The first elements of something larger, in another shape. */
const cutToSize: Disguise = (b, shape, want) => {
  const size = sizeOf(shape);
  const x = b.find((fact) => b.fits(fact, want) && sizeOf(fact.shape) >= size);
  if (x === undefined) return undefined;
  const flat = move(b, "reshape($0, [-1])", [x], ([t]) => reshape(t, [t.size]));
  const start = b.int(0, sizeOf(b.fact(x).shape) - size);
  const part =
    flat && move(b, `slice($0, [${start}], [${start + size}])`, [flat], ([t]) => slice(t, [start], [start + size]));
  return part && move(b, `reshape($0, [${shape}])`, [part], ([t]) => reshape(t, shape));
};

const reshaped: Disguise = (b, shape, want) => {
  const x = operand(b, factors(b, sizeOf(shape)), want);
  return move(b, `reshape($0, [${shape}])`, [x], ([t]) => reshape(t, shape));
};

/** A shape that stretches to the given one, or that it stretches to. */
export function partnerShape(b: ProgramBuilder, shape: readonly number[]): number[] {
  if (b.chance(0.5)) return [...shape];
  const part = shape.map((size) => (size === 1 && b.chance(0.3) ? b.size() : b.chance(0.3) ? 1 : size));
  if (b.chance(0.2) && part.length < 4) return [b.pick([1, 2, 3]), ...part];
  return b.chance(0.3) ? part.slice(b.int(0, part.length)) : part;
}
