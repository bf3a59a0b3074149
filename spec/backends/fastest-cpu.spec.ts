import { afterEach, describe, expect, it, vi } from "vitest";
import { fastestCpu } from "../../src/backends/fastest-cpu.js";

describe("fastestCpu", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("is the WebAssembly backend, without a word", () => {
    const warn = vi.spyOn(console, "warn");
    expect(fastestCpu().name).toBe("wasm");
    expect(warn).not.toHaveBeenCalled();
  });

  it("is the plain one where code may not be made, with one warning that says so", () => {
    class Forbidden {
      constructor() {
        throw new EvalError("blocked by the content security policy");
      }
    }
    vi.stubGlobal("WebAssembly", { Module: Forbidden });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(fastestCpu().name).toBe("cpu");
    expect(warn.mock.calls).toEqual([
      [
        "cotangent: wasm: WebAssembly cannot be compiled here (blocked by the content security policy) but must be; use cpu(), which is the default now, and several times slower",
      ],
    ]);
  });

  it("is the plain one where there is no WebAssembly at all", () => {
    vi.stubGlobal("WebAssembly", undefined);
    vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(fastestCpu().name).toBe("cpu");
  });
});
