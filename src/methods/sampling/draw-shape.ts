import { checkCount, type Float, type Shape, ShapeError, showShape, type Tensor } from "../../autodiff/index.js";

/** The shape that a count of draws, or a shape, stands for. */
export function shapeOf(caller: string, shape: number | Shape): Shape {
  const sizes = typeof shape === "number" ? [shape] : shape;
  for (const count of sizes) checkCount(caller, { count }, 1);
  return sizes;
}

/** Labels `[B]` as `[B, 1, ...]`, one beside each row of the shape. */
export function besideRows(caller: string, labels: Tensor<"i32">, shape: Shape): Tensor<"i32"> {
  if (shape[0] !== labels.size) {
    throw new ShapeError(
      `${caller}: the shape is ${showShape(shape)} but must start with ${labels.size}, a row for each label`,
    );
  }
  return labels.reshape([labels.size, ...shape.slice(1).map(() => 1)]);
}

/** The finest floating-point numbers of a backend. */
export function finestFloat({ dtypes }: Tensor["backend"]): Float {
  return dtypes.has("f64") ? "f64" : "f32";
}
