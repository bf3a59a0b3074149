import { checkDType } from "../autodiff/dtype.js";
import { hostValues } from "../autodiff/evaluate.js";
import type { Tensor } from "../autodiff/index.js";

/** Throws where ids are at hand and one of them is no class: those that a device computes are not read back for it. */
export function checkClassIds(caller: string, tensors: Readonly<Record<string, Tensor<"i32">>>, classes: number): void {
  checkDType(caller, tensors, "i32");
  for (const [name, tensor] of Object.entries(tensors)) {
    const values = hostValues(tensor);
    if (values === undefined) continue;
    const place = values.findIndex((id) => id < 0 || id >= classes);
    if (place >= 0) {
      throw new RangeError(`${caller}: ${name} holds ${values[place]} at ${place} but must be in [0, ${classes})`);
    }
  }
}
