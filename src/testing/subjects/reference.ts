import { BackendError } from "../../autodiff/check.js";
import type { Backend } from "../../backends/backend.js";

/** Throws unless the backend that others must agree with has double precision. */
export function checkReference(caller: string, { name, dtypes }: Backend): void {
  if (dtypes.has("f64")) return;
  throw new BackendError(`${caller}: reference is ${name}, which has no f64, but must have it; pass cpu()`);
}
