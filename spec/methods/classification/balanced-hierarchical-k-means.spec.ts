import { permutation, randomKey } from "cotangent";
import { type BalancedHierarchicalKMeansOptions, balancedHierarchicalKMeans } from "cotangent/methods/classification";
import { floats, seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { law } from "../../support/law.js";

const clouds = fc
  .integer({ min: 1, max: 17 })
  .chain((n) => floats([n, 2]))
  .map((flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]));

const membersOf = (clusterOf: Int32Array, cluster: number) =>
  [...clusterOf.keys()].filter((i) => clusterOf[i] === cluster);

/** Asserts that no swap of two points would raise the dot products with the centres of two halves. */
function expectSettled(points: number[][], clusterOf: Int32Array): void {
  const halves = [0, 1].map((c) => membersOf(clusterOf, c));
  const centre = (members: number[]) =>
    [0, 1].map((j) => members.reduce((sum, i) => sum + points[i][j], 0) / members.length);
  const [left, right] = halves.map(centre);
  const along = (i: number) => points[i][0] * (right[0] - left[0]) + points[i][1] * (right[1] - left[1]);
  expect(Math.max(...halves[0].map(along))).toBeLessThan(Math.min(...halves[1].map(along)) + 1e-9);
}

describe("balancedHierarchicalKMeans", () => {
  law(
    "has clusters of equal size, but that the first ones have one more if it must be",
    clouds,
    fc.integer({ min: 1, max: 9 }),
    seeds,
    async (points, clusters, seed) => {
      const clusterOf = await balancedHierarchicalKMeans(points, { clusters, key: randomKey(seed) });
      const sizes = Array.from({ length: clusters }, (_, c) => membersOf(clusterOf, c).length);
      const [share, extra] = [Math.floor(points.length / clusters), points.length % clusters];
      expect(sizes).toEqual(sizes.map((_, c) => share + Number(c < extra)));
    },
  );

  law("depends on its key only", clouds, seeds, async (points, seed) => {
    const run = () => balancedHierarchicalKMeans(points, { clusters: 4, key: randomKey(seed) });
    expect(await run()).toEqual(await run());
  });

  law(
    "divides in two where no swap of two points raises the dot products with the centres",
    clouds,
    seeds,
    async (points, seed) => {
      const clusterOf = await balancedHierarchicalKMeans(points, { clusters: 2, key: randomKey(seed), rounds: 100 });
      if (points.length > 1) expectSettled(points, clusterOf);
    },
  );

  it("does not stop where the random halves are those of their first direction, and not of their centres", async () => {
    const points = [
      [0, 0],
      [3, 1],
      [1, 3],
      [4, 3.5],
      [2, 1],
      [0.5, 2],
    ];
    for (let seed = 0; seed < 100; seed++) {
      const clusterOf = await balancedHierarchicalKMeans(points, { clusters: 2, key: randomKey(seed) });
      expectSettled(points, clusterOf);
    }
  });

  law(
    "starts each division with the first point of its key's order on the left",
    clouds,
    seeds,
    async (points, seed) => {
      const two = [points[0], [points[0][0] + 1, points[0][1]]];
      const key = randomKey(seed);
      const [first] = await permutation(key, 2).data();
      expect((await balancedHierarchicalKMeans(two, { clusters: 2, key }))[first]).toBe(0);
    },
  );

  law("divides an odd number of clusters into fewer on the left and more on the right", seeds, async (seed) => {
    const clusterOf = await balancedHierarchicalKMeans([[0], [1], [2]], { clusters: 3, key: randomKey(seed) });
    expect(clusterOf[1]).not.toBe(0); // what is cut off first is an end
  });

  it("stops after 20 rounds by default", async () => {
    // Nearly a circle: the division turns towards its longer axis by little in each round.
    const points = Array.from({ length: 200 }, (_, i) => [
      Math.cos((Math.PI * i) / 100),
      1.05 * Math.sin((Math.PI * i) / 100),
    ]);
    const options = { clusters: 2, key: randomKey(0) };
    const byDefault = await balancedHierarchicalKMeans(points, options);
    expect(byDefault).toEqual(await balancedHierarchicalKMeans(points, { ...options, rounds: 20 }));
    for (const rounds of [19, 21]) {
      expect(byDefault).not.toEqual(await balancedHierarchicalKMeans(points, { ...options, rounds }));
    }
  });

  law("finds groups that are far apart", seeds, async (seed) => {
    const corners = [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ];
    const points = Array.from({ length: 24 }, (_, i) => corners[i % 4].map((v) => v + 0.01 * Math.sin(i)));
    const clusterOf = await balancedHierarchicalKMeans(points, { clusters: 4, key: randomKey(seed) });
    // A first cut between neighbouring corners leaves two corners a side; one through opposite corners cannot settle.
    const purest = [0, 1, 2, 3].map((c) => new Set(membersOf(clusterOf, c).map((i) => i % 4)).size);
    expect(purest).toEqual([1, 1, 1, 1]);
  });

  it("puts everything in one cluster, and copes with more clusters than points and with equal points", async () => {
    const key = randomKey(1);
    expect(await balancedHierarchicalKMeans([[1], [2]], { clusters: 1, key })).toEqual(Int32Array.of(0, 0));
    const few = await balancedHierarchicalKMeans([[1], [2]], { clusters: 5, key });
    expect(new Set(few).size).toBe(2);
    const equal = await balancedHierarchicalKMeans(Array(6).fill([1, 1]), { clusters: 3, key });
    expect([0, 1, 2].map((c) => membersOf(equal, c).length)).toEqual([2, 2, 2]);
  });

  it("names the argument that is wrong", async () => {
    const call = (points: number[][], options: Partial<BalancedHierarchicalKMeansOptions> = {}) =>
      balancedHierarchicalKMeans(points, { clusters: 2, key: randomKey(0), ...options });
    await expect(call([[1]], { clusters: 0 })).rejects.toThrow(
      new RangeError("balancedHierarchicalKMeans: clusters is 0 but must be a whole number ≥ 1"),
    );
    await expect(call([[1]], { rounds: 0 })).rejects.toThrow(
      new RangeError("balancedHierarchicalKMeans: rounds is 0 but must be a whole number ≥ 1"),
    );
    await expect(call([])).rejects.toThrow(
      new RangeError("balancedHierarchicalKMeans: points is empty but must have an example"),
    );
    await expect(call([[1], [Number.NaN]])).rejects.toThrow(
      new RangeError("balancedHierarchicalKMeans: points[1][0] is NaN but must be finite"),
    );
    await expect(call([[1], [1, 2]])).rejects.toThrow(
      new RangeError("balancedHierarchicalKMeans: points[1] has 2 features but must have 1, as points[0] has"),
    );
  });
});
