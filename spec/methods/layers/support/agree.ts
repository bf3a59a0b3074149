import { type Backend, cpu, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { expectClose } from "../../../support/close.js";
import { gpu } from "../../../support/law.js";

/** Expects in single precision what the CPU computes from every other backend that this machine has. */
export async function expectAgreement(compute: (backend: Backend) => Tensor, tolerance = 2e-5): Promise<void> {
  const expected = await compute(cpu()).data();
  for (const backend of [wasm(), ...(gpu === undefined ? [] : [gpu])]) {
    await expectClose(compute(backend), expected, { tolerance });
  }
}
