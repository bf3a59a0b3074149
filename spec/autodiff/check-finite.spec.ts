import {
  type Backend,
  buffer,
  cast,
  checkFinite,
  compile,
  cpu,
  DeviceLostError,
  div,
  evaluate,
  exp,
  flip,
  gather,
  grad,
  greater,
  log,
  logSumExp,
  matmul,
  max,
  NonFiniteError,
  pow,
  read,
  reshape,
  slice,
  sqrt,
  sum,
  type Tensor,
  tensor,
  wasm,
  where,
} from "cotangent";
import { optimize, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { gpu, noGpu } from "../support/law.js";

/** The error that a promise is rejected with. */
async function errorOf(promise: Promise<unknown>): Promise<NonFiniteError> {
  const error = await promise.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
}

/** The line of this file that a stack would name here, `lines` below. */
function here(lines = 0): string {
  const [, , frame] = new Error("here").stack!.split("\n");
  const [, file, line] = /\(?([^()\s]+):(\d+):\d+\)?$/.exec(frame)!;
  return `${file}:${Number(line) + lines}`;
}

const hosts: readonly (readonly [string, Backend])[] = [
  ["cpu", cpu()],
  ["wasm", wasm()],
];

describe.each(hosts)("checkFinite on %s", (_name, inner) => {
  const backend = checkFinite(inner);
  const of = (values: readonly number[], shape: readonly number[] = [values.length]) =>
    tensor(values, { backend, dtype: "f32", shape });

  it("changes no value", async () => {
    const { value, slopes } = await read({
      value: exp(of([1, 2])).sum(),
      slopes: grad((x: Tensor) => sum(exp(x)))(of([0, 1])),
    });
    const plain = (values: readonly number[]) => tensor(values, { backend: inner, dtype: "f32" });
    expect(value).toEqual(
      await exp(plain([1, 2]))
        .sum()
        .data(),
    );
    expect(slopes).toEqual(await grad((x: Tensor) => sum(exp(x)))(plain([0, 1])).data());
  });

  it("names the operation, shapes, values and line, through any number of operations after it", async () => {
    const line = here(1);
    const infinite = log(of([1, 0, 2, 0], [2, 2]));
    const error = await errorOf(sum(infinite.mul(2).add(1)).data());
    expect(error.message.replace(/:\d+$/, "")).toBe(
      `checkFinite: log, f32 [2, 2], holds 2 −∞ among 4 values (−∞ at [0, 1]) but must be finite; computed from f32 [2, 2] from 0 to 2; made in log, called at ${line}`,
    );
    expect(error.finding).toBe(error.message.slice("checkFinite: ".length));
    const { op, dtype, shape, counts, index } = error;
    expect({ op, dtype, shape, counts, index }).toEqual({
      ...{ op: "log", dtype: "f32", shape: [2, 2], index: [0, 1] },
      counts: { nan: 0, positive: 0, negative: 2 },
    });
  });

  it("names what made an infinity rather than what made NaN of it", async () => {
    const large = exp(of([1, 200]));
    expect((await errorOf(div(large, large).data())).op).toBe("exp");
    expect((await errorOf(large.mul(of([1, 0])).data())).op).toBe("exp");
  });

  it("follows the elements that went wrong, not others", async () => {
    const masked = where(tensor([true, false], { backend }), of([1, 2]), Number.NEGATIVE_INFINITY);
    const roots = sqrt(of([-1, 4])); // NaN, where the other is fine
    expect((await errorOf(exp(masked).add(roots).data())).op).toBe("sqrt");
    const chosen = where(tensor([false, true], { backend }), log(of([0, 0])), sqrt(of([4, -1])));
    expect((await errorOf(reshape(chosen, [2, 1]).data())).op).toBe("log"); // and not the root at the same place
    const exponents = div(1, of([2, 0])); // ∞, which is fine as an exponent of 0
    expect((await errorOf(pow(of([-2, 0]), exponents).data())).op).toBe("pow");
  });

  it("follows an infinity of the same sign, and elements to where they came from", async () => {
    const both = where(tensor([true, false], { backend }), log(of([0, 0])), exp(of([200, 200]))); // −∞ and ∞
    expect((await errorOf(max(both).data())).op).toBe("exp");
    expect((await errorOf(flip(log(of([0, 1]))).data())).op).toBe("log");
  });

  it("says where the first value is, and between what those are that it was computed from", async () => {
    const x = new Array<number>(24).fill(1.23456789);
    x[6] = Number.NaN; // which is not read
    x[23] = 0;
    const read = slice(log(of(x, [2, 3, 4])), [1], [2]);
    const error = await errorOf(read.data());
    expect(error.message).toContain(
      "log, f32 [2, 3, 4], holds 1 NaN and 1 −∞ among 24 values (−∞ at [1, 2, 3]) but must be finite; computed from f32 [2, 3, 4] from 0 to 1.23457 and NaN;",
    );
    expect(error.counts).toEqual({ nan: 1, positive: 0, negative: 1 });
    const negative = await errorOf(div(of([1, 2]), of([-0, -0.5])).data());
    expect(negative.message).toContain(
      "(−∞ at [0]) but must be finite; computed from f32 [2] from 1 to 2 and f32 [2] from −0.5 to 0;",
    );
    expect((await errorOf(exp(tensor(100, { backend })).data())).message).toContain(
      "exp, f32 [], holds 1 ∞ but must be finite; computed from f32 [] of 100;",
    );
  });

  it("names the product, the sum and the gather that made one of finite values", async () => {
    const big = of([3e38, 3e38], [1, 2]);
    expect((await errorOf(matmul(big, of([1, 1], [2, 1])).data())).message).toContain(
      "matmul, f32 [1, 1], holds 1 ∞ among 1 values (∞ at [0, 0]) but must be finite; computed from f32 [1, 2] of 3e+38 and f32 [2, 1] of 1;",
    );
    expect((await errorOf(sum(big).data())).message).toContain("sum, f32 [], holds 1 ∞ but must be finite;");
    const ids = cast(of([0, 7]).add(0.5), "i32");
    expect((await errorOf(gather(of([1, 2, 3]), ids).data())).message).toContain(
      "gather, f32 [2], holds 1 NaN among 2 values (NaN at [1]) but must be finite; computed from f32 [3] from 1 to 3 and i32 [2] from 0 to 7;",
    );
  });

  it("says which operation a gradient belongs to, and where both were called", async () => {
    const line = here(1);
    const total = (x: Tensor) => sum(log(x));
    const error = await errorOf(grad(total)(of([1, 0])).data());
    expect(error.message.replaceAll(/:\d+(?=$|\))/g, "")).toBe(
      `checkFinite: div, f32 [2], holds 1 ∞ among 2 values (∞ at [1]) but must be finite; computed from f32 [2] of 1 and f32 [2] from 0 to 1; made in the gradient of log (log, called at ${line}), taken in a function without a name, called at ${here(-2)}`,
    );
  });

  it("names a tensor that was handed in, and the line that made it", async () => {
    const line = here(1);
    const given = tensor(Float32Array.of(1, Number.NaN), { backend });
    expect((await errorOf(exp(given.mul(2)).data())).message.replace(/:\d+$/, "")).toBe(
      `checkFinite: a tensor that was handed in, f32 [2], holds 1 NaN among 2 values (NaN at [1]) but must be finite; made in tensor, called at ${line}`,
    );
  });

  it("lets a mask of −∞ pass where no result shows it, and names what makes NaN of it", async () => {
    const mask = tensor([true, false, true], { backend });
    const masked = where(mask, of([1, 5, 1]), Number.NEGATIVE_INFINITY);
    expect(await logSumExp(masked).item()).toBeCloseTo(1 + Math.log(2), 5);
    expect([
      ...(await grad((x: Tensor) => logSumExp(where(mask, x, Number.NEGATIVE_INFINITY)))(of([1, 5, 1])).data()),
    ]).toEqual([0.5, 0, 0.5]);
    expect((await errorOf(masked.sub(masked).data())).op).toBe("sub");
    expect((await errorOf(masked.data())).message).toContain("constant, f32 [], holds 1 −∞ but must be finite");
  });

  it("allows infinite results if told to, but not NaN", async () => {
    const lenient = checkFinite(inner, { allowInfinity: true });
    const x = tensor([0, 1], { backend: lenient, dtype: "f32" });
    expect([...(await log(x).data())]).toEqual([Number.NEGATIVE_INFINITY, 0]);
    expect((await errorOf(log(x).sub(log(x)).data())).op).toBe("log");
  });

  it("finds NaN that no result shows, if told to", async () => {
    const hiding = (on: Backend) => {
      const x = tensor([-1, 4], { backend: on, dtype: "f32" });
      return where(greater(x, 0), sqrt(x), 0);
    };
    expect([...(await hiding(backend).data())]).toEqual([0, 2]);
    const error = await errorOf(hiding(checkFinite(inner, { hidden: true })).data());
    expect(error.message).toContain("sqrt, f32 [2], holds 1 NaN among 2 values (NaN at [0]) but must be finite");
    const thorough = checkFinite(inner, { hidden: true });
    expect([...(await exp(tensor([0, 0], { backend: thorough })).data())]).toEqual([1, 1]);
  });

  it("does not look at whole numbers and truth values", async () => {
    expect([...(await greater(of([1]), Number.NaN).data())]).toEqual([0]);
  });

  it("hands an error on to whatever is computed from it", async () => {
    const wrong = evaluate(log(of([0])));
    const later = evaluate(exp(wrong)); // e^−∞ is 0
    expect((await errorOf(later.data())).op).toBe("log");
    expect((await errorOf(wrong.data())).op).toBe("log");
    wrong.dispose();
    later.dispose();
  });

  it("tells it to whoever trains, in the step in which it happens", async () => {
    using training = optimize((w: Tensor) => sum(exp(w)), of([1, 2]), sgd({ learningRate: -40 }));
    expect(await training.step()).toBeCloseTo(Math.E + Math.E ** 2, 4);
    const error = await errorOf(training.step());
    expect(error.op).toBe("exp");
  });

  it("looks into compiled functions, whose lines are where they were traced", async () => {
    const line = here(1);
    const logarithm = compile((x: Tensor) => log(x).mul(2));
    using fine = logarithm(of([1, 2]));
    expect([...(await fine.data())][0]).toBe(0);
    using wrong = logarithm(of([0, 2]));
    expect((await errorOf(wrong.data())).site?.replace(/:\d+$/, "")).toBe(`log, called at ${line}`);
  });

  it("leaves no memory behind, whatever happens", async () => {
    const before = inner.memory().buffers;
    const held = evaluate(of([1, 2]).mul(3));
    const next = evaluate(held.add(1), { donate: held });
    await next.data();
    next.dispose();
    const wrong = evaluate(log(of([0])));
    wrong.dispose();
    await errorOf(log(of([0])).data());
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(inner.memory().buffers).toBe(before);
  });

  it("takes donated tensors from their owner at once", async () => {
    const held = evaluate(of([1, 2]).mul(3));
    const next = evaluate(held.add(1), { donate: held });
    await expect(held.data()).rejects.toThrow(
      "data: the tensor has been disposed; read it first or dispose of it later",
    );
    expect([...(await next.data())]).toEqual([4, 7]);
    next.dispose();
  });

  it("takes tensors that a compiled function donates, too, and keeps those that it does not", async () => {
    const shift = compile((x: Tensor, by: Tensor) => x.add(by), { donate: [0] });
    const [held, by] = [evaluate(of([1, 2]).mul(3)), evaluate(of([1, 1]).mul(10))];
    const first = shift(held, by);
    expect([...(await first.data())]).toEqual([13, 16]);
    await expect(held.data()).rejects.toThrow("data: the tensor has been disposed");
    await new Promise((resolve) => setTimeout(resolve, 20)); // the run has been looked at
    const second = shift(first, by);
    expect([...(await second.data())]).toEqual([23, 26]);
    for (const result of [second, by]) result.dispose();
  });

  it("reads a buffer anew in every run", async () => {
    const { tensor: live, values } = buffer([2], { backend });
    const sums: number[] = [];
    for (let i = 0; i < 4; i++) {
      values.fill(i);
      sums.push(await sum(live).item());
    }
    expect(sums).toEqual([0, 2, 4, 6]);
  });
});

describe("checkFinite", () => {
  it("needs no more than the plain backend to tell what is right: no site is kept without it", () => {
    expect(tensor([1]).origin.site).toBeUndefined();
    expect(exp(tensor([1])).origin.site).toBeUndefined();
    expect(tensor([1], { backend: checkFinite(cpu()) }).origin.site).toBeDefined();
  });

  it("says so where values are finite when they are computed anew", async () => {
    const inner = cpu();
    let runs = 0;
    const moody: Backend = {
      ...{ name: "moody", dtypes: inner.dtypes },
      run(program, leaves, constants) {
        runs += 1;
        const results = inner.run(program, leaves, constants);
        if (runs === 1) results[0].host![0] = Number.NaN;
        return results;
      },
      read: (storage) => inner.read(storage),
      watch: (storage) => inner.watch(storage),
      release: (storage) => inner.release(storage),
      memory: () => inner.memory(),
    };
    const x = tensor([1, 2], { backend: checkFinite(moody) });
    expect((await errorOf(exp(x).data())).message).toBe(
      "checkFinite: exp, f32 [2], holds 1 NaN among 2 values (NaN at [0]) but must be finite; computed anew, operation by operation, it is",
    );
  });

  it("passes errors of the backend on", async () => {
    const inner = cpu();
    const lost: Backend = {
      ...{ name: "lost", dtypes: inner.dtypes },
      run: (program, leaves, constants) => inner.run(program, leaves, constants),
      read: () => Promise.reject(new DeviceLostError("gone")),
      watch: (storage) => inner.watch(storage),
      release: (storage) => inner.release(storage),
      memory: () => inner.memory(),
    };
    const x = tensor([1, 2], { backend: checkFinite(lost) });
    await expect(exp(x).data()).rejects.toThrow(new DeviceLostError("gone"));
  });

  it("keeps nothing of a host's tensor that was disposed of before it was looked at", async () => {
    const backend = checkFinite(wasm());
    const x = tensor([0, 1], { backend });
    await exp(x).data();
    await exp(x).data(); // now the backend holds a copy
    const wrong = log(x).data();
    x.dispose();
    expect((await errorOf(wrong)).op).toBe("log");
  });
});

describe.skipIf(gpu === undefined)(`checkFinite on webgpu${gpu === undefined ? ` (${noGpu})` : ""}`, () => {
  it("traces an error, in whose time memory is given back and taken over", async () => {
    const backend = checkFinite(gpu!);
    const before = gpu!.memory().buffers;
    const w = evaluate(tensor([1, 100], { backend }).mul(1));
    const next = evaluate({ w: exp(w) }, { donate: w });
    const later = evaluate(next.w.mul(0), { donate: next });
    expect((await errorOf(later.data())).message).toContain(
      "exp, f32 [2], holds 1 ∞ among 2 values (∞ at [1]) but must be finite; computed from f32 [2] from 1 to 100; made in exp,",
    );
    later.dispose();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(gpu!.memory().buffers).toBe(before);
  });

  it("trains as without it, to the bit", async () => {
    const trained = async (backend: Backend) => {
      using training = optimize(
        (w: Tensor) => sum(exp(w)),
        tensor([1, 2], { backend, dtype: "f32" }),
        sgd({ learningRate: 0.1 }),
      );
      const losses: number[] = [];
      for (let i = 0; i < 5; i++) losses.push(await training.step());
      return { losses, weights: [...(await training.params.data())] };
    };
    expect(await trained(checkFinite(gpu!))).toEqual(await trained(gpu!));
  });
});
