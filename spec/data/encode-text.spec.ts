import { encodeText, hashedNgrams, Vocabulary } from "cotangent/data";
import { describe, expect, it } from "vitest";

const tokens = new Vocabulary(["a", "b", "c"], [3, 2, 1], null);
const labels = new Vocabulary(["l", "m"], [2, 1], null);
const example = { labels: ["m", "x", "l", "m"], tokens: ["c", "a", "x", "c"] };

describe("encodeText", () => {
  it("counts known tokens in the order of their ids, and keeps the labels' order", () => {
    expect(encodeText(example, { tokens, labels })).toEqual({
      labels: [1, 0],
      indices: Uint32Array.of(0, 2),
      values: Float32Array.of(1, 2),
    });
  });

  it("scales the values to a mean or to a unit vector", () => {
    expect(encodeText(example, { tokens, labels, scale: "mean" }).values).toEqual(Float32Array.of(1 / 3, 2 / 3));
    const unit = Float32Array.of(1 / Math.sqrt(5), 2 / Math.sqrt(5));
    expect(encodeText(example, { tokens, labels, scale: "unit" }).values).toEqual(unit);
    expect(encodeText({ labels: [], tokens: [] }, { tokens, labels, scale: "unit" }).values).toEqual(Float32Array.of());
  });

  it("puts the n-grams of all tokens after the tokens", () => {
    const { indices, values } = encodeText(example, { tokens, labels, ngrams: { buckets: 1000 } });
    const ngrams = hashedNgrams(example.tokens, { buckets: 1000 }).map((id) => 3 + id);
    expect([...indices]).toEqual([0, 2, ...ngrams.sort((a, b) => a - b)]);
    expect([...values]).toEqual([1, 2, 1, 1, 1]);
    const shared = encodeText(example, { tokens, labels, ngrams: { buckets: 1 } });
    expect([[...shared.indices], [...shared.values]]).toEqual([
      [0, 2, 3],
      [1, 2, 3],
    ]);
  });

  it("names the option that is wrong", () => {
    expect(() => encodeText(example, { tokens, labels, scale: "x" as "mean" })).toThrow(
      new TypeError('encodeText: scale is "x" but must be one of count, mean, unit'),
    );
  });
});
