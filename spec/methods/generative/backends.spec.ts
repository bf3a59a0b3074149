import { type Backend, cpu, grad, randomKey, read, type Tensor, tensor, wasm } from "cotangent";
import { matchingSst, type StochasticSoftmax, sampleRelaxed, straightThrough } from "cotangent/methods/generative";
import { describe, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, noGpu } from "../../support/law.js";
import { instances } from "./support/instances.js";

/** Everything that an instance computes, in one run. */
async function results(family: StochasticSoftmax, shape: readonly number[], backend: Backend) {
  const size = 2 * shape.reduce((a, b) => a * b, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(5 * i + 1));
  const key = randomKey(6, { backend });
  const theta = tensor(values, { shape: [2, ...shape], backend });
  const weights = tensor(values.map(Math.cos), { shape: [2, ...shape], backend });
  const slope = grad((x: Tensor) =>
    straightThrough(sampleRelaxed(family, key, x, 0.8))
      .mul(weights)
      .sum(),
  )(theta);
  return read({ ...sampleRelaxed(family, key, theta, 0.8), slope });
}

const rounds = { name: "matchings by rounds", family: matchingSst({ iterations: 5 }), shape: [3, 3] };

describe.each([...instances, rounds])("$name", ({ family, shape }) => {
  async function agreesWithCpu(backend: Backend, tolerance: number): Promise<void> {
    const [found, expected] = [await results(family, shape, backend), await results(family, shape, cpu())];
    await expectClose(found.hard, expected.hard, { tolerance: 0 });
    await expectClose(found.utilities, expected.utilities, { tolerance });
    await expectClose(found.relaxed, expected.relaxed, { tolerance });
    await expectClose(found.slope, expected.slope, { tolerance });
  }

  it("is on wasm what it is on the CPU, in f32", () => agreesWithCpu(wasm(), 1e-5));

  it.skipIf(gpu === undefined)(`is on the GPU what it is on the CPU${gpu === undefined ? ` (${noGpu})` : ""}`, () =>
    agreesWithCpu(gpu!, 1e-4),
  );
});
