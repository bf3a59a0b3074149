export { type Callable, call, type FunctionBuilder, type Label } from "./function.js";
export type { ValueType } from "./instructions.js";
export { type Library, type MemoryLimits, ModuleBuilder } from "./module.js";
export * from "./value.js";
