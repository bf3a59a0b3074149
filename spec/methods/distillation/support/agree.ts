import { type Backend, cpu, grad, type Tensor, tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { expectClose } from "../../../support/close.js";
import { gpu } from "../../../support/law.js";

/** Numbers on a backend in single precision, and labels beside them. */
export interface Place {
  readonly numbers: (rows: number, width: number, phase: number) => Tensor;
  readonly labels: (rows: number, classes: number) => Tensor<"i32">;
}

const placeOn = (backend: Backend): Place => ({
  numbers: (rows, width, phase) =>
    tensor(
      Float32Array.from({ length: rows * width }, (_, i) => 3 * Math.sin(phase + 1.7 * i)),
      {
        ...{ backend, shape: [rows, width] },
      },
    ) as Tensor,
  labels: (rows, classes) =>
    tensor(
      Int32Array.from({ length: rows }, (_, i) => (3 * i + 1) % classes),
      { backend },
    ),
});

/**
 * Expects from every backend of this machine, in single precision, the losses and the gradient that the CPU computes; so
 * far as sums in another order go.
 */
export async function expectAgreement(loss: (scores: Tensor, place: Place) => Tensor, tolerance = 1e-5): Promise<void> {
  const resultOn = (backend: Backend) => {
    const place = placeOn(backend);
    const scores = place.numbers(4, 6, 0);
    return [loss(scores, place), grad((x: Tensor) => loss(x, place).sum())(scores)];
  };
  const expected = await Promise.all(resultOn(cpu()).map((part) => part.data()));
  for (const backend of [wasm(), ...(gpu === undefined ? [] : [gpu])]) {
    for (const [i, part] of resultOn(backend).entries()) await expectClose(part, expected[i], { tolerance });
  }
}
