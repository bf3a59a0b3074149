import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { dominantEigenvector } from "../../../src/methods/sampling/dominant-eigenvector.js";
import { law } from "../../support/law.js";

const size = 3;
const times = (a: ArrayLike<number>, v: ArrayLike<number>) =>
  Array.from(v, (_, i) => Array.from(v).reduce((sum, x, j) => sum + a[i * v.length + j] * x, 0));
const dot = (u: readonly number[], v: ArrayLike<number>) => u.reduce((sum, x, i) => sum + x * v[i], 0);

/** How many entries of the matrix are looked at. */
function readsOf(matrix: Float64Array, size: number): number {
  let reads = 0;
  const counted = new Proxy(matrix, {
    get: (values, place) => {
      reads++;
      return Reflect.get(values, place);
    },
  });
  dominantEigenvector(counted, size);
  return reads;
}

describe("dominantEigenvector", () => {
  law(
    "is a unit vector on which no other can improve, at any scale",
    floats([size, size]),
    floats([size]),
    numbers({ min: -8, max: 8 }),
    (factor, gap, exponent) => {
      // B·Bᵀ with one direction far above the others, so that the iteration has come to its end
      const direction = Float64Array.of(1 + gap[0] ** 2, gap[1], gap[2]);
      const a = Float64Array.from({ length: size * size }, (_, k) => {
        const [i, j] = [Math.floor(k / size), k % size];
        const square = Array.from({ length: size }, (_, l) => factor[i * size + l] * factor[j * size + l]);
        return 10 ** exponent * (square.reduce((sum, x) => sum + x) + 100 * direction[i] * direction[j]);
      });
      const v = dominantEigenvector(a, size);
      const image = times(a, v);
      const value = dot(image, v);
      expect(dot(Array.from(v), v)).toBeCloseTo(1, 12);
      for (let i = 0; i < size; i++) expect(image[i] / value).toBeCloseTo(v[i], 9);
      expect(value).toBeGreaterThan(10 ** exponent * 100);
    },
  );

  it("begins at the heaviest column, which alone may lead to the largest eigenvalue", () => {
    expect([...dominantEigenvector(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2), 3)]).toEqual([0, 1, 0]);
    expect([...dominantEigenvector(Float64Array.of(4, 0, 0, 0, 3, 0, 0, 0, 2), 3)]).toEqual([1, 0, 0]);
    expect([...dominantEigenvector(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 5), 3)]).toEqual([0, 0, 1]);
  });

  it("stops once nothing moves any more", () => {
    expect(readsOf(Float64Array.of(1, 0, 0, 0, 3, 0, 0, 0, 2), 3)).toBeLessThan(30);
  });

  it("gives up after 1000 multiplications, where two eigenvalues nearly meet", () => {
    // Two reads compare the diagonal, and four make a product.
    expect(readsOf(Float64Array.of(1, 1e-6, 1e-6, 1), 2)).toBe(2 + 4 * 1000);
  });

  it("is the first unit vector where everything is 0", () => {
    expect([...dominantEigenvector(new Float64Array(4), 2)]).toEqual([1, 0]);
  });
});
