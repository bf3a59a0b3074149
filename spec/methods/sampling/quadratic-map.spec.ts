import { read, type Tensor, tensor } from "cotangent";
import { quadraticMap } from "cotangent/methods/sampling";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

describe("quadraticMap", () => {
  law(
    "has features whose product is α·(x·y)² + 1",
    floats([2, 3]),
    numbers({ min: 0, max: 100 }),
    async (xy, strength) => {
      const map = quadraticMap({ width: 3, strength });
      expect([map.width, map.features]).toEqual([3, 10]);
      const x = tensor(xy.subarray(0, 3), { shape: [1, 3] });
      const y = tensor(xy.subarray(3), { shape: [1, 3] });
      const product = xy.subarray(0, 3).reduce((sum, value, i) => sum + value * xy[3 + i], 0);
      const expected = strength * product ** 2 + 1;
      const { byFeatures, direct } = await read({
        byFeatures: map.apply(x).mul(map.apply(y)).sum(),
        direct: map.kernel!(x, y.reshape([1, 1, 3])),
      });
      const size = strength * 27 * 27 + 1; // what cancels where x and y are nearly orthogonal
      expect(Math.abs(byFeatures[0] - expected)).toBeLessThan(1e-14 * size);
      expect(Math.abs(direct[0] - expected)).toBeLessThan(1e-14 * size);
    },
  );

  it("weighs each query against its own vectors, without features", async () => {
    const map = quadraticMap({ width: 2 });
    const queries = tensor(new Float64Array([1, 0, 0, 1]), { shape: [2, 2] });
    const vectors = tensor(new Float64Array([0.5, 9, -0.5, 9, 9, 0.1, 9, 0]), { shape: [2, 2, 2] });
    await expectClose(map.kernel!(queries, vectors), [26, 26, 2, 1]); // α is 100
    await expectClose(map.apply(queries), [10, 0, 0, 0, 1, 0, 0, 0, 10, 1]);
    map.dispose();
  });

  it("is differentiable in the vectors, and takes any shape", async () => {
    const map = quadraticMap({ width: 2, strength: 3 });
    const x = tensor(
      Float64Array.from({ length: 8 }, (_, i) => Math.sin(i + 1)),
      { shape: [2, 2, 2] },
    );
    expect(map.apply(x).shape).toEqual([2, 2, 5]);
    const weights = tensor(new Float64Array([1, -2, 3, 0.5, 4]));
    await checkGradient((t: Tensor) => map.apply(t).mul(weights).sum(), x, { order: 2 });
  });

  it("names the argument that is wrong", () => {
    expect(() => quadraticMap({ width: 1.5 })).toThrow("quadraticMap: width is 1.5 but must be a whole number ≥ 1");
    expect(() => quadraticMap({ width: 1, strength: -1 })).toThrow(
      "quadraticMap: strength is -1 but must be a finite number ≥ 0",
    );
    expect(() => quadraticMap({ width: 2 }).apply(tensor([[1, 2, 3]]))).toThrow(
      "quadraticMap.apply: vectors has shape [1, 3] but must be [1, 2]",
    );
  });
});
