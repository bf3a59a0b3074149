import {
  BackendError,
  buffer,
  DeviceLostError,
  evaluate,
  exp,
  grad,
  prefetch,
  randomKey,
  read,
  sum,
  type Tensor,
  tensor,
  uniform,
} from "cotangent";
import { webgpu } from "cotangent/backends/webgpu";
import { describe, expect, it } from "vitest";
import { gpu } from "../../support/law.js";
import { countedBackend } from "./support/counted.js";

describe.skipIf(gpu === undefined)("the WebGPU backend", () => {
  it("says what adapter it is on", () => {
    expect(Object.keys(gpu!.adapter)).toBeDefined();
    expect(gpu!.adapter.vendor).toBeTypeOf("string");
  });

  it("has no f64, and says so", () => {
    expect(() => tensor(new Float64Array(2), { backend: gpu! })).toThrow(
      "tensor: dtype is f64, which webgpu does not have; use f32",
    );
  });

  it("refuses options out of range", async () => {
    await expect(webgpu({ maxTensorBytes: 100 })).rejects.toThrow(
      /^webgpu: maxTensorBytes is 100 but must be a whole number from 256 to \d+ on this device$/,
    );
    await expect(webgpu({ maxBuffersPerShader: 7 })).rejects.toThrow(
      /^webgpu: maxBuffersPerShader is 7 but must be a whole number from 8 to \d+ on this device$/,
    );
  });

  it("refuses a tensor larger than the device can bind, by its size and the limit", async () => {
    const small = (await webgpu({ maxTensorBytes: 1024 }))!;
    const held = tensor(new Float32Array(256), { backend: small });
    expect(await sum(held).item()).toBe(0);
    const wide = held.reshape([256, 1]).add(held.reshape([1, 256]));
    const message =
      "webgpu: a tensor of 65536 f32 elements takes 262144 bytes but must take at most 1024, the device's limit; split it along an axis";
    expect(() => evaluate(wide)).toThrow(new BackendError(message));
    expect(() => evaluate(tensor(new Float32Array(257), { backend: small }).add(1))).toThrow(BackendError);
    expect(await sum(wide).item()).toBe(0); // what is never held may be as large as it likes
    expect(small.memory()).toEqual({ buffers: 0, bytes: 0 });
    small.dispose();
  });

  it("splits a chain that reads more buffers than a shader may be bound to", async () => {
    const few = (await webgpu({ maxBuffersPerShader: 8 }))!;
    const parts = Array.from({ length: 30 }, (_, i) => tensor([i, 2 * i, 3 * i], { backend: few }));
    const total = parts.reduce((a, b) => a.add(b));
    expect([...(await total.data())]).toEqual([435, 870, 1305]);
    few.dispose();
  });

  it("computes without subgroups as with them", async () => {
    const plain = (await webgpu({ subgroups: false }))!;
    const values = Float32Array.from({ length: 5000 }, (_, i) => Math.fround(Math.sin(i)));
    const totals = await Promise.all(
      [gpu!, plain].map((backend) => sum(tensor(values, { shape: [5, 1000], backend }), 1).data()),
    );
    const exact = [0, 1, 2, 3, 4].map((row) => values.slice(1000 * row, 1000 * (row + 1)).reduce((a, b) => a + b, 0));
    for (const total of totals) {
      for (let row = 0; row < 5; row++) expect(Math.abs(total[row] - exact[row])).toBeLessThan(1e-4);
    }
    plain.dispose();
  });

  it("keeps what was read from what runs later", async () => {
    const x = evaluate(tensor([1, 2, 3], { backend: gpu! }).add(0));
    const before = x.data();
    const after = evaluate(x.mul(10), { donate: x });
    expect([...(await before)]).toEqual([1, 2, 3]);
    expect([...(await after.data())]).toEqual([10, 20, 30]);
    after.dispose();
  });

  it("copies values when a program is asked for, not when it runs", async () => {
    const { values, tensor: batch } = buffer([3], { backend: gpu!, dtype: "f32" });
    values.set([1, 2, 3]);
    const first = evaluate(batch.mul(2));
    values.set([4, 5, 6]);
    const second = evaluate(batch.mul(2));
    expect([...(await first.data())]).toEqual([2, 4, 6]);
    expect([...(await second.data())]).toEqual([8, 10, 12]);
    first.dispose();
    second.dispose();
  });

  it("runs one submission a step, on buffers that it has, with shaders that it has", async () => {
    const { backend, counts } = await countedBackend();
    let held = evaluate(tensor(new Float32Array(12).fill(1), { shape: [3, 4], backend }));
    const step = (batch: Tensor) => {
      const slope = grad((w: Tensor) => sum(exp(batch.matmul(w).mul(-0.1))))(held);
      held = evaluate(held.sub(slope.mul(0.01)), { donate: held });
    };
    const batchOf = (rows: number) => tensor(new Float32Array(3 * rows).fill(0.5), { shape: [rows, 3], backend });
    for (let i = 0; i < 3; i++) step(batchOf(8));
    await held.data();
    const warm = { ...counts };
    for (let i = 0; i < 20; i++) step(batchOf(8));
    expect(counts.submissions - warm.submissions).toBe(20);
    await held.data();
    expect(counts.pipelines).toBe(warm.pipelines);
    expect(counts.buffers - warm.buffers).toBeLessThanOrEqual(2); // uploads that overlap
    step(batchOf(12));
    step(batchOf(16));
    await held.data();
    expect(counts.pipelines).toBe(warm.pipelines); // other sizes, the same structure
    expect(backend.memory().buffers).toBe(1);
    held.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    backend.dispose();
  });

  it("takes the next batch while a step runs, and not again when it is used", async () => {
    const { backend, counts } = await countedBackend();
    const batch = prefetch({ x: tensor([1, 2, 3], { backend }), labels: tensor(Int32Array.of(1), { backend }) });
    expect(counts.writes).toBe(2);
    expect(await sum(batch.x.mul(2)).item()).toBe(12);
    expect(counts.writes).toBe(3); // the plan's own numbers
    prefetch(batch);
    expect(await sum(batch.x.mul(2)).item()).toBe(12);
    expect(counts.writes).toBe(3);
    expect(backend.memory().buffers).toBe(0); // a copy is no result
    for (const part of [batch.x, batch.labels]) part.dispose();
    backend.dispose();
  });

  it("brings an error of the device to whoever reads what comes of it, and names what was computed", async () => {
    const { backend } = await countedBackend((device) => ({
      createComputePipelineAsync: (descriptor) =>
        descriptor.label.startsWith("exp")
          ? Promise.reject(new Error("no such luck"))
          : device.createComputePipelineAsync(descriptor),
    }));
    const x = evaluate(tensor([1, 2, 3], { backend }).add(1));
    const broken = evaluate(exp(x));
    const later = evaluate(broken.mul(2));
    const message = "webgpu: exp of 3 elements could not be compiled (no such luck)";
    await expect(later.data()).rejects.toThrow(new BackendError(message));
    await expect(broken.data()).rejects.toThrow(new BackendError(message));
    await expect(read(exp(x))).rejects.toThrow(new BackendError(message));
    expect([...(await x.data())]).toEqual([2, 3, 4]);
    for (const held of [x, broken, later]) held.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    backend.dispose();
  });

  it("names the tensor for which there is no memory", async () => {
    let scope = "";
    const { backend } = await countedBackend((device) => ({
      createBuffer: (descriptor) => {
        if (descriptor.size > 100_000) scope = "full";
        return device.createBuffer(descriptor);
      },
      popErrorScope: () => {
        const isFull = scope === "full";
        scope = "";
        return device.popErrorScope().then((error) => (isFull ? { message: "out of memory" } : error));
      },
    }));
    const x = tensor(new Float32Array(200), { backend });
    const wide = evaluate(x.reshape([200, 1]).mul(x));
    await expect(wide.data()).rejects.toThrow(
      "webgpu: there is no memory for the result of mul of 40000 elements, 160000 bytes (out of memory)",
    );
    wide.dispose();
    backend.dispose();
  });

  it("rejects what is read from a lost device, before and after, and hangs nowhere", async () => {
    const lost = (await webgpu())!;
    const x = evaluate(uniform(randomKey(1, { backend: lost }), [200, 200]));
    const underWay = [exp(x).data(), x.matmul(x).data(), sum(x).item()];
    lost.dispose();
    const after = evaluate(x.mul(2));
    for (const value of [...underWay, x.data(), after.data(), sum(after).item()]) {
      // What was already on its way may still arrive.
      const outcome = await value.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (outcome !== undefined) expect(outcome).toBeInstanceOf(DeviceLostError);
    }
    await expect(after.data()).rejects.toThrow(
      "webgpu: 40000 f32 elements cannot be read, as the device is lost (it was given back); open another",
    );
    expect(await lost.lost).toBe("it was given back");
  });
});

describe("where there is no adapter", () => {
  it("webgpu() resolves to undefined, or says why and what would help", async () => {
    const { navigator } = globalThis as { navigator?: unknown };
    Object.defineProperty(globalThis, "navigator", {
      value: { gpu: { requestAdapter: async () => null } },
      configurable: true,
    });
    try {
      expect(await webgpu()).toBeUndefined();
      await expect(webgpu({ insist: true })).rejects.toThrow(
        new BackendError(
          'webgpu: WebGPU finds no adapter here but there must be one; use a browser with WebGPU, or Node with the package "webgpu" and a Vulkan, Metal or Direct3D 12 driver',
        ),
      );
    } finally {
      Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
    }
  });
});
