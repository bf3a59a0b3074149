import { grad, square, type Tensor, tensor } from "cotangent";
import { projectSimplex } from "cotangent/methods/generative";
import { projectSparseSimplex, topkMaskNonneg } from "cotangent/methods/transport";
import { checkGradient, distinctFloats, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { subsetsOf } from "./support/brute-force.js";

const m = 6;
const counts = fc.integer({ min: 1, max: m });
const totals = numbers({ min: 0.2, max: 3 });
const of = (values: ArrayLike<number>, shape = [values.length]) =>
  tensor(Float64Array.from(values), { shape }) as Tensor;

describe("projectSparseSimplex", () => {
  law(
    "is nearer than the projection on any support of k",
    floats([m], { min: -1, max: 1 }),
    counts,
    totals,
    async (s, k, total) => {
      const found = (await projectSparseSimplex(of(s), k, total).data()) as Float64Array;
      expect(found.filter((v) => v > 0).length).toBeLessThanOrEqual(k);
      expect(found.every((v) => v >= 0)).toBe(true);
      expect(Math.abs(found.reduce((a, b) => a + b) - total)).toBeLessThan(1e-13);
      const away = (t: ArrayLike<number>) => s.reduce((sum, v, i) => sum + (v - t[i]) ** 2, 0);
      for (const support of subsetsOf(m, k)) {
        const part = (await projectSimplex(of(support.map((i) => s[i] / total))).data()) as Float64Array;
        const t = new Float64Array(m);
        support.forEach((i, at) => {
          t[i] = total * part[at];
        });
        expect(away(found)).toBeLessThanOrEqual(away(t) + 1e-12);
      }
    },
  );

  law("is the simplex projection where k does not bind", floats([m]), async (s) => {
    await expectClose(projectSparseSimplex(of(s), m), projectSimplex(of(s)), { tolerance: 1e-14 });
  });

  law("takes a total for each row", floats([2 * m]), counts, totals, totals, async (s, k, a, b) => {
    const both = projectSparseSimplex(of(s, [2, m]), k, of([a, b], [2, 1]));
    const each = [a, b].map((total, i) => projectSparseSimplex(of(s.slice(m * i, m * i + m)), k, total).data());
    await expectClose(both, [...(await each[0]), ...(await each[1])], { tolerance: 1e-14 });
  });

  it("takes the first of equals", async () => {
    await expectClose(projectSparseSimplex(of([1, 2, 2, 2]), 2), [0, 0.5, 0.5, 0], { tolerance: 1e-14 });
    await expectClose(projectSparseSimplex(of([0, 0, 0]), 1, 3), [3, 0, 0], { tolerance: 1e-14 });
  });

  law("has the Jacobian of its support", distinctFloats([m], 0.1), fc.integer({ min: 2, max: 4 }), async (s, k) => {
    const scaled = s.map((v) => v / 4);
    const found = await projectSparseSimplex(of(scaled), k).data();
    const size = found.filter((v) => v > 0).length;
    const slope = grad((x: Tensor) =>
      projectSparseSimplex(x, k)
        .mul(of([1, -2, 3, 0.5, 4, -1]))
        .sum(),
    )(of(scaled));
    const weights = [1, -2, 3, 0.5, 4, -1];
    const mean = weights.reduce((sum, w, i) => sum + (found[i] > 0 ? w / size : 0), 0);
    await expectClose(
      slope,
      weights.map((w, i) => (found[i] > 0 ? w - mean : 0)),
      { tolerance: 1e-12 },
    );
  });
});

describe("topkMaskNonneg", () => {
  law("keeps the k largest where they are above 0", floats([m]), counts, async (s, k) => {
    const order = [...s.keys()].sort((a, b) => s[b] - s[a] || a - b).slice(0, k);
    const expected = s.map((v, i) => (order.includes(i) ? Math.max(0, v) : 0));
    await expectClose(topkMaskNonneg(of(s), k), expected, { tolerance: 0 });
  });

  it("takes the first of equals, and is differentiable where there are none", async () => {
    expect([...(await topkMaskNonneg(of([1, 2, 2, 1, 2]), 2).data())]).toEqual([0, 2, 2, 0, 0]);
    expect([...(await topkMaskNonneg(of([1, 2, 1, 1]), 3).data())]).toEqual([1, 2, 1, 0]);
    await checkGradient((x: Tensor) => square(topkMaskNonneg(x, 2)).sum(), of([1, -2, 0.5, 3]), { order: 2 });
  });
});

describe.each([
  ["projectSparseSimplex", projectSparseSimplex],
  ["topkMaskNonneg", topkMaskNonneg],
] as const)("%s", (name, f) => {
  it("is on every backend what it is on the CPU", async () => {
    await expectAgreement((backend) =>
      f(
        tensor(
          [
            [1, 2, -3, 2],
            [0.1, 0.2, 0.3, 0.25],
          ],
          { backend },
        ),
        2,
      ),
    );
  });

  it("names what is wrong", () => {
    expect(() => f(of([1, 2]), 0)).toThrow(`${name}: k is 0 but must be a whole number ≥ 1`);
    expect(() => f(of([1, 2]), 3)).toThrow(`${name}: k is 3 but must be at most 2, the size of the last axis`);
    expect(() => f(tensor(1), 1)).toThrow(`${name}: s has shape [] but must have an axis`);
    expect(() => f(tensor(Int32Array.of(1)) as never, 1)).toThrow(`${name}: s is i32 but must be f32 or f64; cast it`);
  });
});

it("projectSparseSimplex names a wrong total", () => {
  expect(() => projectSparseSimplex(of([1]), 1, 0)).toThrow(
    "projectSparseSimplex: total is 0 but must be a finite number > 0",
  );
});
