import { type Backend, BackendError, buffer, cpu, evaluate, prefetch, ShapeError, sum, wasm } from "cotangent";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../../support/law.js";
import { spyingBackend } from "../spying-backend.js";

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

describe("a buffer", () => {
  it("lies in memory that the backend lends, if it lends any of that dtype", () => {
    const { backend } = spyingBackend(["f32"]);
    const host = new Float32Array(6);
    const storage = { dtype: "f32", length: 6, host, device: undefined, disposed: false } as const;
    const lending: Backend = { ...backend, lend: () => storage };
    const { tensor, values } = buffer([2, 3], { backend: lending });
    expect(values).toBe(host);
    expect([tensor.shape, tensor.dtype]).toEqual([[2, 3], "f32"]);
    expect(() => buffer([1], { backend: lending, dtype: "f64" })).toThrow(
      new BackendError("tensor: dtype is f64, which spying does not have; use f32"),
    );
    expect([...buffer([2], { backend }).values]).toEqual([0, 0]);
  });

  it("has sizes that are whole numbers", () => {
    expect(() => buffer([-1, -2])).toThrow(
      new ShapeError("buffer: shape is [-1, -2] but its sizes must be whole numbers ≥ 0"),
    );
  });
});
