/** How a buffer is read as a tensor: element `[i, j, …]` is at `offset + i·strides[0] + j·strides[1] + …`. */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

export function contiguous(shape: readonly number[]): View {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return { shape, strides, offset: 0 };
}

/** Whether the elements follow each other in row-major order. */
export function isContiguous({ shape, strides }: View): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

type Movement = Readonly<Record<string, unknown>>;

/** The view that a movement of a view gives; undefined where only a copy can be reshaped. */
export function moved(view: View, op: string, attributes: Movement, shape: readonly number[]): View | undefined {
  const { strides, offset } = view;
  switch (op) {
    case "reshape":
      return reshaped(view, shape);
    case "transpose": {
      const order = attributes.order as readonly number[];
      return { shape, strides: order.map((axis) => strides[axis]), offset };
    }
    case "broadcast": {
      const lead = shape.length - view.shape.length;
      const stretched = shape.map((size, axis) =>
        axis < lead || (view.shape[axis - lead] === 1 && size !== 1) ? 0 : strides[axis - lead],
      );
      return { shape, strides: stretched, offset };
    }
    case "slice": {
      const starts = attributes.starts as readonly number[];
      const steps = attributes.steps as readonly number[];
      const first = starts.reduce((sum, start, axis) => sum + start * strides[axis], offset);
      return { shape, strides: strides.map((stride, axis) => stride * steps[axis]), offset: first };
    }
    case "flip": {
      const axes = attributes.axes as readonly number[];
      const last = axes.reduce((sum, axis) => sum + Math.max(0, shape[axis] - 1) * strides[axis], offset);
      return { shape, strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)), offset: last };
    }
    default:
      throw new Error(`schedule: ${op} is no movement`);
  }
}

function reshaped(view: View, shape: readonly number[]): View | undefined {
  if (isContiguous(view)) return { ...contiguous(shape), offset: view.offset };
  const runs = collapsed([view])[0];
  const strides = new Array<number>(shape.length).fill(0);
  let run = runs.shape.length - 1;
  let left = runs.shape[run] ?? 1; // how much of the current run is not yet covered by new axes
  let step = runs.strides[run] ?? 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis];
    if (size === 1) continue;
    if (left === 1 && run > 0) {
      run -= 1;
      left = runs.shape[run];
      step = runs.strides[run];
    }
    if (left % size !== 0) return undefined;
    strides[axis] = step;
    step *= size;
    left /= size;
  }
  return { shape, strides, offset: view.offset };
}

/** Views of one shape with neighbouring axes merged wherever all of them allow it, and axes of size 1 left out. */
export function collapsed(views: readonly View[]): View[] {
  const [{ shape }] = views;
  const sizes: number[] = [];
  const strides: number[][] = views.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    const joins = last >= 0 && views.every((view, i) => strides[i][last] === view.strides[axis] * size);
    if (joins) sizes[last] *= size;
    else sizes.push(size);
    const place = sizes.length - 1;
    views.forEach((view, i) => {
      strides[i][place] = view.strides[axis];
    });
  });
  return views.map(({ offset }, i) => ({ shape: sizes, strides: strides[i], offset }));
}
