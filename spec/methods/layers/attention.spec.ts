import { expandDims, grad, hvp, stack, type Tensor, tensor } from "cotangent";
import { type AttentionOptions, attention, attentionWeights } from "cotangent/methods/layers";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { permuted, rowsOf } from "./support/trees.js";

const [n, d, e] = [4, 3, 2];
const queries = floats([n, d]);
const keys = floats([n, d]);
const values = floats([n, e]);
const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: n, maxLength: n });
const masks = fc
  .array(fc.boolean(), { minLength: n * n, maxLength: n * n })
  .map((bits) => Uint8Array.from(bits, Number));

const matrix = (of: Float64Array) => tensor(of, { shape: [n, of.length / n] });
const maskOf = (bits: Uint8Array) => tensor(bits, { shape: [n, n], dtype: "bool" });

/** The definition, one query at a time. */
function expectedWeights(q: Float64Array, k: Float64Array, scale: number, mask: Uint8Array): number[][] {
  return rowsOf(q, d).map((query, t) => {
    const scores = rowsOf(k, d).map((key) => scale * key.reduce((sum, x, i) => sum + x * query[i], 0));
    const parts = scores.map((score, s) => (mask[t * n + s] ? Math.exp(score) : 0));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return parts.map((part) => (total === 0 ? 0 : part / total));
  });
}

function expectedOutput(weights: number[][], v: Float64Array): number[] {
  return weights.flatMap((row) =>
    Array.from({ length: e }, (_, j) => row.reduce((sum, weight, s) => sum + weight * v[s * e + j], 0)),
  );
}

const everywhere = new Uint8Array(n * n).fill(1);
const past = Uint8Array.from({ length: n * n }, (_, i) => (i % n <= Math.floor(i / n) ? 1 : 0));

describe("attention", () => {
  law("is the mean of the values by softmax weights", queries, keys, values, async (q, k, v) => {
    const weights = expectedWeights(q, k, 1 / Math.sqrt(d), everywhere);
    await expectClose(attentionWeights(matrix(q), matrix(k)), weights.flat(), { tolerance: 1e-13 });
    await expectClose(attention(matrix(q), matrix(k), matrix(v)), expectedOutput(weights, v), { tolerance: 1e-12 });
  });

  law(
    "leaves out what mask and causality hide, with any scale",
    queries,
    keys,
    masks,
    numbers({ min: 0, max: 2 }),
    async (q, k, bits, scale) => {
      const open = { mask: maskOf(bits), scale };
      await expectClose(attentionWeights(matrix(q), matrix(k), open), expectedWeights(q, k, scale, bits).flat(), {
        tolerance: 1e-13,
      });
      const both = bits.map((bit, i) => bit * past[i]);
      const found = await attentionWeights(matrix(q), matrix(k), { ...open, causal: true }).data();
      await expectClose(found, expectedWeights(q, k, scale, both).flat(), { tolerance: 1e-13 });
      found.forEach((weight, i) => {
        if (both[i] === 0) expect(weight).toBe(0);
      });
    },
  );

  law("agrees with central differences to second order", queries, keys, values, async (q, k, v) => {
    const tree = { q: matrix(q), k: matrix(k), v: matrix(v) };
    for (const options of [{}, { causal: true }]) {
      await checkGradient(
        (x) => {
          const found = attention(x.q, x.k, x.v, options);
          return found.mul(found).mul(0.5).sum();
        },
        tree,
        { order: 2 },
      );
    }
  });

  law("has the weights, transposed, as its slope in the values", queries, keys, values, async (q, k, v) => {
    const slope = grad((x: Tensor) => attention(matrix(q), matrix(k), x).sum())(matrix(v));
    const weights = expectedWeights(q, k, 1 / Math.sqrt(d), everywhere);
    const columns = weights.map((_, s) => weights.reduce((sum, row) => sum + row[s], 0));
    await expectClose(
      slope,
      columns.flatMap((column) => [column, column]),
      { tolerance: 1e-13 },
    );
  });

  law(
    "does not mind the order of the keys, and follows that of the queries",
    queries,
    keys,
    values,
    orders,
    async (q, k, v, order) => {
      const plain = await attention(matrix(q), matrix(k), matrix(v)).data();
      const shuffledKeys = attention(matrix(q), matrix(permuted(k, d, order)), matrix(permuted(v, e, order)));
      await expectClose(shuffledKeys, plain, { tolerance: 1e-12 });
      const shuffledQueries = attention(matrix(permuted(q, d, order)), matrix(k), matrix(v));
      await expectClose(shuffledQueries, permuted(plain as unknown as Float64Array, e, order), { tolerance: 1e-12 });
    },
  );

  law(
    "with causality, does not depend on what comes later, to the last bit",
    queries,
    keys,
    values,
    queries,
    fc.integer({ min: 0, max: n - 2 }),
    async (q, k, v, other, t) => {
      const later = (x: Float64Array, width: number) =>
        x.map((value, i) => (Math.floor(i / width) > t ? 7 * other[i] + 1 : value));
      const run = async (...[a, b, c]: Float64Array[]) =>
        (await attention(matrix(a), matrix(b), matrix(c), { causal: true }).data()).slice(0, (t + 1) * e);
      expect(await run(later(q, d), later(k, d), later(v, e))).toEqual(await run(q, k, v));
      const untilNow = ({ k: keyRows, v: valueRows }: { k: Tensor; v: Tensor }) =>
        attention(matrix(q), keyRows, valueRows, { causal: true })
          .mul(
            tensor(
              Float64Array.from({ length: n }, (_, i) => (i <= t ? 1 : 0)),
              { shape: [n, 1] },
            ),
          )
          .sum();
      const slopes = grad(untilNow)({ k: matrix(k), v: matrix(v) });
      expect((await slopes.k.data()).slice((t + 1) * d).every((x) => x === 0)).toBe(true);
      expect((await slopes.v.data()).slice((t + 1) * e).every((x) => x === 0)).toBe(true);
    },
  );

  law("does not change when one vector is added to all keys", queries, keys, floats([d]), async (q, k, shift) => {
    const moved = matrix(k).add(tensor(shift));
    await expectClose(attentionWeights(matrix(q), moved), await attentionWeights(matrix(q), matrix(k)).data(), {
      tolerance: 1e-12,
    });
  });

  law(
    "has rows that sum to 1, and stays finite, out to scores of 1e12",
    queries,
    keys,
    values,
    numbers({ min: 0, max: 12 }),
    async (q, k, v, power) => {
      const far = matrix(q).mul(10 ** power);
      const sums = attentionWeights(far, matrix(k)).sum(-1);
      await expectClose(sums, [1, 1, 1, 1], { tolerance: 1e-15 * n });
      const total = (x: Tensor) => attention(x, matrix(k), matrix(v)).sum();
      expect(Number.isFinite(await total(far).item())).toBe(true);
      expect((await grad(total)(far).data()).every(Number.isFinite)).toBe(true);
    },
  );

  it("finds the largest of scores of 1e300 without an overflow", async () => {
    const [q, k] = [
      tensor(new Float64Array([1e300]), { shape: [1, 1] }),
      tensor(new Float64Array([1, -1, 0.5]), { shape: [3, 1] }),
    ];
    await expectClose(attentionWeights(q, k), [1, 0, 0], { tolerance: 0 });
    await expectClose(attentionWeights(q.neg(), k), [0, 1, 0], { tolerance: 0 });
  });

  law("gives zeros and no gradient to a query that may look at no key", queries, keys, values, async (q, k, v) => {
    const bits = everywhere.map((_, i) => (i < n ? 0 : 1)); // the first query sees nothing
    const tree = { q: matrix(q), k: matrix(k), v: matrix(v) };
    const f = (x: typeof tree) => {
      const found = attention(x.q, x.k, x.v, { mask: maskOf(bits) });
      return found.mul(found).sum();
    };
    const found = await attention(tree.q, tree.k, tree.v, { mask: maskOf(bits) }).data();
    expect([...found.slice(0, e)]).toEqual([0, 0]);
    const slopes = grad(f)(tree);
    expect([...(await slopes.q.data()).slice(0, d)].every((x) => x === 0)).toBe(true);
    const curved = hvp(f, tree, tree);
    for (const part of [slopes.k, slopes.v, curved.q, curved.k, curved.v]) {
      expect((await part.data()).every(Number.isFinite)).toBe(true);
    }
    const rest = attention(matrix(q), matrix(k), matrix(v));
    await expectClose(found.slice(e), (await rest.data()).slice(e), { tolerance: 1e-14 });
  });

  law(
    "takes a batch apart: axes before the two last broadcast",
    queries,
    queries,
    keys,
    values,
    masks,
    async (q, other, k, v, bits) => {
      const mask = maskOf(bits);
      const batch = stack([matrix(q), matrix(other)]);
      const together = attention(batch, matrix(k), expandDims(matrix(v), 0), { mask });
      const apart = [q, other].map((each) => attention(matrix(each), matrix(k), matrix(v), { mask }));
      await expectClose(together, await stack(apart).data(), { tolerance: 1e-14 });
      const masksOfEach = stack([maskOf(everywhere), mask]);
      const last = attention(batch, matrix(k), matrix(v), { mask: masksOfEach });
      await expectClose((await last.data()).slice(n * e), await apart[1].data(), { tolerance: 1e-14 });
    },
  );

  it("takes fewer keys than queries, and values of another width", async () => {
    const [q, k, v] = [
      tensor(new Float64Array(6), { shape: [3, 2] }),
      tensor(new Float64Array(4), { shape: [2, 2] }),
      tensor(new Float64Array([1, 2, 3, 4, 5, 6]), { shape: [2, 3] }),
    ];
    await expectClose(attention(q, k, v), [2.5, 3.5, 4.5, 2.5, 3.5, 4.5, 2.5, 3.5, 4.5], { tolerance: 1e-15 });
  });

  it("is on every backend what it is on the CPU", async () => {
    const fill = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(phase + 1.7 * i));
    await expectAgreement((backend) => {
      const at = (phase: number) => tensor(fill(24, phase), { shape: [2, 4, 3], backend });
      const mask = tensor(past, { shape: [n, n], dtype: "bool", backend });
      const loss = (q: Tensor) => {
        const found = attention(q, at(2), at(3), { mask });
        return found.mul(found).sum();
      };
      return grad(loss)(at(1));
    });
  });
});

describe("attention, wrong arguments", () => {
  const q = tensor(new Float64Array(6), { shape: [2, 3] });
  const other = tensor(new Float64Array(8), { shape: [2, 4] });
  const weigh =
    (options: AttentionOptions, keys = q) =>
    () =>
      attentionWeights(q, keys, options);

  it("names what is wrong", () => {
    expect(weigh({}, other)).toThrow(
      "attentionWeights: keys has shape [2, 4] but its last axis must match that of queries, [2, 3]",
    );
    expect(weigh({}, tensor([1, 2, 3]))).toThrow(
      "attentionWeights: keys has shape [3] but must have 2 axes or more, the last not empty",
    );
    expect(() => attentionWeights(tensor([1]), q)).toThrow(
      "attentionWeights: queries has shape [1] but must have 2 axes or more, the last not empty",
    );
    expect(() => attentionWeights(tensor(new Float64Array(0), { shape: [2, 0] }), q)).toThrow(
      "attentionWeights: queries has shape [2, 0] but must have 2 axes or more, the last not empty",
    );
    expect(weigh({}, tensor(new Float32Array(6), { shape: [2, 3] }))).toThrow(
      "attentionWeights: keys is f32 but must match queries, f64; cast one of them",
    );
    expect(() => attentionWeights(tensor(Int32Array.of(1), { shape: [1, 1] }) as unknown as Tensor, q)).toThrow(
      "attentionWeights: queries is i32 but must be f32 or f64; cast it",
    );
    expect(weigh({ scale: -1 })).toThrow("attentionWeights: scale is -1 but must be a finite number ≥ 0");
    expect(weigh({ scale: Number.NaN })).toThrow("attentionWeights: scale is NaN but must be a finite number ≥ 0");
    expect(weigh({ causal: true }, tensor(new Float64Array(9), { shape: [3, 3] }))).toThrow(
      "attentionWeights: causal is true for 2 queries and 3 keys but needs as many of each",
    );
    expect(weigh({ mask: tensor([true, false, true]) })).toThrow(
      "attentionWeights: mask has shape [3] but must stretch to the weights' [2, 2]",
    );
    expect(weigh({ mask: tensor(new Uint8Array(8), { shape: [2, 2, 2], dtype: "bool" }) })).toThrow(
      "attentionWeights: mask has shape [2, 2, 2] but must stretch to the weights' [2, 2]",
    );
    expect(weigh({ mask: tensor([1, 0]) as unknown as Tensor<"bool"> })).toThrow(
      "attentionWeights: mask is f32 but must be bool; cast it",
    );
    expect(() => attention(q, q, tensor(new Float64Array(3), { shape: [3, 1] }))).toThrow(
      "attention: values has shape [3, 1] but must have a row for each of the 2 keys",
    );
    expect(() => attention(q, q, tensor(new Float64Array(3)))).toThrow(
      "attention: values has shape [3] but must have 2 axes or more, the last not empty",
    );
    expect(() => attention(q, q, tensor([[1], [2]]))).toThrow(
      "attention: values is f32 but must match keys, f64; cast one of them",
    );
    const [two, three] = [2, 3].map((batch) => tensor(new Float64Array(batch * 6), { shape: [batch, 2, 3] }));
    expect(() => attention(two, three, three)).toThrow("attention: shapes [2] and [3] do not broadcast");
    expect(() => attention(two, two, three)).toThrow("attention: shapes [2] and [3] do not broadcast");
  });
});
