import { tensor } from "cotangent";
import type { Batch } from "./flat-examples.js";
import type { Examples } from "./objectives.js";

/** A batch as tensors. */
export function onBackend({ offsets, columns, values, targets }: Batch): Examples {
  return { offsets: tensor(offsets), columns: tensor(columns), values: tensor(values), targets: tensor(targets) };
}
