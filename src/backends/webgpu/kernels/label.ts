import type { Expression, Kernel } from "../../schedule/index.js";

/** Operations that a message names, at most. */
const mostNamed = 6;

function steps({ steps: list }: Expression): string {
  if (list.length === 0) return "copy";
  const ops = list.map(({ op }) => op);
  return ops.length <= mostNamed ? ops.join(", ") : `${ops.slice(0, mostNamed).join(", ")}, …`;
}

function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** A kernel in words: its operations and the shapes that they work on. */
export function labelOf(kernel: Kernel): string {
  switch (kernel.kind) {
    case "map":
      return `${steps(kernel.expression)} of ${kernel.expression.size} elements`;
    case "reduce": {
      const { op, expression, outer, length, inner } = kernel;
      const shape = `${op} over the middle of ${show([outer, length, inner])}`;
      return expression.steps.length === 0 ? shape : `${shape} of ${steps(expression)}`;
    }
    case "matmul": {
      const { batch, rows, inner, columns, epilogue } = kernel;
      const product = `matmul of ${show([batch, rows, inner])} and ${show([batch, inner, columns])}`;
      return epilogue === undefined ? product : `${product}, then ${steps(epilogue)}`;
    }
    case "call":
      return `${kernel.op} of ${kernel.inputs.map(({ shape }) => show(shape)).join(", ")}`;
  }
}
