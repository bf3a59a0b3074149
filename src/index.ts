import type { Backend } from "./backends/backend.js";
import { cpu } from "./backends/cpu/index.js";
import {
  arange as arangeOn,
  type DType,
  type Float,
  fromValues,
  full as fullOn,
  type Key,
  keyOf,
  type Shape,
  type Tensor,
  type TypedArray,
  type Values,
} from "./autodiff/index.js";

export * from "./autodiff/index.js";
