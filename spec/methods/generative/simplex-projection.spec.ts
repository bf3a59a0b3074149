import { tensor } from "cotangent";
import { projectSimplex } from "cotangent/methods/generative";
import { floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { dot, sum } from "./support/structures.js";

const f64 = (values: readonly number[]) => tensor(Float64Array.from(values));

describe("projectSimplex", () => {
  law("is the nearest point: no vertex lies further along the difference", floats([5]), async (z) => {
    const x = await projectSimplex(tensor(z)).data();
    expect(sum(x)).toBeCloseTo(1, 13);
    expect(Math.min(...x)).toBeGreaterThanOrEqual(0);
    const toZ = z.map((v, i) => v - x[i]);
    // ⟨z − x, p − x⟩ ≤ 0 for every p of the simplex, so for its vertices
    for (const value of toZ) expect(value - dot(toZ, x)).toBeLessThanOrEqual(1e-12);
  });

  law("leaves points of the simplex alone", floats([4], { min: 0, max: 1 }), async (w) => {
    const total = sum(w) + 4e-3;
    const p = w.map((v) => (v + 1e-3) / total);
    await expectClose(projectSimplex(tensor(p)), p, { tolerance: 1e-14 });
  });

  law("does not change when all grow alike, however much", floats([4]), async (z) => {
    const grid = z.map((v) => Math.round(v * 64) / 64); // exact after the shift, but sums of four would not be
    const far = grid.map((v) => v + 2 ** 46);
    await expectClose(projectSimplex(tensor(far)), projectSimplex(tensor(grid)), { tolerance: 1e-14 });
  });

  it("has its known values", async () => {
    await expectClose(projectSimplex(f64([0.5, 0.3, -2])), [0.6, 0.4, 0], { tolerance: 1e-15 });
    await expectClose(projectSimplex(f64([1, 1, 1, 1])), [0.25, 0.25, 0.25, 0.25], { tolerance: 1e-15 });
    const far = [0.5, 0.265625, -2].map((v) => v + 2 ** 46); // of which sums would lose the last bit
    await expectClose(projectSimplex(f64(far)), [0.6171875, 0.3828125, 0], { tolerance: 0 });
    await expectClose(projectSimplex(f64([-7])), [1], { tolerance: 0 });
    await expectClose(projectSimplex(f64([1e4, -1e4])), [1, 0], { tolerance: 0 });
  });

  it("says what is wrong", () => {
    expect(() => projectSimplex(tensor(1 as unknown as number[]))).toThrow(
      "projectSimplex: z has shape [] but must have a last axis of at least one utility",
    );
    expect(() => projectSimplex(f64([1, Number.NaN]))).toThrow(
      "projectSimplex: z holds NaN at 1 but must hold finite numbers",
    );
  });
});
