import { evaluate, randomKey, type Tensor, tensor } from "cotangent";
import { dualHead, type HiddenHead, initDualHead } from "cotangent/methods/distillation";
import { linear } from "cotangent/methods/layers";
import { checkGradient, expectation, floats, seeds } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, rowsOf, sum, weighed } from "./support/logit-pairs.js";

const product = (x: number[][], { weights, bias }: { weights: number[][]; bias: number[] }) =>
  x.map((row) => bias.map((b, k) => b + sum(row.map((v, j) => v * weights[j][k]))));
const plain = async ({ weights, bias }: { weights: Tensor; bias: Tensor }) => ({
  weights: rowsOf(await weights.data(), weights.shape[1]),
  bias: [...(await bias.data())],
});

describe("dualHead", () => {
  law("is two linear heads", floats([6]), seeds, async (x, seed) => {
    const heads = initDualHead(randomKey(seed), 3, 4, { dtype: "f64" });
    const logits = dualHead(heads, matrix(x, 3));
    await expectClose(logits.main, linear(heads.main, matrix(x, 3)), { tolerance: 0 });
    expect("inner" in heads.auxiliary).toBe(false);
    if (!("inner" in heads.auxiliary))
      await expectClose(logits.auxiliary, linear(heads.auxiliary, matrix(x, 3)), { tolerance: 0 });
  });

  law(
    "normalizes a hidden layer over the batch",
    floats([12]),
    floats([10], { min: 0.2, max: 2 }),
    seeds,
    async (x, affine, seed) => {
      const heads = initDualHead(randomKey(seed), 3, 2, { hidden: 5, dtype: "f64" });
      if (!("inner" in heads.auxiliary)) throw new Error("no hidden layer");
      const [scale, shift] = [affine.slice(0, 5), affine.slice(5).map((v) => v - 1)];
      const auxiliary = { ...heads.auxiliary, scale: tensor(scale) as Tensor, shift: tensor(shift) as Tensor };
      const hidden = product(rowsOf(x, 3), await plain(auxiliary.inner));
      const columns = hidden[0].map((_, k) => hidden.map((row) => row[k]));
      const active = hidden.map((row) =>
        row.map((v, k) => {
          const mean = sum(columns[k]) / 4;
          const variance = sum(columns[k].map((u) => (u - mean) ** 2)) / 4;
          return Math.max(0, (scale[k] * (v - mean)) / Math.sqrt(variance + 1e-5) + shift[k]);
        }),
      );
      const logits = dualHead({ ...heads, auxiliary }, matrix(x, 3));
      await expectClose(logits.auxiliary, product(active, await plain(auxiliary.outer)).flat(), { tolerance: 1e-11 });
      await expectClose(logits.main, linear(heads.main, matrix(x, 3)), { tolerance: 0 }); // what is left at prediction
    },
  );

  it("drops hidden units by the key: each with the share, the others that much larger", async () => {
    const heads = evaluate(initDualHead(randomKey(1), 1, 1, { hidden: 1, dtype: "f64" }));
    if (!("inner" in heads.auxiliary)) throw new Error("no hidden layer");
    const auxiliary = {
      ...heads.auxiliary,
      inner: {
        weights: tensor(Float64Array.of(1), { shape: [1, 1] }) as Tensor,
        bias: tensor(Float64Array.of(0)) as Tensor,
      },
    };
    const x = matrix(Float64Array.of(1, 3), 1);
    const of = (options: Parameters<typeof dualHead>[2]) => dualHead({ ...heads, auxiliary }, x, options).auxiliary;
    const share = 0.25;
    const mean = await expectation((key) => of({ key, dropout: share }), randomKey(2));
    const { outer } = await { outer: await plain(auxiliary.outer) };
    const outputs = (pair: number[]) => {
      const average = (pair[0] + pair[1]) / 2;
      const deviation = Math.sqrt(((pair[0] - average) ** 2 + (pair[1] - average) ** 2) / 2 + 1e-5);
      return pair.map((v) => outer.bias[0] + outer.weights[0][0] * Math.max(0, (v - average) / deviation));
    };
    const [a, b] = [1 / (1 - share), 3 / (1 - share)];
    const cases: [number, number[]][] = [
      [(1 - share) ** 2, [a, b]],
      [share * (1 - share), [0, b]],
      [share * (1 - share), [a, 0]],
      [share ** 2, [0, 0]],
    ];
    const expected = [0, 1].map((i) => sum(cases.map(([chance, pair]) => chance * outputs(pair)[i])));
    await expectClose(mean, expected, { tolerance: 1e-10 });
    await expectClose(of({ key: randomKey(3), dropout: 0 }), of({}), { tolerance: 0 });
    const usual = await expectation((key) => of({ key }), randomKey(2));
    await expectClose(usual, await expectation((key) => of({ key, dropout: 0.1 }), randomKey(2)), { tolerance: 1e-12 });
  });

  law("has a right gradient", floats([9]), seeds, async (x, seed) => {
    const heads = initDualHead(randomKey(seed), 3, 2, { hidden: 4, dtype: "f64" });
    const both = (f: Tensor) => {
      const { main, auxiliary } = dualHead(heads, f);
      return weighed(main).add(weighed(auxiliary));
    };
    const hidden = await dualHead(heads, matrix(x, 3)).auxiliary.data();
    if (hidden.every(Number.isFinite) && spread(x) > 0.5) await checkGradient(both, matrix(x, 3));
  });

  it("is the same on every backend", async () => {
    await expectAgreement((x, place) => {
      const layer = (rows: number, columns: number, phase: number) => ({
        weights: place.numbers(rows, columns, phase),
        bias: place.numbers(1, columns, phase).reshape([columns]),
      });
      const [scale, shift] = [place.numbers(1, 5, 4).reshape([5]), place.numbers(1, 5, 5).reshape([5])];
      const auxiliary = { inner: layer(6, 5, 1), scale, shift, outer: layer(5, 3, 2) };
      const logits = dualHead({ main: layer(6, 3, 3), auxiliary }, x);
      return logits.main.add(logits.auxiliary);
    }, 1e-4); // sums of squares over the batch, then quotients by their roots
  });

  it("names what is wrong", () => {
    const key = randomKey(0);
    expect(() => initDualHead(key, 0, 2)).toThrow("initDualHead: inputs is 0 but must be a whole number ≥ 1");
    expect(() => initDualHead(key, 2, 0)).toThrow("initDualHead: classes is 0 but must be a whole number ≥ 1");
    expect(() => initDualHead(key, 2, 2, { hidden: 0 })).toThrow(
      "initDualHead: hidden is 0 but must be a whole number ≥ 1",
    );
    const [flat, deep] = [initDualHead(key, 2, 3), initDualHead(key, 2, 3, { hidden: 4 })];
    const x = tensor([[1, 2]]);
    expect(() => dualHead(flat, x, { dropout: 1 })).toThrow("dualHead: dropout is 1 but must be in [0, 1)");
    expect(() => dualHead(flat, tensor([1, 2]))).toThrow("dualHead: features has shape [2] but must have 2 axes");
    expect(() => dualHead(flat, tensor([[1]]))).toThrow(
      "dualHead: features has shape [1, 1] but must be [any, 2], as main.weights has 2 rows",
    );
    expect(() => dualHead({ ...flat, auxiliary: initDualHead(key, 3, 3).main }, x)).toThrow(
      "dualHead: features has shape [1, 2] but must be [any, 3], as auxiliary.weights has 3 rows",
    );
    const [narrow, hidden] = [initDualHead(key, 1, 3, { hidden: 4 }).auxiliary, deep.auxiliary as HiddenHead];
    expect(() => dualHead({ ...flat, auxiliary: narrow }, x)).toThrow(
      "dualHead: features has shape [1, 2] but must be [any, 1], as auxiliary.inner.weights has 1 rows",
    );
    const changed = (part: Partial<HiddenHead>) => () => dualHead({ ...deep, auxiliary: { ...hidden, ...part } }, x);
    expect(changed({ scale: x })).toThrow("dualHead: auxiliary.scale has shape [1, 2] but must be [4]");
    expect(changed({ shift: x })).toThrow("dualHead: auxiliary.shift has shape [1, 2] but must be [4]");
    expect(changed({ outer: flat.main })).toThrow(
      "dualHead: auxiliary.outer.weights has shape [2, 3] but must be [4, any]",
    );
    expect(() => dualHead(deep, x)).toThrow(
      "dualHead: features has shape [1, 2] but must have at least 2 rows; the hidden layer is normalized over them",
    );
  });
});

/** The least difference between two rows' sums: near 0 normalization divides by nothing. */
function spread(x: Float64Array): number {
  const sums = rowsOf(x, 3).map(sum);
  return Math.min(...sums.flatMap((a, i) => sums.slice(i + 1).map((b) => Math.abs(a - b))));
}
