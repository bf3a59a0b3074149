import { exp, logSoftmax, type Tensor, tensor, wasm } from "cotangent";
import { afterAll, describe, expect, it } from "vitest";
import { untilWorkers } from "../workers.js";

describe("threads of a cross-origin isolated page", () => {
  it("are as many as the machine has cores, at most 8", () => {
    expect(globalThis).toHaveProperty("crossOriginIsolated", true);
    const { hardwareConcurrency } = (globalThis as unknown as { navigator: { hardwareConcurrency: number } }).navigator;
    expect(wasm().threads).toBe(Math.min(8, hardwareConcurrency));
  });

  it("start with the first large run, are ended by dispose, and start anew with more work", async () => {
    const backend = wasm({ threads: 3 });
    const x = tensor(new Float32Array(300_000).fill(1), { backend });
    for (let round = 0; round < 2; round++) {
      await untilWorkers(0);
      expect(new Set(await exp(x).data())).toEqual(new Set([Math.fround(Math.E)]));
      await untilWorkers(2);
      backend.dispose();
    }
    await untilWorkers(0);
  });

  describe("do not show in the result:", () => {
    const [one, two] = [wasm({ threads: 1 }), wasm({ threads: 2 })];
    afterAll(() => two.dispose());

    const works: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      "an elementwise chain": (x) => exp(x.mul(0.3)).add(x),
      "a product with a chain over it": (x) => exp(x.matmul(x.transpose()).mul(0.01)).add(1),
      "a sum along rows": (x) => exp(x).sum(1),
      "log-softmax": (x) => logSoftmax(x),
    };

    for (const [name, work] of Object.entries(works)) {
      it(name, async () => {
        const values = Float32Array.from({ length: 511 * 333 }, (_, i) => Math.sin(i * i));
        const [x, same] = [one, two].map((backend) => tensor(values, { shape: [511, 333], backend }));
        const expected = await work(x).data();
        const firstDifference = async () => {
          const result = await work(same).data();
          return expected.findIndex((value, i) => !Object.is(value, result[i]));
        };
        expect(await firstDifference()).toBe(-1); // while the second thread may still be on its way
        await untilWorkers(1);
        for (let i = 0; i < 20; i++) expect(await firstDifference()).toBe(-1);
      });
    }
  });
});
