import { type Backend, tensor } from "cotangent";
import type { Batch } from "./flat-examples.js";
import type { Examples } from "./heads/head.js";

/** A batch as tensors. */
export function onBackend({ offsets, columns, values, targets }: Batch, backend: Backend): Examples {
  const ids = (array: Int32Array) => tensor(array, { backend });
  return {
    offsets: ids(offsets),
    columns: ids(columns),
    values: tensor(values, { backend }),
    targets: ids(targets),
  };
}
