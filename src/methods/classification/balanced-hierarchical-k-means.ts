import { checkCount } from "../../autodiff/check.js";
import { type Key, permutation } from "../../autodiff/index.js";
import { checkInputs } from "./check-examples.js";

export interface BalancedHierarchicalKMeansOptions {
  /** K, a whole number ≥ 1. */
  readonly clusters: number;
  /** Picks the two points that each division starts from. */
  readonly key: Key;
  /** Rounds of a division at most, a whole number ≥ 1. Default 20. */
  readonly rounds?: number;
}

/**
 * Clusters of nearly equal size, by dividing in two again and again.
 *
 *     each division: order by x·(centre of the right − centre of the left), cut where the sizes are right, take the means
 *     as centres, until nothing moves
 *
 * Cluster sizes differ by at most 1, for any K. Reach for it to partition labels by their embeddings, which should have
 * length 1: closeness is the dot product.
 *
 * @param points - `[n][d]`, n ≥ 1, finite
 * @returns `[n]` cluster of each point, in [0, K); the same for the same key
 * @throws RangeError if there is no point, or one has another length or is not finite
 * @throws RangeError if `clusters` or `rounds` is not a whole number ≥ 1
 * @source Prabhu et al., "Parabel: Partitioned Label Trees for Extreme Classification", WWW 2018, section 3.1
 */
export async function balancedHierarchicalKMeans(
  points: readonly ArrayLike<number>[],
  options: BalancedHierarchicalKMeansOptions,
): Promise<Int32Array> {
  const { clusters, key, rounds = 20 } = options;
  checkCount("balancedHierarchicalKMeans", { clusters, rounds }, 1);
  checkInputs("balancedHierarchicalKMeans", points, "points");
  const order = await permutation(key, points.length).data();
  const clusterOf = new Int32Array(points.length);
  const divide = (members: Int32Array, first: number, count: number): void => {
    if (count === 1) {
      for (const i of members) clusterOf[i] = first;
      return;
    }
    const left = Math.floor(count / 2);
    // Every cluster below gets the rounded down share, and the first ones one more.
    const [share, extra] = [Math.floor(members.length / count), members.length % count];
    const size = share * left + Math.min(extra, left);
    const sorted = bisect(points, members, size, rounds);
    divide(sorted.subarray(0, size), first, left);
    divide(sorted.subarray(size), first + left, count - left);
  };
  divide(Int32Array.from(order), 0, clusters);
  return clusterOf;
}

/** The members in an order of which the first `size` are one half; the first two given are where it starts. */
function bisect(points: readonly ArrayLike<number>[], members: Int32Array, size: number, rounds: number): Int32Array {
  if (size === 0 || size === members.length) return members;
  const width = points[0].length;
  const sortedAlong = (direction: Float64Array): Int32Array => {
    const along = new Map<number, number>();
    for (const i of members) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += points[i][j] * direction[j];
      along.set(i, sum);
    }
    return members.slice().sort((a, b) => along.get(a)! - along.get(b)! || a - b);
  };
  let sorted = sortedAlong(
    Float64Array.from({ length: width }, (_, j) => points[members[1]][j] - points[members[0]][j]),
  );
  for (let round = 0; round < rounds; round++) {
    const between = new Float64Array(width);
    sorted.forEach((i, place) => {
      const weight = place < size ? -1 / size : 1 / (members.length - size);
      for (let j = 0; j < width; j++) between[j] += weight * points[i][j];
    });
    const wereLeft = new Set(sorted.subarray(0, size));
    sorted = sortedAlong(between);
    if (sorted.subarray(0, size).every((i) => wereLeft.has(i))) break;
  }
  // Halves start from the random order again, not from the ends of this one.
  const isLeft = new Set(sorted.subarray(0, size));
  return Int32Array.from(
    [members.filter((i) => isLeft.has(i)), members.filter((i) => !isLeft.has(i))].flatMap((half) => [...half]),
  );
}
