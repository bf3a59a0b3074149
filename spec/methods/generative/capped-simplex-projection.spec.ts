import { tensor } from "cotangent";
import { projectCappedSimplex, projectSimplex } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { dot, subsets, sum } from "./support/structures.js";

const counts = fc.integer({ min: 1, max: 6 });

describe("projectCappedSimplex", () => {
  law("is the nearest point: no vertex lies further along the difference", floats([6]), counts, async (z, k) => {
    const x = await projectCappedSimplex(tensor(z), k).data();
    expect(sum(x)).toBeCloseTo(k, 12);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...x)).toBeLessThanOrEqual(1);
    const toZ = z.map((v, i) => v - x[i]);
    for (const vertex of subsets(6, k)) expect(dot(toZ, vertex) - dot(toZ, x)).toBeLessThanOrEqual(1e-12);
  });

  law("is the projection on the simplex for k = 1", floats([5]), async (z) => {
    await expectClose(projectCappedSimplex(tensor(z), 1), projectSimplex(tensor(z)), { tolerance: 1e-14 });
  });

  law("is 1 less that of −z for n − k", floats([5]), fc.integer({ min: 1, max: 4 }), async (z, k) => {
    const mirrored = projectCappedSimplex(tensor(z.map((v) => -v)), 5 - k);
    await expectClose(projectCappedSimplex(tensor(z), k), mirrored.neg().add(1), { tolerance: 1e-14 });
  });

  it("has its known values", async () => {
    const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));
    await expectClose(projectCappedSimplex(f64([2, 0.5, 0.5, -3]), 2), [1, 0.5, 0.5, 0], { tolerance: 1e-15 });
    await expectClose(projectCappedSimplex(f64([3, 2, 1]), 3), [1, 1, 1], { tolerance: 0 });
    await expectClose(projectCappedSimplex(f64([1, 1, 1, 1]), 2), [0.5, 0.5, 0.5, 0.5], { tolerance: 1e-15 });
    await expectClose(projectCappedSimplex(f64([1e4, 0, -1e4]), 2), [1, 1, 0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    const z = tensor(new Float64Array(3));
    for (const k of [0, 4, 1.5]) {
      expect(() => projectCappedSimplex(z, k)).toThrow(
        `projectCappedSimplex: k is ${k} but must be a whole number in [1, 3]`,
      );
    }
    expect(() => projectCappedSimplex(tensor(Float64Array.of(Infinity, 0)), 1)).toThrow(
      "projectCappedSimplex: z holds Infinity at 0 but must hold finite numbers",
    );
  });
});
