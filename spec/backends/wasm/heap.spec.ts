import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, Heap } from "../../../src/backends/wasm/heap.js";

describe("Heap", () => {
  it("lends blocks that do not overlap, whatever is given back in between", () => {
    const steps = fc.array(fc.record({ bytes: fc.nat(3000), drop: fc.option(fc.nat(50)) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const heap = new Heap(false);
        const lent: Block[] = [];
        for (const { bytes, drop } of all) {
          if (drop !== null && drop < lent.length) heap.free(lent.splice(drop, 1)[0]);
          const block = heap.allocate(bytes, () => "a block");
          expect(block.address % 64).toBe(0);
          expect(block.address).toBeGreaterThan(0);
          expect(block.bytes).toBeGreaterThanOrEqual(bytes);
          for (const { address, bytes: size } of lent) {
            expect(block.address + block.bytes <= address || address + size <= block.address).toBe(true);
          }
          expect(block.address + block.bytes).toBeLessThan(heap.memory.buffer.byteLength);
          lent.push(block);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is as it was when all blocks are given back, in any order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 }), (order) => {
        const heap = new Heap(false);
        const blocks = order.map((i) => heap.allocate(100 * (i + 1), () => "a block"));
        const first = Math.min(...blocks.map(({ address }) => address));
        for (const i of order) heap.free(blocks[i]);
        expect(heap.allocate(50_000, () => "all of it").address).toBe(first);
      }),
      { numRuns: 50 },
    );
  });

  it("takes the smallest span that is large enough", () => {
    for (const sizes of [
      [512, 128],
      [128, 512],
    ]) {
      const heap = new Heap(false);
      const [first, , second] = [sizes[0], 64, sizes[1], 64].map((bytes) => heap.allocate(bytes, () => "a block"));
      heap.free(first);
      heap.free(second);
      const [small, large] = first.bytes < second.bytes ? [first, second] : [second, first];
      expect(heap.allocate(100, () => "a block").address).toBe(small.address);
      expect(heap.allocate(100, () => "a block").address).toBe(large.address);
    }
  });

  it("keeps what is in it when it grows", () => {
    const heap = new Heap(false);
    const { address } = heap.allocate(64, () => "a block");
    heap.view("f64", address, 2).set([1.5, -2]);
    heap.allocate(10_000_000, () => "more");
    expect([...heap.view("f64", address, 2)]).toEqual([1.5, -2]);
  });

  it("names what does not fit, its size and what is left", () => {
    const heap = new Heap(false);
    heap.allocate(1000, () => "a block");
    expect(() => heap.allocate(2 ** 33, () => "a result of 2147483648 f32 elements")).toThrow(
      "wasm: a result of 2147483648 f32 elements needs 8589934592 bytes but the heap has at most 4294966144 left of its 4 GiB; dispose of tensors or split it",
    );
  });
});
