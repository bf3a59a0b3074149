import { expect, it } from "vitest";

interface Adapter {
  readonly info: { readonly vendor: string };
  readonly limits: { readonly maxBufferSize: number };
}

it("the browser has a WebGPU adapter", async () => {
  const { navigator } = globalThis as unknown as { navigator: { gpu: { requestAdapter(): Promise<Adapter | null> } } };
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter?.info.vendor).toMatch(/./);
  expect(adapter?.limits.maxBufferSize).toBeGreaterThanOrEqual(2 ** 28);
});
