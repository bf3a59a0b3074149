import { type Backend, cpu, type Key, randomKey, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { expectClose } from "../../../support/close.js";
import { gpu } from "../../../support/law.js";

/**
 * Expects from every backend of this machine, in single precision, what the CPU computes from the same key; from the GPU
 * only the first cases, one unless told otherwise, as each program takes it a second or more to compile. The CPU has the
 * dtypes of the other then: samplers draw by the finest numbers that a backend has.
 */
export async function expectSameDraws(
  cases: readonly ((backend: Backend, key: Key) => Tensor)[],
  { tolerance = 1e-5, onGpu = 1 }: { readonly tolerance?: number; readonly onGpu?: number } = {},
): Promise<void> {
  const ofGpu = gpu === undefined ? [] : ([[gpu, cases.slice(0, onGpu)]] as const);
  for (const [backend, computed] of [[wasm(), cases] as const, ...ofGpu]) {
    const reference: Backend = Object.assign(cpu(), { dtypes: backend.dtypes });
    for (const compute of computed) {
      const expected = await compute(reference, randomKey(5, { backend: reference })).data();
      await expectClose(compute(backend, randomKey(5, { backend })), expected, { tolerance });
    }
  }
}
