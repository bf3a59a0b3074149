import type { Backend } from "cotangent";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propertyOf } from "../../src/testing/property.js";

/** A backend with so many buffers, of which a check may add and take some. */
function counted(name: string, buffers: number): Counted {
  let held = buffers;
  const change = (by: number) => {
    held += by;
  };
  return { name, memory: () => ({ buffers: held, bytes: 0 }), change } as Counted;
}
type Counted = Backend & { readonly change: (by: number) => void };

/** Three runs of a law: what was thrown, undefined if nothing was. */
async function run(parts: readonly unknown[], backends: readonly Backend[] = []): Promise<string | undefined> {
  const { errorInstance } = await fc.check(propertyOf("sums", parts, backends), { numRuns: 3, seed: 1 });
  return (errorInstance as Error | null)?.message;
}

describe("propertyOf", () => {
  it("hands the check a value of each arbitrary, in order", async () => {
    const seen: unknown[][] = [];
    const check = (...values: unknown[]) => {
      seen.push(values);
    };
    expect(await run([fc.constant("a"), fc.constant("b"), fc.constant("c"), check])).toBe(undefined);
    expect(seen).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  it("awaits the check", async () => {
    const late = async () => {
      await Promise.resolve();
      throw new Error("too late");
    };
    expect(await run([fc.constant(0), late])).toBe("too late");
  });

  it("fails where buffers outlive a run, on any of the backends, and says how many", async () => {
    for (const place of [0, 1]) {
      const backends = [counted("first", 5), counted("second", 7)];
      const leak = (by: number) => run([fc.constant(by), (n: number) => backends[place].change(n)], backends);
      for (const by of [1, 2]) {
        expect(await leak(by)).toBe(
          `sums: ${by} buffers on ${["first", "second"][place]} outlive the run; dispose of them`,
        );
      }
    }
  });

  it("lets a run end with the buffers that were there, or fewer", async () => {
    const backend = counted("any", 5);
    expect(await run([fc.constant(0), () => {}], [backend])).toBe(undefined);
    expect(await run([fc.constant(0), () => backend.change(-1)], [backend])).toBe(undefined);
    expect(backend.memory().buffers).toBe(2);
  });
});
