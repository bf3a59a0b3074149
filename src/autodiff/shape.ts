import { ShapeError, showShape } from "./check.js";

export type Shape = readonly number[];

export { sizeOf } from "../backends/backend.js";

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** NumPy's rule: align on the right; each pair of sizes is equal or one of them is 1. */
export function broadcastShapes(caller: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(`${caller}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast`);
    }
    shape[axis] = left === 1 ? right : left;
  }
  return shape;
}

/** An axis counted from the front, given one that may count from the back. */
export function normalizeAxis(caller: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new RangeError(`${caller}: axis is ${axis} but must be in [${-rank}, ${rank}) for ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Sorted, distinct axes counted from the front; all of them when `axes` is undefined. */
export function normalizeAxes(caller: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return [...Array(rank).keys()];
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(caller, axis, rank));
  if (new Set(list).size !== list.length) throw new RangeError(`${caller}: axes ${showShape(list)} name an axis twice`);
  return list.sort((a, b) => a - b);
}

/** Throws ShapeError unless every size is a whole number ≥ 0. */
export function checkSizes(caller: string, shape: Shape): void {
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`${caller}: shape is ${showShape(shape)} but its sizes must be whole numbers ≥ 0`);
    }
  }
}
