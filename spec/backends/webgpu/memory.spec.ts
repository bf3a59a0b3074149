import {
  BackendError,
  cholesky,
  concat,
  cumsum,
  evaluate,
  exp,
  less,
  slice,
  sum,
  type Tensor,
  tensor,
} from "cotangent";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpu } from "../../support/law.js";
import { type Counted, countedBackend } from "./support/counted.js";

const size = 1000;
const filled = (value: number) => new Float32Array(size).fill(value);

/** Waits for all values that are asked for at once. */
const all = (tensors: readonly Tensor[]) => Promise.all(tensors.map((x) => x.data()));

describe.skipIf(gpu === undefined)("the memory of the device", () => {
  let counted: Counted;
  beforeAll(async () => {
    counted = await countedBackend();
  });
  afterAll(() => {
    expect(counted.backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    counted.backend.dispose();
  });

  const held = (value: number) => evaluate(tensor(filled(value), { backend: counted.backend }).add(0.5));

  it("is used again once it is released, and by one tensor at a time", async () => {
    for (let round = 0; round < 3; round++) {
      const tensors = [1, 2, 3, 4].map(held);
      const values = await all(tensors);
      expect(values).toEqual([1.5, 2.5, 3.5, 4.5].map(filled));
      for (const x of tensors) x.dispose();
    }
    const { buffers } = counted.counts;
    const tensors = [5, 6, 7, 8].map(held);
    await all(tensors);
    expect(counted.counts.buffers - buffers).toBeLessThanOrEqual(1);
    for (const x of tensors) x.dispose();
  });

  it("of a donated tensor goes back once where no result takes it over", async () => {
    for (let round = 0; round < 4; round++) {
      const x = held(round);
      const total = evaluate(sum(x), { donate: x });
      const tensors = [11, 12, 13].map(held);
      const values = await all(tensors);
      expect(values).toEqual([11.5, 12.5, 13.5].map(filled));
      expect(await total.item()).toBe(size * (round + 0.5));
      for (const y of [total, ...tensors]) y.dispose();
    }
  });

  it("of a donated tensor that a result takes over is the result's alone", async () => {
    let x = held(1);
    for (let step = 0; step < 5; step++) x = evaluate(x.add(1), { donate: x });
    const others = [21, 22].map(held);
    expect((await x.data())[7]).toBe(6.5);
    expect((await all(others)).map((array) => array[7])).toEqual([21.5, 22.5]);
    for (const y of [x, ...others]) y.dispose();
  });

  it("of a program's intermediate results goes back once", async () => {
    const x = held(1);
    const y = x.mul(2);
    const product = evaluate(y.mul(sum(y)));
    const others = [14, 15, 16].map(held);
    expect(await all(others)).toEqual([14.5, 15.5, 16.5].map(filled));
    expect((await product.data())[3]).toBe(9000);
    for (const z of [x, product, ...others]) z.dispose();
  });

  it("of values on the host that are donated is the result's too", async () => {
    const x = tensor(filled(3), { backend: counted.backend });
    const doubled = evaluate(x.mul(2), { donate: x });
    const others = [31, 32].map(held);
    expect((await doubled.data())[9]).toBe(6);
    expect((await all(others)).map((array) => array[9])).toEqual([31.5, 32.5]);
    for (const y of [doubled, ...others]) y.dispose();
  });

  it("waits for operations on the host before it is used again", async () => {
    const { backend } = counted;
    const matrix = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 4 : 0));
    const x = evaluate(tensor(matrix, { shape: [6, 6], backend }).add(0));
    const root = evaluate(cholesky(x.mul(1).add(0).mul(4)).add(1));
    x.dispose(); // while the run may still be waiting for its turn
    const others = [1, 2, 3].map((i) => evaluate(tensor(new Float32Array(36).fill(i), { backend }).add(0.25)));
    expect([...(await root.data())].slice(0, 8)).toEqual([5, 1, 1, 1, 1, 1, 1, 5]);
    expect((await all(others)).map((array) => array[35])).toEqual([1.25, 2.25, 3.25]);
    for (const y of [root, ...others]) y.dispose();
  });

  it("gives operations on the host their stretch of an input", async () => {
    const stack = Float32Array.from({ length: 27 }, (_, i) => (i % 9 === 0 || i % 9 === 4 || i % 9 === 8 ? i + 1 : 0));
    const x = tensor(stack, { shape: [3, 3, 3], backend: counted.backend });
    const root = cholesky(slice(x, [1], [3]).reshape([2, 3, 3]));
    const expected = [...stack.slice(9)].map((value) => Math.fround(Math.sqrt(value)));
    (await root.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6);
    });
  });

  it("of a kernel's own is enough for each kernel of a program", async () => {
    const { backend } = counted;
    const [long, short] = [40_000, 300].map((length) => tensor(new Float32Array(length).fill(1), { backend }));
    const totals = await concat([cumsum(long), cumsum(short), cumsum(long)]).data();
    expect([39_999, 40_299, 80_299].map((i) => totals[i])).toEqual([40_000, 300, 40_000]);
    expect(totals[20_000]).toBe(20_001);
  });

  it("reads several tensors at once, each through memory of its own", async () => {
    const tensors = [41, 42, 43].map(held);
    const truths = tensors.map((x) => evaluate(less(x, 42)));
    const values = await Promise.all([...tensors, ...truths].map((x) => x.data()));
    expect(values.map((array) => array[3])).toEqual([41.5, 42.5, 43.5, 1, 0, 0]);
    for (const x of [...tensors, ...truths]) x.dispose();
  });
});

describe.skipIf(gpu === undefined)("plans", () => {
  it("keep the constants of a run from those of the next, whether it waits or not", async () => {
    const { backend } = await countedBackend();
    const x = tensor(filled(1), { backend });
    for (let round = 0; round < 2; round++) {
      const results = [1, 2, 2, 3, 1].map((factor) => evaluate(x.mul(factor).add(10 * factor)));
      expect((await all(results)).map((array) => array[5])).toEqual([11, 22, 22, 33, 11]);
      for (const result of results) result.dispose();
    }
    backend.dispose();
  });

  it("follow which blocks their values are in", async () => {
    const { backend, counts } = await countedBackend();
    const [a, b] = [1, 2].map((value) => evaluate(tensor(filled(value), { backend }).add(0)));
    const differences = [a.sub(b), b.sub(a), a.sub(b)].map((difference) => evaluate(difference));
    expect((await all(differences)).map((array) => array[0])).toEqual([-1, 1, -1]);
    for (const x of [a, b, ...differences]) x.dispose();
    expect(counts.pipelines).toBe(2);
    backend.dispose();
  });

  it("are kept for the programs seen last, and made again for others", async () => {
    const { backend, counts } = await countedBackend();
    const run = async (length: number) => {
      const { buffers } = counts;
      const values = await tensor(new Float32Array(length).fill(3), { backend }).mul(2).data();
      expect([values.length, values[length - 1]]).toEqual([length, 6]);
      return counts.buffers - buffers;
    };
    for (let length = 2; length < 258; length++) await run(length);
    expect(await run(2)).toBe(0);
    await run(258);
    expect(await run(2)).toBe(0);
    expect(await run(3)).toBe(1); // the numbers of its plan
    expect(counts.pipelines).toBe(1);
    backend.dispose();
  });

  it("do their runs though they are no longer kept by then", async () => {
    const { backend } = await countedBackend();
    const x = tensor(new Float32Array(400).fill(3), { backend });
    const results = Array.from({ length: 300 }, (_, i) => evaluate(slice(x, [0], [i + 2]).mul(2)));
    for (const i of [0, 1, 299]) expect([...(await results[i].data())]).toEqual(new Array(i + 2).fill(6));
    for (const result of results) result.dispose();
    backend.dispose();
  });

  it("hand an error in front of their work to whoever reads", async () => {
    let fails = false;
    const { backend } = await countedBackend((device) => ({
      pushErrorScope: (filter) => {
        if (fails) throw new Error("no scope");
        device.pushErrorScope(filter);
      },
    }));
    const x = evaluate(tensor(filled(1), { backend }).add(1));
    await x.add(2).data();
    fails = true;
    const broken = evaluate(x.add(2));
    fails = false;
    await expect(broken.data()).rejects.toThrow(new BackendError("webgpu: no scope"));
    expect((await x.add(2).data())[1]).toBe(4);
    for (const y of [x, broken]) y.dispose();
    backend.dispose();
  });

  it("hand an error at their submission to whoever reads, and the next run goes on", async () => {
    let fails = false;
    const { backend } = await countedBackend((device) => ({
      createCommandEncoder: () => {
        if (fails) throw new Error("no encoder");
        return device.createCommandEncoder();
      },
    }));
    const x = evaluate(tensor(filled(1), { backend }).add(1));
    await x.data();
    fails = true;
    const broken = evaluate(exp(x));
    const update = evaluate(broken.mul(2), { donate: broken });
    await update.data().catch(() => {}); // compiled by then
    fails = false;
    const message = "webgpu: no encoder";
    await expect(update.data()).rejects.toThrow(new BackendError(message));
    expect((await x.data())[1]).toBe(2);
    expect((await exp(x).data()).length).toBe(size);
    for (const y of [x, update]) y.dispose();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    backend.dispose();
  });

  it("hand over what the device finds wrong with a run", async () => {
    let scopes: string[] = [];
    let fails = false;
    const { backend } = await countedBackend((device) => ({
      pushErrorScope: (filter) => {
        scopes.push(filter);
        device.pushErrorScope(filter);
      },
      popErrorScope: () => {
        const filter = scopes.pop();
        const popped = device.popErrorScope();
        return fails && filter === "validation" ? popped.then(() => ({ message: "not valid" })) : popped;
      },
    }));
    const x = evaluate(tensor(filled(1), { backend }).add(1));
    await x.data();
    scopes = [];
    fails = true;
    const broken = evaluate(x.add(2));
    await expect(broken.data()).rejects.toThrow(new BackendError("webgpu: not valid"));
    expect(scopes).toEqual([]);
    fails = false;
    const later = evaluate(broken.add(x));
    await expect(later.data()).rejects.toThrow(new BackendError("webgpu: not valid"));
    expect((await x.add(3).data())[0]).toBe(5);
    for (const y of [x, broken, later]) y.dispose();
    backend.dispose();
  });

  it("copy values of the host once where they are read again", async () => {
    let written = 0;
    const { backend } = await countedBackend((device) => ({
      queue: {
        submit: (commands) => device.queue.submit(commands),
        writeBuffer: (buffer, offset, data) => {
          if (data.byteLength === 4 * size) written += 1;
          device.queue.writeBuffer(buffer, offset, data);
        },
        onSubmittedWorkDone: () => device.queue.onSubmittedWorkDone(),
      },
    }));
    const x = tensor(filled(2), { backend });
    for (const factor of [1, 2, 3, 4, 5]) expect((await x.mul(factor).data())[4]).toBe(2 * factor);
    expect(written).toBe(2);
    backend.dispose();
  });
});
