import { hostValues } from "../autodiff/evaluate.js";
import type { Tensor } from "../autodiff/index.js";

/** Throws where values are at hand and one of them is NaN or infinite. */
export function checkFinite(caller: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    const values = hostValues(tensor);
    if (values === undefined) continue;
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place >= 0) {
      throw new RangeError(`${caller}: ${name} holds ${values[place]} at ${place} but must hold finite numbers`);
    }
  }
}
