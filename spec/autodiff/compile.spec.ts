import { compile, cpu, evaluate, exp, gather, grad, sum, type Tensor, tensor, valueAndGrad } from "cotangent";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../support/close.js";
import { law, onEveryBackend } from "../support/law.js";

onEveryBackend("compile", (backend) => {
  const on = (values: number[]) => tensor(Float64Array.from(values), { backend });

  it("gives what the function gives, call after call", async () => {
    const f = (x: Tensor, y: Tensor) => exp(x).mul(y).add(1);
    const compiled = compile(f);
    for (const scale of [1, -2, 0.5]) {
      const [x, y] = [on([scale, 2 * scale]), on([3, scale])];
      await expectClose(compiled(x, y), await f(x, y).data());
    }
  });

  it("builds the graph once for each combination of shapes and dtypes", async () => {
    let built = 0;
    const total = compile((x: Tensor) => {
      built += 1;
      return sum(x);
    });
    for (const values of [[1, 2], [3, 4], [5], [6, 7]]) {
      await expectClose(total(on(values)), [values.reduce((a, b) => a + b)]);
    }
    expect(built).toBe(2);
    expect(await total(tensor([1, 2], { backend })).item()).toBe(3);
    expect(built).toBe(3);
  });

  it("fits only where every argument does", async () => {
    const outer = compile((x: Tensor, y: Tensor) => sum(x).mul(sum(y)));
    expect(await outer(on([1, 2]), on([3, 4])).item()).toBe(21);
    expect(await outer(on([1, 2]), on([3, 4, 5])).item()).toBe(36);
    expect(await outer(on([1, 2, 3]), on([3, 4])).item()).toBe(42);
  });

  it("takes and returns trees, and keeps what it captured", async () => {
    const shift = on([10, 20]);
    const f = compile(({ x, pair: [y] }: { x: Tensor; pair: [Tensor] }) => ({ sum: x.add(y), all: [x.add(shift)] }));
    const { sum: total, all } = f({ x: on([1, 2]), pair: [on([3, 4])] });
    await expectClose(total, [4, 6]);
    await expectClose(all[0], [11, 22]);
  });

  it("takes arguments that are not yet computed", async () => {
    const x = on([1, 2]).mul(3);
    await expectClose(compile((t: Tensor) => t.add(1))(x), [4, 7]);
  });

  it("can be differentiated inside", async () => {
    const step = compile((x: Tensor) => valueAndGrad((t: Tensor) => t.mul(t).sum())(x));
    const { value, grad: slope } = step(on([3, -1]));
    await expectClose(value, [10]);
    await expectClose(slope, [6, -2]);
  });

  it("lets results take over donated arguments", async () => {
    const step = compile((x: Tensor, rate: Tensor) => x.sub(x.mul(rate)), { donate: [0] });
    let x = evaluate(on([1, 2, 4]));
    for (let i = 0; i < 3; i++) {
      const next = step(x, tensor(0.5, { backend, dtype: "f64" }));
      expect(() => x.add(1)).toThrow("add: an input has been disposed");
      x = next;
    }
    await expectClose(x, [0.125, 0.25, 0.5]);
  });

  it("leaves no buffer behind when its results are disposed", () => {
    const before = backend.memory().buffers;
    const f = compile((x: Tensor) => x.add(1));
    for (let i = 0; i < 10; i++) f(on([i])).dispose();
    expect(backend.memory().buffers).toBe(before);
  });
});

describe("compile", () => {
  law("agrees with the function's own gradient", floats([3, 4]), async (values) => {
    const slope = grad((x: Tensor) => sum(exp(x.mul(0.1)).mul(x)));
    const x = tensor(values, { shape: [3, 4] });
    using result = compile(slope)(x);
    await expectClose(result, await slope(x).data());
  });

  it("says so if a value is read while the graph is built", async () => {
    let reading: Promise<unknown> = Promise.resolve();
    compile((x: Tensor) => {
      reading = x.data();
      reading.catch(() => {});
      return x.add(1);
    })(tensor([1]));
    await expect(reading).rejects.toThrow(
      "data: an argument of a compiled function has no value while its graph is built",
    );
  });

  it("does not run on what has been disposed", () => {
    const table = evaluate(tensor([[1], [2]]));
    const look = compile((ids: Tensor<"i32">) => gather(table, ids));
    look(tensor(Int32Array.of(0)));
    table.dispose();
    expect(() => look(tensor(Int32Array.of(1)))).toThrow(
      "compile: a tensor that is needed has been disposed; dispose it later",
    );
  });

  it("takes arguments and results of one backend", () => {
    const here = tensor([1], { backend: cpu() });
    const f = compile((_: Tensor) => here.add(1));
    expect(() => f(tensor([1], { backend: cpu() }))).toThrow(
      "compile: a result lives on cpu but the arguments on cpu; create them on one",
    );
  });
});
