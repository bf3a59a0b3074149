import { describe, expect, it } from "vitest";
import { BindGroups } from "../../../src/backends/webgpu/bind-groups.js";
import type { GpuDevice, GpuPipeline } from "../../../src/backends/webgpu/gpu.js";
import type { Dispatch, Word } from "../../../src/backends/webgpu/kernels/dispatch.js";
import type { Block } from "../../../src/backends/webgpu/pool.js";
import { Uniforms } from "../../../src/backends/webgpu/uniforms.js";

/** A device that keeps what is written to it and what is bound. */
function recorder() {
  const writes: ArrayBuffer[] = [];
  const bound: { binding: number; resource: unknown }[][] = [];
  const destroyed: number[] = [];
  const device = {
    createBuffer: ({ size }: { size: number }) => ({ size, destroy: () => destroyed.push(size) }),
    createBindGroup: ({ entries }: { entries: { binding: number; resource: unknown }[] }) => {
      bound.push(entries);
      return { number: bound.length };
    },
    queue: { writeBuffer: (_: unknown, __: number, data: ArrayBuffer) => void writes.push(data.slice(0)) },
  } as unknown as GpuDevice;
  return { device, writes, bound, destroyed };
}

function dispatch(words: readonly Word[]): Dispatch {
  return { label: "", code: "", memory: [], words, workgroups: 1 };
}

describe("uniforms", () => {
  const counting = (count: number, first: number) => Array.from({ length: count }, (_, i) => first + i);

  it("give each dispatch a section of its own, where sections may begin, that holds its words", () => {
    const { device, writes, destroyed } = recorder();
    const lengths = [0, 1, 5, 64, 65, 3];
    const uniforms = new Uniforms(
      device,
      lengths.map((length, i) => dispatch(counting(length, 1000 * i))),
    );
    uniforms.write([]);
    let end = 0;
    lengths.forEach((length, i) => {
      const { offset, size } = uniforms.section(i);
      expect(offset % 256).toBe(0);
      expect(size % 16).toBe(0);
      expect(size).toBeGreaterThanOrEqual(Math.max(16, 4 * length));
      expect(offset).toBeGreaterThanOrEqual(end);
      expect([...new Uint32Array(writes[0], offset, length)]).toEqual(counting(length, 1000 * i));
      end = offset + size;
    });
    expect(writes[0].byteLength).toBeGreaterThanOrEqual(end);
    uniforms.dispose();
    expect(destroyed).toEqual([writes[0].byteLength]);
  });

  it("hold negative numbers wrapped, and constants as their dtypes' bits", () => {
    const { device, writes } = recorder();
    const words: Word[] = [
      -1,
      { constant: 1, dtype: "f32" },
      { constant: 0, dtype: "i32" },
      { constant: 2, dtype: "u32" },
    ];
    const uniforms = new Uniforms(device, [dispatch([7]), dispatch([...words, { constant: 3, dtype: "bool" }])]);
    uniforms.write([-5, 0.1, 2 ** 32 - 1, 1]);
    const view = new DataView(writes[0], uniforms.section(1).offset);
    expect([0, 8, 12, 16].map((at) => view.getUint32(at, true))).toEqual([2 ** 32 - 1, 2 ** 32 - 5, 2 ** 32 - 1, 1]);
    expect(view.getFloat32(4, true)).toBe(Math.fround(0.1));
  });

  it("are written once, and again where a constant of theirs has changed", () => {
    const { device, writes } = recorder();
    const uniforms = new Uniforms(device, [dispatch([{ constant: 1, dtype: "f32" }, 4])]);
    const constants: number[] = [];
    const courses: readonly (readonly [first: number, second: number, written: number])[] = [
      ...([
        [1, 0, 1],
        [1, 0, 1],
        [2, 0, 1],
        [2, -0, 2],
        [2, 0, 3],
      ] as const),
      ...([
        [2, Number.NaN, 4],
        [2, Number.NaN, 4],
        [2, 5, 5],
        [2, 5, 5],
      ] as const),
    ];
    for (const [first, second, written] of courses) {
      Object.assign(constants, [first, second]); // the caller's own, and not to be kept
      uniforms.write(constants);
      expect(writes.length).toBe(written);
      expect(new Float32Array(writes[written - 1])[0]).toBe(second);
    }
  });
});

describe("bind groups", () => {
  const layouts: GpuPipeline = { getBindGroupLayout: (index) => ({ index }) };
  const block = (id: number): Block => ({ id, buffer: { name: id } as never, bytes: 256 });

  it("are made once for the same blocks in the same order", () => {
    const { device, bound } = recorder();
    const section = { buffer: { name: "words" } as never, offset: 256, size: 16 };
    const groups = new BindGroups(device, section);
    const [a, b, c, d] = [1, 2, 12, 11].map(block);
    const made = [[a, b], [b, a], [a, c], [a], [c, b], [a, b, c], [d, b]].map((blocks) => groups.of(layouts, blocks));
    expect(new Set(made).size).toBe(made.length);
    expect(groups.of(layouts, [a, b])).toBe(made[0]);
    expect(groups.of(layouts, [a, b, c])).toBe(made[5]);
    expect(bound.length).toBe(7);
    expect(bound[1]).toEqual([
      { binding: 0, resource: section },
      { binding: 1, resource: { buffer: { name: 2 } } },
      { binding: 2, resource: { buffer: { name: 1 } } },
    ]);
  });

  it("are kept for a few sets of blocks", () => {
    const { device, bound } = recorder();
    const groups = new BindGroups(device, { buffer: {} as never, offset: 0, size: 16 });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 8; i++) groups.of(layouts, [block(i)]);
      expect(bound.length).toBe(8);
    }
    for (let i = 0; i < 100; i++) groups.of(layouts, [block(i)]);
    const kept = [...(groups as unknown as { known: Map<string, unknown> }).known];
    expect(kept.length).toBeLessThanOrEqual(8);
  });
});
