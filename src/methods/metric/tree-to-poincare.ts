import { checkAbove } from "../../autodiff/check.js";
import { checkParents, neighboursOf } from "./tree-distances.js";

/**
 * Sarkar's embedding of a tree in the Poincaré disk: every edge has length `scale`, and the edges of a node part at equal
 * angles.
 *
 *     z_child = (r e^{iφ} + z) / (1 + z̄ r e^{iφ})        r = tanh(scale / 2)
 *     φ = (angle at which the parent is seen from z at the centre) + 2πk / degree,  k = 1, 2, …
 *
 * All distances are at most `scale` times those of the tree, and the distortion falls to 1 as the scale grows: that of a
 * complete binary tree of depth 4 is 1.89, 1.18, 1.066, 1.042 at scale 1, 2, 4, 6. Digits are lost towards the rim: edges
 * are right to about `1e-16 · e^{scale · depth}`.
 *
 * Reach for it to give a taxonomy coordinates in which classes of a subtree are a half-plane.
 *
 * @param parents - the parent of each node, −1 for the first node, the root; parents come before their children
 * @param scale - the length of an edge, a finite number > 0
 * @returns a point `[x, y]` for each node, the root in the centre
 * @throws RangeError if `parents` is empty or is not such a list, or `scale` is not > 0
 * @throws RangeError if a node is so far out that its point is on the rim in f64
 * @source Sarkar, "Low Distortion Delaunay Embedding of Trees in Hyperbolic Plane", Graph Drawing 2011; Sala et al.,
 * "Representation Tradeoffs for Hyperbolic Embeddings", ICML 2018, arXiv:1804.03329, algorithm 1
 */
export function treeToPoincare(parents: ArrayLike<number>, scale: number): Float64Array[] {
  checkAbove("treeToPoincare", { scale }, 0);
  checkParents("treeToPoincare", parents);
  const radius = Math.tanh(scale / 2);
  const points: Float64Array[] = [Float64Array.of(0, 0)];
  neighboursOf(parents).forEach((adjacent, node) => {
    const children = adjacent.filter((other) => other !== parents[node]);
    const [x, y] = points[node];
    const towards = node === 0 ? 0 : angleOf(moved(points[parents[node]], -x, -y));
    children.forEach((child, k) => {
      const angle = towards + (2 * Math.PI * (node === 0 ? k : k + 1)) / adjacent.length;
      const point = moved([radius * Math.cos(angle), radius * Math.sin(angle)], x, y);
      if (!(point[0] ** 2 + point[1] ** 2 < 1)) {
        throw new RangeError(
          `treeToPoincare: scale is ${scale} but must be smaller: node ${child} is on the rim of the disk in f64`,
        );
      }
      points[child] = point;
    });
  });
  return points;
}

/** The isometry of the disk that takes 0 to a: `(z + a) / (1 + ā z)`. */
function moved([zx, zy]: ArrayLike<number> & Iterable<number>, ax: number, ay: number): Float64Array {
  const [re, im] = [1 + ax * zx + ay * zy, ax * zy - ay * zx];
  const [x, y] = [zx + ax, zy + ay];
  const squared = re * re + im * im;
  return Float64Array.of((x * re + y * im) / squared, (y * re - x * im) / squared);
}

function angleOf([x, y]: Float64Array): number {
  return Math.atan2(y, x);
}
