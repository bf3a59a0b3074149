import { embeddingDistortion, treeDistances, treeToPoincare } from "cotangent/methods/metric";
import { numbers, sfc32 } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const trees = fc
  .array(fc.nat(1000), { minLength: 0, maxLength: 9 })
  .map((list) => [-1, ...list.map((value, i) => value % (i + 1))]);

const binary = [-1, ...Array.from({ length: 30 }, (_, i) => Math.floor(i / 2))]; // complete, depth 4

type Point = Float64Array;
const gap = (z: Point) => 1 - z[0] ** 2 - z[1] ** 2;
const hyperbolic = (a: Point, b: Point) =>
  2 * Math.asinh(Math.hypot(a[0] - b[0], a[1] - b[1]) / Math.sqrt(gap(a) * gap(b)));
const euclidean = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const all = (points: readonly Point[], d: (a: Point, b: Point) => number) =>
  points.map((a) => points.map((b) => d(a, b)));

/** The angle at z between two others, along geodesics. */
function angleAt(z: Point, a: Point, b: Point): number {
  const seen = (p: Point) => {
    const [re, im] = [1 - z[0] * p[0] - z[1] * p[1], -(z[0] * p[1] - z[1] * p[0])];
    const [x, y] = [p[0] - z[0], p[1] - z[1]];
    return Math.atan2(y * re - x * im, x * re + y * im);
  };
  const turn = Math.abs(seen(a) - seen(b)) % (2 * Math.PI);
  return Math.min(turn, 2 * Math.PI - turn);
}

describe("treeToPoincare", () => {
  law(
    "gives every edge the length `scale`, and no path more than its edges",
    trees,
    numbers({ min: 0.2, max: 1.5 }),
    (parents, scale) => {
      const d = all(treeToPoincare(parents, scale), hyperbolic);
      const graph = treeDistances(parents);
      // 1e-16 · e^(scale · depth), at most 1e-16 · e^13.5
      graph.forEach((row, i) => {
        row.forEach((edges, j) => {
          if (edges === 1) expect(Math.abs(d[i][j] - scale)).toBeLessThan(1e-9);
          expect(d[i][j]).toBeLessThanOrEqual(scale * edges + 1e-9);
        });
      });
    },
  );

  law("parts the edges of a node at equal angles", trees, numbers({ min: 0.2, max: 1 }), (parents, scale) => {
    const points = treeToPoincare(parents, scale);
    const graph = treeDistances(parents);
    graph.forEach((row, node) => {
      const adjacent = [...row.keys()].filter((other) => row[other] === 1);
      if (adjacent.length < 2) return;
      const angles = adjacent.flatMap((a) =>
        adjacent.filter((b) => b !== a).map((b) => angleAt(points[node], points[a], points[b])),
      );
      expect(Math.min(...angles)).toBeCloseTo((2 * Math.PI) / adjacent.length, 6);
    });
  });

  it("puts the root in the centre, its first child to the right, and takes a root alone", () => {
    expect(treeToPoincare([-1], 1)).toEqual([Float64Array.of(0, 0)]);
    const [root, first, second] = treeToPoincare([-1, 0, 0], 2);
    expect([...root]).toEqual([0, 0]);
    expect([...first]).toEqual([Math.tanh(1), 0]);
    expect(second[0]).toBeCloseTo(-Math.tanh(1), 15);
  });

  it("goes round a node counter-clockwise, from the edge that it comes by", () => {
    const points = treeToPoincare([-1, 0, 0, 0, 1, 1], 1); // node 1 to the right: its parent is at π, its children at ∓π/3
    expect(points.slice(2).map(([, y]) => Math.sign(y))).toEqual([1, -1, -1, 1]);
  });

  it("has on the complete binary tree of depth 4 the distortion 1.89, 1.18, 1.066, 1.042, and exact edges", () => {
    const graph = treeDistances(binary);
    const wanted = [
      [1, 1.89, 1e-13],
      [2, 1.18, 1e-12],
      [4, 1.066, 3e-9],
      [6, 1.042, 9e-6],
    ];
    for (const [scale, distortion, allowed] of wanted) {
      const d = all(treeToPoincare(binary, scale), hyperbolic);
      const found = embeddingDistortion(d, graph);
      expect(Math.abs(found.distortion / distortion - 1)).toBeLessThan(0.01);
      expect(found.expansion).toBeCloseTo(scale, 5);
      for (let node = 1; node < binary.length; node++) {
        expect(Math.abs(d[node][binary[node]] - scale)).toBeLessThan(allowed);
      }
    }
  });

  it("beats, from scale 1 on, what 2000 gradient steps find in the Euclidean plane", () => {
    const graph = treeDistances(binary);
    const uniform = sfc32(1);
    let best = Number.POSITIVE_INFINITY;
    const starts = [
      treeToPoincare(binary, 1),
      treeToPoincare(binary, 2),
      binary.map(() => Float64Array.of(uniform(), uniform())),
    ];
    for (const start of starts) {
      const points = start.map((z) => z.map((value) => 5 * value));
      for (let step = 0; step < 2000; step++) {
        const rate = 0.02 * (1 - step / 2000);
        points.forEach((a, i) => {
          points.forEach((b, j) => {
            if (j >= i) return;
            const d = Math.max(1e-9, euclidean(a, b));
            const pull = (rate * 2 * (d / graph[i][j] - 1)) / graph[i][j] / d; // of the relative stress (d/d_G − 1)²
            for (let k = 0; k < 2; k++) {
              const shift = pull * (a[k] - b[k]);
              a[k] -= shift;
              b[k] += shift;
            }
          });
        });
        if (step % 50 === 49) best = Math.min(best, embeddingDistortion(all(points, euclidean), graph).distortion);
      }
    }
    expect(best).toBeGreaterThan(1.9);
  });

  it("names the argument that is wrong", () => {
    expect(() => treeToPoincare([-1, 0], 0)).toThrow("treeToPoincare: scale is 0 but must be a finite number > 0");
    expect(() => treeToPoincare([], 1)).toThrow("treeToPoincare: parents is empty but must hold at least the root");
    expect(() => treeToPoincare([-1, 1], 1)).toThrow(
      "treeToPoincare: parents holds 1 at 1 but must hold an earlier node, in [0, 1)",
    );
    expect(() => treeToPoincare([-1, 0, 1], 40)).toThrow(
      "treeToPoincare: scale is 40 but must be smaller: node 1 is on the rim of the disk in f64",
    );
  });
});
