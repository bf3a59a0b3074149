import type { Backend } from "cotangent";
import { chosen } from "./chosen.js";

/** The default backend is the one that is verified. */
export function fastestCpu(): Backend {
  return chosen;
}
