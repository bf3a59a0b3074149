import { abs, cos, grad, type Tensor, tensor } from "cotangent";
import { angularMarginPsi } from "cotangent/methods/classification";
import { checkGradient, floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const margins = fc.integer({ min: 1, max: 8 });
const angles = floats([6], { min: 0, max: Math.PI });
const cosinesOf = (values: ArrayLike<number>) => tensor(Float64Array.from(values, Math.cos));
const psi = (theta: ArrayLike<number>, margin: number) => angularMarginPsi(cosinesOf(theta), { margin });
const slopeOf = (c: ArrayLike<number>, margin: number) =>
  grad((t: Tensor) => angularMarginPsi(t, { margin }).sum())(tensor(Float64Array.from(c)));

/** The definition, with the piece that the angle is in. */
function pieces(theta: number, margin: number) {
  const k = Math.min(margin - 1, Math.floor((margin * theta) / Math.PI));
  return { k, sign: k % 2 === 0 ? 1 : -1 };
}
const defined = (theta: number, margin: number) => {
  const { k, sign } = pieces(theta, margin);
  return sign * Math.cos(margin * theta) - 2 * k;
};

/** An angle well inside a piece. */
const inside = margins.chain((margin) =>
  fc
    .tuple(fc.integer({ min: 0, max: margin - 1 }), numbers({ min: 0.1, max: 0.9 }))
    .map(([k, share]) => ({ margin, k, theta: ((k + share) * Math.PI) / margin })),
);

describe("angularMarginPsi", () => {
  law("is (−1)^k cos(mθ) − 2k", angles, margins, async (theta, margin) => {
    await expectClose(
      psi(theta, margin),
      theta.map((angle) => defined(angle, margin)),
      { tolerance: 1e-12 },
    );
  });

  law("has slope (−1)^k m sin(mθ) / sin θ in the cosine", inside, async ({ theta, margin, k }) => {
    const expected = ((-1) ** k * margin * Math.sin(margin * theta)) / Math.sin(theta);
    await expectClose(slopeOf([Math.cos(theta)], margin), [expected], { tolerance: 1e-11 });
  });

  law("agrees with central differences to second order between breakpoints", inside, async ({ theta, margin }) => {
    // By the angle: steps in the cosine would leave [−1, 1].
    await checkGradient((t: Tensor) => angularMarginPsi(cos(t), { margin }).sum(), tensor(Float64Array.of(theta)), {
      order: 2,
    });
  });

  law(
    "is s·2c² − 1 for m = 2, with the official forms for m = 3 and 4",
    floats([9], { min: -1, max: 1 }),
    async (c) => {
      const { sign } = Math;
      const [two, three, four] = [
        c.map((x) => sign(x) * 2 * x * x - 1),
        c.map((x) => {
          const s1 = sign(Math.abs(x) - 0.5);
          return s1 * (4 * x ** 3 - 3 * x) + sign(x) * (1 + s1) - 2;
        }),
        c.map((x) => {
          const s3 = sign(x) * sign(2 * x * x - 1);
          return s3 * (8 * x ** 4 - 8 * x * x + 1) + 2 * sign(x) + s3 - 3;
        }),
      ];
      await expectClose(angularMarginPsi(tensor(c), { margin: 2 }), two, { tolerance: 1e-14 });
      await expectClose(angularMarginPsi(tensor(c), { margin: 3 }), three, { tolerance: 1e-14 });
      await expectClose(angularMarginPsi(tensor(c)), four, { tolerance: 1e-14 });
    },
  );

  law("is the binomial sum of the paper, piece by piece", inside, async ({ theta, margin: m, k }) => {
    const c = Math.cos(theta);
    let [sum, binomial] = [0, 1];
    for (let i = 0; i <= m; i++) {
      if (i % 2 === 0) sum += (-1) ** (i / 2) * binomial * c ** (m - i) * (1 - c * c) ** (i / 2);
      binomial = (binomial * (m - i)) / (i + 1);
    }
    await expectClose(psi([theta], m), [(-1) ** k * sum - 2 * k], { tolerance: 1e-12 });
  });

  it("is continuous with its slope at every breakpoint, also where the cosine is exactly 0", async () => {
    for (let m = 2; m <= 8; m++) {
      for (let j = 1; j < m; j++) {
        const at = 2 * j === m ? 0 : Math.cos((j * Math.PI) / m);
        const values = await angularMarginPsi(tensor(Float64Array.of(at - 1e-15, at, at + 1e-15)), {
          margin: m,
        }).data();
        await expectClose(values, Array(3).fill(1 - 2 * j), { tolerance: 1e-12 });
        const slopes = await slopeOf([at - 1e-15, at, at + 1e-15], m).data();
        await expectClose(slopes, [0, 0, 0], { tolerance: 1e-11 }); // T'' is up to m⁴ times the 1e-15
      }
    }
    const [onZero] = await slopeOf([0], 2).data();
    expect(onZero).toBe(0);
  });

  law("falls strictly from 1 to 1 − 2m", angles, numbers({ min: 1e-3, max: 0.1 }), margins, async (theta, gap, m) => {
    const ends = await angularMarginPsi(tensor(Float64Array.of(1, -1)), { margin: m }).data();
    expect([...ends]).toEqual([1, 1 - 2 * m]);
    const from = theta.map((angle) => Math.min(angle, Math.PI - gap));
    const [before, after] = [
      await psi(from, m).data(),
      await psi(
        from.map((angle) => angle + gap),
        m,
      ).data(),
    ];
    before.forEach((value, i) => {
      expect(after[i]).toBeLessThan(value);
    });
  });

  law("is the cosine for m = 1, and no larger for any larger m", angles, async (theta) => {
    await expectClose(psi(theta, 1), theta.map(Math.cos), { tolerance: 0 });
    let above: ArrayLike<number> = theta.map(Math.cos);
    for (let margin = 2; margin <= 8; margin++) {
      const values = await psi(theta, margin).data();
      values.forEach((value, i) => {
        expect(value).toBeLessThanOrEqual(above[i] + 1e-13);
      });
      above = values;
    }
  });

  it("counts a cosine beyond ±1 as ±1, with the slope of there", async () => {
    const beyond = [1 + 1e-4, 1, -1, -1 - 1e-4];
    for (let m = 1; m <= 8; m++) {
      const values = angularMarginPsi(tensor(Float64Array.from(beyond)), { margin: m });
      await expectClose(values, [1, 1, 1 - 2 * m, 1 - 2 * m], { tolerance: 1e-14 });
      await expectClose(slopeOf(beyond, m), Array(4).fill(m * m), { tolerance: 1e-13 });
    }
  });

  it("keeps shape and precision", async () => {
    const c = tensor([[0.5, -0.5]]);
    const value = angularMarginPsi(c, { margin: 2 });
    expect(value.shape).toEqual([1, 2]);
    expect(value.dtype).toBe("f32");
    await expectClose(value, [-0.5, -1.5], { tolerance: 0 });
  });

  it("names what is wrong", () => {
    const call = (values: number[], margin = 2) => angularMarginPsi(tensor(Float64Array.from(values)), { margin });
    for (const margin of [0, 1.5, -2, Number.NaN]) {
      expect(() => call([0], margin)).toThrow(`angularMarginPsi: margin is ${margin} but must be a whole number ≥ 1`);
    }
    expect(() => call([0, Number.NaN])).toThrow("angularMarginPsi: cosines holds NaN at 1 but must be in [-1, 1]");
    expect(() => call([1.01])).toThrow("angularMarginPsi: cosines holds 1.01 at 0 but must be in [-1, 1]");
    expect(() => call([-1.01])).toThrow("angularMarginPsi: cosines holds -1.01 at 0 but must be in [-1, 1]");
    expect(() => angularMarginPsi(tensor(Int32Array.of(1)) as unknown as Tensor)).toThrow(
      "angularMarginPsi: cosines is i32 but must be f32 or f64; cast it",
    );
    expect(() => angularMarginPsi(abs(tensor([3])))).not.toThrow(); // what was not computed yet is not looked at
  });
});
