import { describe, expect, it } from "vitest";
import type { GpuDevice } from "../../../src/backends/webgpu/gpu.js";
import { Pool } from "../../../src/backends/webgpu/pool.js";

const most = 39_063 * 256;

/** A device that only makes buffers; those larger than `memory` it has no room for. */
function deviceOf(memory: number = most) {
  const made: { size: number; usage: number; destroyed: boolean }[] = [];
  let isFull = false;
  const device = {
    limits: { maxStorageBufferBindingSize: most },
    createBuffer: ({ size, usage }: { size: number; usage: number }) => {
      isFull = size > memory;
      const buffer = { size, usage, destroyed: false, destroy: () => {} };
      buffer.destroy = () => {
        buffer.destroyed = true;
      };
      made.push(buffer);
      return buffer;
    },
    pushErrorScope: () => {},
    popErrorScope: async () => (isFull ? { message: "full" } : null),
  } as unknown as GpuDevice;
  return { device, made };
}

describe("the pool", () => {
  it("gives blocks that hold what is asked for, in fours, and waste little", () => {
    const { device } = deviceOf();
    const pool = new Pool(device, 128, most);
    for (const bytes of [0, 1, 4, 255, 256, 257, 1000, 4097, 65_537, 1_000_001, 9_500_000, most - 1, most]) {
      const { bytes: size, buffer } = pool.take(bytes, () => "x");
      expect(size).toBe(buffer.size);
      expect(size % 256).toBe(0);
      expect(size).toBeGreaterThanOrEqual(Math.max(1, bytes));
      expect(size).toBeLessThanOrEqual(Math.max(1, bytes) + Math.max(255, bytes / 8));
      expect(size).toBeLessThanOrEqual(most);
    }
  });

  it("gives what was given back to whoever needs a block of about that size, once", () => {
    const { device, made } = deviceOf();
    const pool = new Pool(device, 128, most);
    const first = pool.take(70_000, () => "first");
    const other = pool.take(1000, () => "other");
    expect(made.map(({ usage }) => usage)).toEqual([128, 128]);
    expect(first.id).not.toBe(other.id);
    pool.giveBack(first);
    pool.giveBack(other);
    const second = pool.take(69_000, () => "second");
    expect(second.buffer).toBe(first.buffer);
    expect(second.id).toBe(first.id);
    expect(second.failure).toBeUndefined();
    const third = pool.take(69_000, () => "third");
    expect(third.buffer).not.toBe(first.buffer);
    expect(third.id).not.toBe(first.id);
    expect(made.length).toBe(3);
  });

  it("keeps no more than it may, and destroys the rest", () => {
    const { device, made } = deviceOf();
    const pool = new Pool(device, 128, 2048);
    const blocks = [0, 1, 2].map((i) => pool.take(1024, () => `${i}`));
    for (const block of blocks) pool.giveBack(block);
    expect(made.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
    const again = [pool.take(1024, () => "again"), pool.take(1024, () => "again")];
    expect(made.length).toBe(3);
    for (const block of again) pool.giveBack(block); // what was taken no longer counts
    expect(made.filter(({ destroyed }) => destroyed).length).toBe(1);
  });

  it("says for what there is no memory", async () => {
    const pool = new Pool(deviceOf(1000).device, 128, most);
    expect(await pool.take(256, () => "a little").failure).toBeUndefined();
    expect(await pool.take(5000, () => "much").failure).toBe("there is no memory for much, 5000 bytes (full)");
  });
});
