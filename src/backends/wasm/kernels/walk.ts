import type { View } from "../../schedule/index.js";

/** Where a view's elements are: `offset + Σ index·rowStrides + column·innerStride`. */
export interface Path {
  readonly offset: number;
  readonly rowStrides: readonly number[];
  readonly innerStride: number;
}

/** How the elements of a chain are walked: rows of `inner` elements, along which every path steps evenly. */
export interface Walk {
  readonly rowShape: readonly number[];
  readonly inner: number;
  /** One a view; undefined where a view cuts its elements into rows that do not fit the others'. */
  readonly paths: readonly (Path | undefined)[];
}

/** The rows that all views of `size` elements have in common, as long as they can be, never across a boundary. */
export function walkOf(size: number, views: readonly View[], boundaries: readonly number[] = []): Walk {
  let edges = nested([1, size, ...boundaries])!;
  const fits = views.map((view) => {
    const finer = nested([...edges, ...edgesOf(view)]);
    if (finer !== undefined) edges = finer;
    return finer !== undefined;
  });
  // From the outermost axis to the innermost.
  const sizes = edges.slice(1).map((edge, i) => edge / edges[i]);
  const lows = edges.slice(0, -1);
  sizes.reverse();
  lows.reverse();
  const strides = views.map((view, i) => (fits[i] ? lows.map((low) => strideAt(view, low)) : undefined));
  const shape: number[] = [];
  const kept: number[] = []; // for each axis of `shape`, the innermost of the axes that it is made of
  sizes.forEach((length, axis) => {
    const last = kept.length - 1;
    const joins =
      last >= 0 &&
      !boundaries.includes(lows[axis - 1]) &&
      strides.every((steps) => steps === undefined || steps[axis - 1] === steps[axis] * length);
    if (joins) {
      shape[last] *= length;
      kept[last] = axis;
    } else {
      shape.push(length);
      kept.push(axis);
    }
  });
  const isSingle = boundaries.includes(1); // a row of one element is an axis like any other
  if (isSingle) shape.push(1);
  const paths = strides.map((steps, i) => {
    if (steps === undefined) return undefined;
    const joined = kept.map((axis) => steps[axis]).concat(isSingle ? [0] : []);
    return { offset: views[i].offset, rowStrides: joined.slice(0, -1), innerStride: joined.at(-1) ?? 0 };
  });
  return { rowShape: shape.slice(0, -1), inner: shape.at(-1) ?? 1, paths };
}

/** Sorted, without duplicates, if each divides the next. */
function nested(edges: readonly number[]): number[] | undefined {
  const sorted = [...new Set(edges)].sort((a, b) => a - b);
  return sorted.every((edge, i) => i === 0 || edge % sorted[i - 1] === 0) ? sorted : undefined;
}

/** Sizes of the view's trailing axes. */
function edgesOf({ shape }: View): number[] {
  let size = 1;
  return shape.toReversed().map((length) => {
    size *= length;
    return size;
  });
}

/** The step from one element to the one `low` places on, where `low` is inside one axis. */
function strideAt({ shape, strides }: View, low: number): number {
  let below = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (low < below * shape[axis]) return strides[axis] * (low / below);
    below *= shape[axis];
  }
  return 0;
}
