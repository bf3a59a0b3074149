import { type Backend, buffer, cpu, evaluate, prefetch, sum, wasm } from "cotangent";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../support/law.js";

const backends: readonly (readonly [string, Backend | undefined])[] = [
  ["cpu", cpu()],
  ["wasm with one thread", wasm({ threads: 1 })],
  ["wasm with two threads", wasm({ threads: 2 })],
  ["webgpu", gpu],
];

describe.each(backends)("a buffer on %s", (_name, backend) => {
  it.skipIf(backend === undefined)(
    `is read anew by every run, however many there are${backend ? "" : `: ${noGpu}`}`,
    async () => {
      const { tensor, values } = buffer([3], { backend: backend! });
      const sums: number[] = [];
      for (let i = 0; i < 5; i++) {
        values.fill(i);
        sums.push(await sum(tensor).item());
      }
      expect(sums).toEqual([0, 3, 6, 9, 12]);
    },
  );

  it.skipIf(backend === undefined)("is read anew though it was to be brought to the device before", async () => {
    const { tensor, values } = buffer([3], { backend: backend! });
    prefetch(tensor);
    values.fill(2);
    expect(await sum(tensor).item()).toBe(6);
  });

  it.skipIf(backend === undefined)("leaves what was computed before as it is", async () => {
    const { tensor, values } = buffer([2], { backend: backend! });
    using twice = evaluate(tensor.mul(2));
    values.fill(5);
    expect([...(await twice.data())]).toEqual([0, 0]);
  });
});
