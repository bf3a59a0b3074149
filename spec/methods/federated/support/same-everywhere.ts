import { type Backend, cpu, type Tensor } from "cotangent";
import { wasm } from "cotangent/backends/wasm";
import { expectClose } from "../../../support/close.js";
import { gpu } from "../../../support/law.js";

/** Throws unless a computation in f32 gives on every backend of this machine what it gives on the CPU. */
export async function expectSameEverywhere(
  compute: (backend: Backend) => Tensor | Promise<Tensor>,
  tolerance = 1e-5,
): Promise<void> {
  const expected = await (await compute(cpu())).data();
  for (const backend of [wasm(), ...(gpu === undefined ? [] : [gpu])]) {
    await expectClose(await compute(backend), expected, { tolerance });
  }
}
