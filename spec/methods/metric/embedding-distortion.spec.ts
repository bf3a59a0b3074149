import { embeddingDistortion } from "cotangent/methods/metric";
import { numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

/** Symmetric distances of three points. */
const distances = fc
  .tuple(numbers({ min: 0.1, max: 3 }), numbers({ min: 0.1, max: 3 }), numbers({ min: 0.1, max: 3 }))
  .map(([a, b, c]) => [Float64Array.of(0, a, b), Float64Array.of(a, 0, c), Float64Array.of(b, c, 0)]);

describe("embeddingDistortion", () => {
  law("is the largest ratio over the smallest", distances, distances, (embedded, graph) => {
    const ratios = [
      [0, 1],
      [0, 2],
      [1, 2],
    ].map(([i, j]) => embedded[i][j] / graph[i][j]);
    const found = embeddingDistortion(embedded, graph);
    expect(found.expansion).toBeCloseTo(Math.max(...ratios), 12);
    expect(found.contraction).toBeCloseTo(1 / Math.min(...ratios), 12);
    expect(found.distortion).toBeCloseTo(Math.max(...ratios) / Math.min(...ratios), 10);
    expect(found.distortion).toBeGreaterThanOrEqual(1 - 1e-15);
  });

  law(
    "is 1 for distances in proportion, and does not depend on scale",
    distances,
    distances,
    numbers({ min: 0.1, max: 9 }),
    (embedded, graph, scale) => {
      const scaled = embedded.map((row) => row.map((value) => scale * value));
      expect(embeddingDistortion(embedded, scaled).distortion).toBeCloseTo(1, 12);
      expect(embeddingDistortion(scaled, graph).distortion).toBeCloseTo(
        embeddingDistortion(embedded, graph).distortion,
        9,
      );
    },
  );

  it("is 1 for one point", () => {
    expect(embeddingDistortion([[0]], [[0]])).toEqual({ expansion: 1, contraction: 1, distortion: 1 });
  });

  it("names the argument that is wrong", () => {
    const good = [
      [0, 1],
      [1, 0],
    ];
    expect(() => embeddingDistortion([], [])).toThrow(
      "embeddingDistortion: embedded is empty but must hold at least one point",
    );
    expect(() => embeddingDistortion([[0]], good)).toThrow(
      "embeddingDistortion: embedded has 1 rows but must have 2, as graph has",
    );
    expect(() => embeddingDistortion(good, [[0, 1], [1]])).toThrow(
      "embeddingDistortion: row 1 of graph has 1 entries but must have 2",
    );
    for (const wrong of [0, -1, Number.NaN, Infinity]) {
      expect(() =>
        embeddingDistortion(
          [
            [0, wrong],
            [1, 0],
          ],
          good,
        ),
      ).toThrow(`embeddingDistortion: embedded holds ${wrong} at [0, 1] but must hold finite distances > 0`);
      expect(() =>
        embeddingDistortion(good, [
          [0, 1],
          [wrong, 0],
        ]),
      ).toThrow(`embeddingDistortion: graph holds ${wrong} at [1, 0] but must hold finite distances > 0`);
    }
  });
});
