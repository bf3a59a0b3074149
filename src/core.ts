/**
 * The core without a backend: every tensor and key names its own, and a bundle holds no other. `cotangent` is the same
 * with a default.
 */
export * from "./autodiff/index.js";
export { arange, buffer, fromValues as tensor, full, ones, zeros } from "./autodiff/ops/create.js";
export { keyOf as randomKey } from "./autodiff/random.js";
