import { type Backend, cpu, type Tensor, tensor, valueAndGrad } from "cotangent";
import { expectClose } from "../../../support/close.js";
import { gpu } from "../../../support/law.js";

/** Where tensors are made: a backend, or the default one. */
export interface Place {
  readonly backend?: Backend;
}

/** Expects value and gradient of a loss of two rows of three logits, labels 2 and 0, in single precision on every backend. */
export async function expectSameOnBackends(
  lossOn: (labels: Tensor<"i32">, place: Place) => (logits: Tensor) => Tensor,
): Promise<void> {
  const on = async (place: Place) => {
    const z = tensor([0.4, -1.3, 2, 0.1, 5, -2], { ...place, shape: [2, 3] });
    const { value, grad } = valueAndGrad(lossOn(tensor(Int32Array.of(2, 0), place), place))(z);
    return [await value.item(), ...(await grad.data())];
  };
  const expected = await on({ backend: cpu() });
  await expectClose(await on({}), expected, { tolerance: 1e-6 }); // single precision
  if (gpu !== undefined) await expectClose(await on({ backend: gpu }), expected, { tolerance: 1e-5 }); // its exp errs more
}
