import { BackendError } from "cotangent";
import { describe, expect, it } from "vitest";
import { Outcome } from "../../../src/backends/webgpu/outcome.js";

const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 5));

describe("the outcome of a run", () => {
  it("is no error where nothing failed", async () => {
    const outcome = new Outcome([]);
    outcome.await([Promise.resolve(undefined), later(undefined)]);
    await outcome.settled;
    expect(outcome.error).toBeUndefined();
  });

  it("is the first failure in order, not in time", async () => {
    const outcome = new Outcome([]);
    outcome.await([Promise.resolve(undefined), later("first"), Promise.resolve("second")]);
    await outcome.settled;
    expect(outcome.error).toEqual(new BackendError("webgpu: first"));
  });

  it("is what befell the runs whose results it reads, however late that is known", async () => {
    const [fine, broken] = [new Outcome([]), new Outcome([])];
    fine.await([]);
    broken.await([later("broken")]);
    const reader = new Outcome([fine, broken]);
    const readers = new Outcome([reader]);
    reader.await([Promise.resolve("a consequence")]);
    readers.await([]);
    await readers.settled;
    expect(readers.error).toBe(broken.error);
    expect(readers.error).toEqual(new BackendError("webgpu: broken"));
    expect(fine.error).toBeUndefined();
  });
});
