import {
  defaultBackend,
  evaluate,
  exp,
  full,
  logSoftmax,
  normal,
  randomKey,
  slice,
  type Tensor,
  tensor,
  wasm,
} from "cotangent";
import { afterAll, describe, expect, it } from "vitest";

/** Runs until the backend's threads have had time to start, and gives the last result. */
async function settled(run: () => Promise<ArrayLike<number>>): Promise<ArrayLike<number>> {
  let last = await run();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    last = await run();
  }
  return last;
}

describe("threads", () => {
  const backends = [1, 2, 3, 5].map((threads) => wasm({ threads }));
  afterAll(() => {
    for (const backend of backends) backend.dispose();
  });

  const works: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    "an elementwise chain": (x) => exp(x.mul(0.3)).add(x),
    "a product with a chain over it": (x) => exp(x.matmul(x.transpose()).mul(0.01)).add(1),
    "a sum along rows": (x) => exp(x).sum(1),
    "a sum across rows": (x) => exp(x).sum(0),
    "log-softmax": (x) => logSoftmax(x),
    "a transposed copy": (x) => x.transpose().reshape([x.size]),
  };

  for (const [name, work] of Object.entries(works)) {
    it(`do not show in the result: ${name}`, async () => {
      const values = await normal(randomKey(7), [511, 333]).data();
      const results = await Promise.all(
        backends.map((backend) => {
          const x = tensor(values, { shape: [511, 333], backend });
          return settled(() => work(x).data());
        }),
      );
      for (const result of results.slice(1)) expect(result).toEqual(results[0]);
    });
  }

  it("can be ended, and start anew with more work", async () => {
    const backend = wasm({ threads: 2 });
    const x = tensor(new Float32Array(300_000).fill(1), { backend });
    expect(await exp(x).sum().item()).toBeCloseTo(300_000 * Math.E, 0);
    backend.dispose();
    expect(await exp(x).sum().item()).toBeCloseTo(300_000 * Math.E, 0);
    backend.dispose();
  });

  it("number from 1 to 64", () => {
    expect(() => wasm({ threads: 0 })).toThrow("wasm: threads is 0 but must be a whole number from 1 to 64");
    expect(() => wasm({ threads: 1.5 })).toThrow("wasm: threads is 1.5 but must be a whole number from 1 to 64");
    expect(wasm({ threads: 1 }).threads).toBe(1);
  });
});

describe("memory of the WebAssembly backend", () => {
  it("is given back by dispose, by donation and by the end of a run", async () => {
    const backend = wasm({ threads: 1 });
    const x = evaluate(tensor(new Float64Array(1000), { backend }));
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 8000 });
    const y = evaluate(x.add(1), { donate: x });
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 8000 });
    await y.sum().item();
    y.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it("does not grow from run to run, with or without values from the host", async () => {
    const backend = wasm({ threads: 1 });
    const held = tensor(new Float32Array(5000).fill(2), { backend });
    const addressOf = () => {
      const probe = evaluate(held.add(1));
      const { address } = probe.storage!.device as { address: number };
      probe.dispose();
      return address;
    };
    for (let i = 0; i < 3; i++)
      await held
        .mul(tensor(new Float32Array(5000), { backend }))
        .sum()
        .item();
    const before = addressOf();
    for (let i = 0; i < 200; i++)
      await held
        .mul(tensor(new Float32Array(5000), { backend }))
        .sum()
        .item();
    expect(addressOf()).toBe(before);
  });

  it("is not read far beyond what is wanted, however far apart elements are", async () => {
    const backend = wasm({ threads: 1 }); // its heap ends right behind the one large tensor
    const values = Float32Array.from({ length: 2_000_000 }, (_, i) => i);
    const x = tensor(values, { shape: [5, 400_000], backend });
    const last = slice(x.transpose(), [399_999, 0], [400_000, 5]);
    expect([...(await last.reshape([5]).data())]).toEqual([399_999, 799_999, 1_199_999, 1_599_999, 1_999_999]);
  });

  it("ends at 4 GiB with an error that names the tensor, and loses nothing", async () => {
    const backend = wasm({ threads: 1 });
    const x = evaluate(tensor([1, 2], { backend }));
    const before = backend.memory();
    expect(() => evaluate(full([2 ** 30], 1, { dtype: "f64", backend }))).toThrow(
      /^wasm: a result of 1073741824 f64 elements needs 8589934592 bytes but the heap has at most \d+ left of its 4 GiB; dispose of tensors or split it$/,
    );
    expect(backend.memory()).toEqual(before);
    expect([...(await x.add(1).data())]).toEqual([2, 3]);
  });

  it("holds the constants of each run", async () => {
    const x = tensor([1, 2], { backend: wasm({ threads: 1 }) });
    for (const factor of [2, 3, -0, 3]) expect([...(await x.mul(factor).data())]).toEqual([factor, 2 * factor]);
  });

  it("is the default", () => {
    expect(defaultBackend.name).toBe("wasm");
  });
});
