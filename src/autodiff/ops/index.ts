export * from "./arithmetic.js";
export * from "./cast.js";
export * from "./comparison.js";
export * from "./contract.js";
export { arange, full, ones, type Placement, zeros } from "./create.js";
export * from "./exponential.js";
export * from "./gather.js";
export * from "./movement.js";
export * from "./reduce.js";
