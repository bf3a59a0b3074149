import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import type { Storage } from "../../src/backends/backend.js";
import { Dropped } from "../../src/backends/dropped.js";

let collect: () => void;

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as () => void;
});

/** Waits until everything that nobody holds has been collected and told of. */
async function collected(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    collect();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}

function net() {
  const freed: number[] = [];
  const dropped = new Dropped<number>((device) => freed.push(device));
  const storage = (device: number, length = 4): Storage => ({
    dtype: "f32",
    length,
    host: undefined,
    device,
    disposed: false,
  });
  return { freed, dropped, storage };
}

describe("Dropped", () => {
  it("frees what was let go, small and large, and nothing that is held or forgotten", async () => {
    const { freed, dropped, storage } = net();
    const held = [storage(1), storage(2, 4096)];
    (() => {
      for (const kept of held) dropped.watch(kept);
      dropped.watch(storage(3));
      dropped.watch(storage(4, 4096));
      for (const forgotten of [storage(5), storage(6, 4096)]) {
        dropped.watch(forgotten);
        dropped.forget(forgotten);
      }
    })();
    await collected();
    expect(freed.sort()).toEqual([3, 4]);
    expect(held.map(({ device }) => device)).toEqual([1, 2]);
  });

  it("forgets in any order, before and after the task that made them", async () => {
    const { freed, dropped, storage } = net();
    await (async () => {
      const some = [10, 11, 12, 13].map((device) => storage(device));
      for (const one of some) dropped.watch(one);
      dropped.forget(some[1]);
      dropped.forget(some[3]);
      await Promise.resolve();
      dropped.forget(some[0]);
    })();
    await collected();
    expect(freed).toEqual([12]);
  });

  it("frees however many one task has let go", async () => {
    const { freed, dropped, storage } = net();
    const references = (() => {
      const seen: WeakRef<Storage>[] = [];
      for (let device = 0; device < 1000; device++) {
        const one = storage(device);
        dropped.watch(one);
        seen.push(new WeakRef(one));
      }
      return seen;
    })();
    await collected();
    expect(freed.length).toBe(1000);
    expect(references.every((reference) => reference.deref() === undefined)).toBe(true);
  });

  it("keeps what is waiting alive only until the task ends", async () => {
    const { freed, dropped, storage } = net();
    for (let round = 0; round < 3; round++) {
      (() => dropped.watch(storage(round)))();
      await collected();
      expect(freed).toEqual(Array.from({ length: round + 1 }, (_, i) => i));
    }
  });
});
