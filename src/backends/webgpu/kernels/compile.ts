import type { Kernel } from "../../schedule/index.js";
import { compileCall } from "./calls.js";
import type { Abilities, Compiled } from "./dispatch.js";
import { labelOf } from "./label.js";
import { compileMap } from "./map.js";
import { compileMatmul } from "./matmul.js";
import { compileReduce } from "./reduce.js";

/** The shaders of a kernel; undefined for an operation that has none and runs on the host. */
export function compileKernel(kernel: Kernel, abilities: Abilities): Compiled | undefined {
  const label = labelOf(kernel);
  switch (kernel.kind) {
    case "map":
      return compileMap(kernel, label);
    case "reduce":
      return compileReduce(kernel, label, abilities);
    case "matmul":
      return compileMatmul(kernel, label, abilities);
    case "call":
      return compileCall(kernel, label, abilities);
  }
}
