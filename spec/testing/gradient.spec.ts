import {
  customVjp,
  evaluate,
  grad,
  logSumExp,
  matmul,
  prod,
  qr,
  slice,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  tensor,
} from "cotangent";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { sfc32 } from "../../src/testing/sfc32.js";
import { law } from "../support/law.js";

const square = (x: Float64Array) => tensor(x, { shape: [3, 3] });
const target = tensor(new Float64Array([0.2, 0.5, 0.3]));

/** Functions of a 3 × 3 matrix whose gradients are right. */
const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  "softmax cross-entropy": (x) => sum(logSumExp(x, 1).sub(x.mul(target).sum(1))),
  logSumExp: (x) => logSumExp(x),
  "a chain of products": (x) => matmul(matmul(x, x), x.transpose()).mul(0.1).sum(),
  QR: (x) => {
    const { q, r } = qr(x);
    return q.mul(0.7).sum().add(r.mul(r).sum().mul(0.1));
  },
};
/** Near the identity: far from singular, where QR has no gradient. */
const matrices = floats([3, 3], { min: -0.4, max: 0.4 }).map((x) => x.map((value, i) => value + (i % 4 === 0 ? 2 : 0)));

/** The same function, its gradient changed. */
const tampered = (f: (x: Tensor) => Tensor, change: (slope: Tensor) => Tensor) =>
  customVjp(f, (cotangent, _, x) => [change(grad(f)(x)).mul(cotangent)]);

describe.each(Object.entries(functions))("checkGradient of %s", (_, f) => {
  law("accepts the right gradient, to second order", matrices, async (x) => {
    const { worst, resolution } = await checkGradient(f, square(x), { order: 2 });
    expect(worst).toBeLessThanOrEqual(1);
    expect(resolution).toBeLessThanOrEqual(1e-6);
  });

  const changes: Readonly<Record<string, (slope: Tensor) => Tensor>> = {
    "with its sign flipped": (slope) => slope.neg(),
    "half of what it should be": (slope) => slope.mul(0.5),
    "off by one part in 100 000": (slope) => slope.mul(1 + 1e-5),
    "with a row left out": (slope) => slope.mul(tensor(new Float64Array([1, 1, 0]), { shape: [3, 1] })),
  };
  it.each(Object.entries(changes))("rejects it %s", async (_name, change) => {
    const x = square(Float64Array.of(2, 0.3, -0.1, 0.2, 1.8, 0.4, -0.3, 0.1, 2.2));
    await expect(checkGradient(tampered(f, change), x)).rejects.toThrow("checkGradient: the gradient is wrong along a");
  });
});

describe("checkGradient", () => {
  const x = tensor(new Float64Array([0.3, -1]));

  it("rejects a detached branch", async () => {
    await expect(checkGradient((t) => t.mul(stopGradient(t)).sum(), x)).rejects.toThrow("the gradient is wrong");
  });

  it("rejects a dropped sum of broadcasting", async () => {
    const spread = customVjp(
      (t: Tensor) => t.mul(tensor(new Float64Array([1, 2, 3]), { shape: [3, 1] })),
      (cotangent) => [cotangent.sum(0).div(3)],
    );
    await expect(checkGradient((t) => spread(t).sum(), x)).rejects.toThrow("the gradient is wrong");
  });

  it("rejects a second derivative that is wrong though the first is right", async () => {
    const cube = customVjp(
      (t: Tensor) => t.mul(t).mul(t),
      (cotangent, _value, t) => [cotangent.mul(stopGradient(t.mul(t)).mul(3))],
    );
    await checkGradient((t) => cube(t).sum(), x);
    await expect(checkGradient((t) => cube(t).sum(), x, { order: 2 })).rejects.toThrow("the Hessian is wrong");
  });

  it("accepts a gradient of exactly 0, and no other, where nothing depends on the argument", async () => {
    await checkGradient((t) => t.mul(0).sum().add(1), x, { order: 2 });
    const claimed = customVjp(
      (t: Tensor) => t.mul(0).sum(),
      (cotangent, _value, t) => [t.mul(0).add(1e-6).mul(cotangent)],
    );
    await expect(checkGradient(claimed, x)).rejects.toThrow("the gradient is wrong");
  });

  it("refuses to judge a slope that drowns in rounding", async () => {
    await expect(checkGradient((t) => t.mul(1e-9).sum().add(1), x)).rejects.toThrow(
      "cannot be judged: five directions",
    );
  });

  it("accepts a gradient that is 0 but for rounding", async () => {
    await checkGradient((t) => softmax(t).sum(), x);
  });

  it("wants f64, and a scalar", async () => {
    await expect(checkGradient((t) => t.sum(), tensor([1]))).rejects.toThrow(
      "checkGradient: x is f32 but must be f64; differences need it",
    );
    await expect(checkGradient((t) => t, x)).rejects.toThrow(
      "grad: the function returned shape [2], but a gradient needs a scalar []; reduce it with .mean() or .sum()",
    );
  });
});

describe("checkGradient, by its own measures", () => {
  /** The directions that are drawn for a point of so many elements: signs first, then Gaussian. */
  function directions(seed: number, size: number): readonly (readonly number[])[] {
    const uniform = sfc32(seed);
    const sign = () => (uniform() < 0.5 ? -1 : 1) / Math.sqrt(size);
    const gaussian = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return [Array.from({ length: size }, sign), Array.from({ length: size }, gaussian)];
  }

  // At 100 the first step is 1, and a linear function has nothing but rounding: see central-differences.spec.ts.
  const hundred = (size: number) => tensor(new Float64Array(size).fill(100));
  const allowanceAt = (largest: number, size: number) => 8 * 2 ** -53 * largest * (64 + 4 * Math.sqrt(size));
  const first = (x: Tensor) => slice(x, [0], [1]).sum();
  /** Seeds whose Gaussian direction moves the first element less than the signs do. */
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  const gentle = (size: number) =>
    seeds.filter((seed) => {
      const [[sign], [gaussian]] = directions(seed, size);
      return Math.abs(gaussian) < 0.9 * Math.abs(sign);
    });

  it("judges along signs over √size, and allows five times what differences may be off by", async () => {
    for (const size of [1, 4]) {
      const allowance = allowanceAt(100 + 1 / Math.sqrt(size), size);
      for (const seed of gentle(size).slice(0, 3)) {
        const off = (share: number) => {
          const excess = 5 * allowance * share * Math.sqrt(size); // the direction's element is 1/√size
          return checkGradient(
            tampered(first, (slope) => slope.mul(1 + excess)),
            hundred(size),
            { seed },
          );
        };
        for (const share of [0, 0.5, 0.95]) {
          const { worst, resolution } = await off(share);
          expect(worst).toBeCloseTo(share, 2);
          expect(resolution / (allowance * Math.sqrt(size))).toBeCloseTo(1, 9);
        }
        await expect(off(1.05)).rejects.toThrow("checkGradient: the gradient is wrong along a signs direction");
      }
    }
  });

  it("says how far apart slope and differences are, and how far they may be", async () => {
    const [[sign]] = directions(0, 1);
    await expect(
      checkGradient(
        tampered(first, (slope) => slope.mul(1.5)),
        hundred(1),
      ),
    ).rejects.toThrow(
      new Error(
        `checkGradient: the gradient is wrong along a signs direction: slope ${1.5 * sign}, central differences ${sign}, apart by 0.5, allowed ${5 * allowanceAt(101, 1)}`,
      ),
    );
  });

  it("gives up after five directions, and says what it would need", async () => {
    let calls = 0;
    const faint = (x: Tensor) => {
      calls++;
      return first(x).mul(2 ** -30);
    };
    const uniform = sfc32(0);
    const signs = Array.from({ length: 5 }, () => (uniform() < 0.5 ? -1 : 1));
    await expect(checkGradient(faint, hundred(1))).rejects.toThrow(
      new Error(
        `checkGradient: the gradient cannot be judged: five directions had slopes (the last ${signs[4] * 2 ** -30}) too small for differences good to ${allowanceAt(1, 1)}; move x away from a kink or a flat place`,
      ),
    );
    expect(calls).toBe(2 + 5 * 2); // once plainly and once to be replayed; for each direction in each mode
  });

  it("builds the graph anew at each point where a function computes on its way", async () => {
    let calls = 0;
    const halting = (x: Tensor) => {
      calls++;
      return x
        .mul(x)
        .mul(evaluate(x.mul(0)).add(1))
        .sum();
    };
    await checkGradient(halting, tensor(new Float64Array([0.3, -1])));
    expect(calls).toBe(2 + 2 * (2 + 22)); // eleven steps ahead and behind
    const wrong = customVjp(halting, (cotangent, _, x) => [x.mul(cotangent)]);
    await expect(checkGradient(wrong, tensor(new Float64Array([0.3, -1])))).rejects.toThrow("the gradient is wrong");
  });

  it("draws from seed 0 where nothing else is said", async () => {
    const x = square(Float64Array.of(2, 0.3, -0.1, 0.2, 1.8, 0.4, -0.3, 0.1, 2.2));
    const [plain, same, other] = [
      await checkGradient(functions.QR, x),
      await checkGradient(functions.QR, x, { seed: 0, order: 1 }),
      await checkGradient(functions.QR, x, { seed: 1 }),
    ];
    expect(plain).toEqual(same);
    expect(plain).not.toEqual(other);
  });

  it("has nothing to judge in what is empty, and looks at the rest of a tree", async () => {
    const empty = tensor(new Float64Array(0));
    expect(await checkGradient((t) => t.sum(), empty, { order: 2 })).toEqual({ worst: 0, resolution: Infinity });
    const wrong = tampered(
      (t) => t.mul(t).sum(),
      (slope) => slope.mul(2),
    );
    const tree = { empty, full: tensor(new Float64Array([1, 2])) };
    await expect(checkGradient((x: typeof tree) => wrong(x.full).add(x.empty.sum()), tree)).rejects.toThrow("is wrong");
  });

  it("lets the two modes differ by 1e-11 of the slope's terms, or by rounding where there are none", async () => {
    /** Right where the cotangent is 1, but not linear in it: forward mode gives another slope. */
    const bent = (f: (x: Tensor) => Tensor, by: number, size: number) =>
      customVjp(f, (cotangent, _, x) => [grad(f)(x).mul(cotangent).add(cotangent.sub(1).mul(by).mul(size))]);
    for (const seed of seeds.slice(0, 12)) {
      for (const factor of [1000, -0.01]) {
        const steep = (t: Tensor) => t.sum().mul(factor);
        await checkGradient(bent(steep, 0.9e-11, factor), hundred(1), { seed });
        await expect(checkGradient(bent(steep, 1.1e-11, factor), hundred(1), { seed })).rejects.toThrow(
          /^checkGradient: forward and reverse mode differ: \S+ and \S+, by more than \S+$/,
        );
      }
      const flat = (t: Tensor) => t.mul(0).sum();
      await checkGradient(bent(flat, 2 ** -50, 0.99), hundred(1), { seed });
      await expect(checkGradient(bent(flat, 2 ** -50, 1.01), hundred(1), { seed })).rejects.toThrow("mode differ");
    }
  });

  it("lets the Hessian be asymmetric by 1e-10 of its terms", async () => {
    // steep, so that differences of the gradient are coarse and only symmetry is at stake
    const product = (x: Tensor) => prod(x).mul(100).add(x.sum().mul(1e6));
    const row = tensor(new Float64Array([1, 0]));
    const skewed = (by: number) =>
      tampered(product, (slope) => slope.add(slope.sub(stopGradient(slope)).mul(row).mul(by)));
    const x = tensor(new Float64Array([0.5, -0.25]));
    let found = 0;
    for (const seed of seeds.slice(0, 12)) {
      await checkGradient(skewed(1.9e-10), x, { order: 2, seed });
      const refusal = checkGradient(skewed(2.2e-10), x, { order: 2, seed }).catch((error: Error) => error.message);
      if (/⟨a, H·b⟩ and ⟨b, H·a⟩ differ: \S+ and \S+, by more than \S+$/.test(String(await refusal))) found++;
    }
    expect(found).toBeGreaterThan(3); // those where the two terms of a direction have different signs
  });
});
