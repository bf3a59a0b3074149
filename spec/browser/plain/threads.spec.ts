import { exp, tensor, wasm } from "cotangent";
import { expect, it } from "vitest";
import { countWorkers } from "../workers.js";

it("a page that is not cross-origin isolated has one thread, however many are asked for", async () => {
  expect(globalThis).toHaveProperty("crossOriginIsolated", false);
  expect(wasm().threads).toBe(1);
  const backend = wasm({ threads: 4 });
  expect(backend.threads).toBe(1);
  const x = tensor(new Float32Array(300_000).fill(1), { backend });
  expect(await exp(x).sum().item()).toBeCloseTo(300_000 * Math.E, 0);
  expect(await countWorkers()).toBe(0);
});
