export * from "./check.js";
export type { Backend, MemoryUse, TypedArray } from "../backends/backend.js";
export type { ArrayOf, DType, Float } from "./dtype.js";
export { evaluate, type EvaluateOptions } from "./evaluate.js";
export * from "./ops/index.js";
export type { Shape } from "./shape.js";
export { type Operand, type Pullback, Tensor } from "./tensor.js";
export { customVjp, grad, hvp, jvp, stopGradient, valueAndGrad, vjp } from "./transforms.js";
export { leavesOf, type Mapped, mapTree, rebuild, type Tree } from "./tree.js";
