import type { Arena } from "./executable.js";

/** Blocks of memory whose sizes are powers of two, kept for the next run up to a limit. */
export class Pool implements Arena {
  private readonly limit: number;
  private readonly free = new Map<number, ArrayBuffer[]>();
  private kept = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  borrow(bytes: readonly number[]): ArrayBuffer[] {
    return bytes.map((wanted) => {
      const size = 2 ** Math.ceil(Math.log2(Math.max(wanted, 64)));
      const block = this.free.get(size)?.pop();
      if (block === undefined) return new ArrayBuffer(size);
      this.kept -= size;
      return block;
    });
  }

  giveBack(blocks: readonly ArrayBuffer[]): void {
    for (const block of blocks) {
      const { byteLength } = block;
      if (this.kept + byteLength > this.limit) continue;
      this.kept += byteLength;
      const peers = this.free.get(byteLength);
      if (peers === undefined) this.free.set(byteLength, [block]);
      else peers.push(block);
    }
  }
}
