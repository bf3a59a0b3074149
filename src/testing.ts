export * from "./testing/arbitraries.js";
export * from "./testing/backends.js";
export * from "./testing/close.js";
export * from "./testing/expectation.js";
export * from "./testing/gradient.js";
export * from "./testing/law.js";
export * from "./testing/unbiased.js";
