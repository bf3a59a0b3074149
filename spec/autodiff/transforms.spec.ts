import {
  type Backend,
  customVjp,
  DTypeError,
  exp,
  gather,
  grad,
  hvp,
  jvp,
  logSumExp,
  maximum,
  sin,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from "cotangent";
import { checkGradient, distinctFloats, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../support/close.js";
import { law } from "../support/law.js";
import { spyingBackend } from "./spying-backend.js";

const f64 = (...values: number[]) => tensor(Float64Array.from(values));
const cube = (x: Tensor) => x.mul(x).mul(x).sum();

describe("grad", () => {
  law("of a cube is 3x², then 6x, then 6, then 0", floats([3]), async (x) => {
    let f = cube;
    for (const expected of [x.map((v) => 3 * v * v), x.map((v) => 6 * v), x.map(() => 6), x.map(() => 0)]) {
      const last = f;
      f = (t: Tensor) => grad(last)(t).sum();
      await expectClose(grad(last)(tensor(x)), expected);
    }
  });

  law("goes through trees and leaves their form", floats([2]), floats([2]), async (a, b) => {
    const f = ({ layers: [p, q] }: { layers: Tensor[] }) => p.mul(q).mul(q).sum();
    const { layers } = grad(f)({ layers: [tensor(a), tensor(b)] });
    await expectClose(
      layers[0],
      b.map((y) => y * y),
    );
    await expectClose(
      layers[1],
      a.map((x, i) => 2 * x * b[i]),
    );
  });

  law("treats other uses of the same tensor as constants", floats([3]), async (x) => {
    const t = tensor(x);
    await expectClose(grad((u: Tensor) => u.mul(t).sum())(t), x);
  });

  law("nests without confusing its variables", floats([], { min: 0.5, max: 2 }), async ([x]) => {
    // d/dx (x · d/dy (x·y²) at y = x) = d/dx (2x³) = 6x²
    const f = (t: Tensor) => t.mul(grad((u: Tensor) => t.mul(u).mul(u))(stopGradient(t)));
    const outer = await grad(f)(f64(x).reshape([])).item();
    await expectClose([outer], [4 * x * x]); // the inner point is held: d/dx (x · 2x·c) = 4xc at c = x
    const g = (t: Tensor) => t.mul(grad((u: Tensor) => t.mul(u).mul(u))(t));
    await expectClose([await grad(g)(f64(x).reshape([])).item()], [6 * x * x]);
  });

  law("reaches arguments at any depth of a graph", floats([2]), floats([2]), async (x, y) => {
    const [a, b] = [tensor(x), exp(exp(tensor(y)).mul(0.1)).neg()];
    const slopes = grad(({ a, b }: { a: Tensor; b: Tensor }) => a.mul(a).mul(2).add(b.mul(3)).sum())({ a, b });
    await expectClose(
      slopes.a,
      x.map((value) => 4 * value),
    );
    await expectClose(slopes.b, [3, 3]);
  });

  it("is zero where the argument has no influence", async () => {
    await expectClose(grad(({ a }: { a: Tensor; b: Tensor }) => a.sum())({ a: f64(1), b: f64(2, 3) }).b, [0, 0]);
  });

  it("does not ask the rules of what the argument does not go into", async () => {
    let asked = 0;
    const own = customVjp(
      (t: Tensor) => t.mul(2),
      (cotangent) => {
        asked++;
        return [cotangent.mul(2)];
      },
    );
    const given = f64(1, 2);
    await expectClose(grad((t: Tensor) => own(given).add(t).sum())(given), [1, 1]);
    expect(asked).toBe(0);
    await expectClose(grad((t: Tensor) => own(t).add(given).sum())(given), [2, 2]);
    expect(asked).toBe(1);
  });

  it("tells a backend that records places which operation a rule belongs to", async () => {
    const belonging: (readonly [string, unknown])[] = [];
    let places = 0;
    const backend: Backend = {
      ...spyingBackend().backend,
      sites: {
        record: () => ++places,
        inGradientOf(op, site, rule) {
          belonging.push([op, site]);
          return rule();
        },
      },
    };
    const origins: (readonly [string, unknown])[] = [];
    const slope = grad((t: Tensor) => {
      const made = [exp(t), exp(t).mul(2)];
      origins.push(...made.map(({ origin }) => [origin.op, origin.site] as const));
      return made[0].add(made[1]).sum();
    })(tensor([0], { backend, dtype: "f64" }));
    await expectClose(slope, [3]);
    expect(belonging).toEqual(expect.arrayContaining(origins));
  });

  it("survives ten thousand operations in a row", async () => {
    const f = (t: Tensor) => {
      let y = t;
      for (let i = 0; i < 10_000; i++) y = y.mul(0.9999).add(1e-4);
      return y.sum();
    };
    await expectClose(grad(f)(f64(2)), [0.9999 ** 10_000]);
  });

  it("says what is wrong with the function or its argument", () => {
    expect(() => grad((x: Tensor) => x)(f64(1, 2))).toThrow(
      "grad: the function returned shape [2], but a gradient needs a scalar []; reduce it with .mean() or .sum()",
    );
    expect(() => grad(() => tensor(1, { dtype: "i32" }) as never)(f64(1))).toThrow(
      "grad: the function returned i32 but must return f32 or f64",
    );
    expect(() => grad((x: Tensor<"i32">) => x as never)(tensor(Int32Array.of(1)))).toThrow(
      "grad: the argument is i32 but must be f32 or f64; only floats have gradients",
    );
    const mixed = { a: f64(1), b: [tensor(Int32Array.of(1))] };
    expect(() => grad(({ a }: typeof mixed) => a.sum())(mixed)).toThrow(
      new DTypeError("grad: the argument's b.0 is i32 but must be f32 or f64; only floats have gradients"),
    );
    expect(() => valueAndGrad(({ a }: { a: Tensor<"i32"> }) => a as never)({ a: tensor(Int32Array.of(1)) })).toThrow(
      "valueAndGrad: the argument's a is i32 but must be f32 or f64; only floats have gradients",
    );
  });
});

describe("valueAndGrad", () => {
  law("gives both, and passes further arguments on", floats([3]), floats([3]), async (x, y) => {
    const { value, grad: slope } = valueAndGrad((t: Tensor, u: Tensor, k: number) => t.mul(u).mul(k).sum())(
      tensor(x),
      tensor(y),
      2,
    );
    await expectClose([await value.item()], [2 * x.reduce((sum, v, i) => sum + v * y[i], 0)]);
    await expectClose(
      slope,
      y.map((v) => 2 * v),
    );
  });
});

describe("vjp, jvp and hvp", () => {
  const f = (x: Tensor) => sin(x.mul(x)).add(x.sum());

  law("are transposes of each other", floats([3]), floats([3]), floats([3]), async (x, u, v) => {
    const back = await vjp(f, tensor(x)).pullback(tensor(u)).data();
    const forward = await jvp(f, tensor(x), tensor(v)).tangent.data();
    const dot = (a: ArrayLike<number>, b: Float64Array) => b.reduce((sum, value, i) => sum + value * a[i], 0);
    await expectClose([dot(back, v)], [dot(forward, u)], { tolerance: 1e-11 });
  });

  law("vjp gives each output its own cotangent, also where two are one tensor", floats([2]), async (x) => {
    const { pullback } = vjp((t: Tensor) => {
      const square = t.mul(t);
      return [square, t.mul(3), square];
    }, tensor(x));
    const back = pullback([
      tensor(new Float64Array([1, 0])),
      tensor(new Float64Array([0, 1])),
      tensor(new Float64Array([5, 7])),
    ]);
    await expectClose(back, [(1 + 5) * 2 * x[0], 7 * 2 * x[1] + 3]);
  });

  law("jvp is the directional derivative", floats([2]), floats([2]), async (x, v) => {
    const total = v[0] + v[1];
    const expected = x.map((value, i) => 2 * value * Math.cos(value * value) * v[i] + total);
    await expectClose(jvp(f, tensor(x), tensor(v)).tangent, expected);
  });

  it("are zero where the argument, or one of its parts, has no influence", async () => {
    const x = { a: f64(1, 2), b: f64(3) };
    const outputs = ({ a }: typeof x) => [a.mul(2), f64(5)];
    const back = vjp(outputs, x).pullback([f64(1, 1), f64(1)]);
    await expectClose(back.a, [2, 2]);
    await expectClose(back.b, [0]);
    const { tangent } = jvp(outputs, x, { a: f64(1, -1), b: f64(7) });
    await expectClose(tangent[0], [2, -2]);
    await expectClose(tangent[1], [0]);
    const bilinear = ({ a, b }: typeof x) => a.sum().mul(b.sum());
    const seen = hvp(bilinear, x, { a: f64(0, 0), b: f64(7) });
    await expectClose(seen.a, [7, 7]);
    await expectClose(seen.b, [0]);
  });

  law(
    "hvp goes through trees, and is linear in the direction",
    floats([2]),
    floats([2]),
    floats([2]),
    async (x, v, w) => {
      // a²b: H = [2b 2a; 2a 0]
      const f = ([a, b]: readonly Tensor[]) => a.mul(a).mul(b).sum();
      const at = [tensor(x), tensor(v)];
      const [first, second] = hvp(f, at, [tensor(w), tensor(v)]);
      await expectClose(
        first,
        x.map((a, i) => 2 * v[i] * w[i] + 2 * a * v[i]),
      );
      await expectClose(
        second,
        x.map((a, i) => 2 * a * w[i]),
      );
      const along = grad((direction: readonly Tensor[]) => hvp(f, at, [...direction])[0].sum())([tensor(w), tensor(v)]);
      await expectClose(
        along[0],
        v.map((b) => 2 * b),
      );
      await expectClose(
        along[1],
        x.map((a) => 2 * a),
      );
    },
  );

  law("hvp is the Hessian times a direction", floats([2]), floats([2]), async (x, v) => {
    const quartic = (t: Tensor) => t.mul(t).sum().mul(t.mul(t).sum()); // ‖x‖⁴: H = 4‖x‖² I + 8 x xᵀ
    const norm = x[0] ** 2 + x[1] ** 2;
    const along = x[0] * v[0] + x[1] * v[1];
    await expectClose(
      hvp(quartic, tensor(x), tensor(v)),
      x.map((value, i) => 4 * norm * v[i] + 8 * value * along),
    );
  });

  it("check the shapes of directions", () => {
    expect(() => jvp(f, f64(1, 2), f64(1))).toThrow("jvp: v has shape [1] but must have [2]");
    expect(() => hvp(cube, f64(1, 2), f64(1))).toThrow("hvp: v has shape [1] but must have [2]");
    expect(() => vjp(f, f64(1, 2)).pullback(f64(1))).toThrow("vjp: cotangent has shape [1] but must have [2]");
    expect(() => hvp((t: Tensor[]) => t[0].sum(), [f64(1)], [])).toThrow("hvp: v has 0 tensors but must have 1");
  });
});

describe("stopGradient and customVjp", () => {
  law("stopGradient keeps the value and takes the gradient away, exactly", floats([3]), async (x) => {
    const f = (t: Tensor) => stopGradient(t).sum();
    await expectClose([await f(tensor(x)).item()], [x.reduce((a, b) => a + b)]);
    expect(await grad(f)(tensor(x)).data()).toEqual(new Float64Array(3));
  });

  law("customVjp uses its own rule, to second order", distinctFloats([3]), async (x) => {
    const square = customVjp(
      (t: Tensor) => t.mul(t),
      (cotangent, _, t) => [cotangent.mul(t).mul(2)],
    );
    await checkGradient((t: Tensor) => exp(square(t).mul(0.3)).sum(), tensor(x), { order: 2 });
    const wrong = customVjp(
      (t: Tensor) => t.mul(t),
      (cotangent) => [cotangent.mul(7)],
    );
    await expectClose(grad((t: Tensor) => wrong(t).sum())(tensor(x)), [7, 7, 7]);
  });
});

describe("an input of customVjp for which its rule has no cotangent", () => {
  const product = customVjp(
    (a: Tensor, b: Tensor) => a.mul(b),
    (cotangent, _, _a, b) => [cotangent.mul(b), undefined],
  );

  law("gets none, also where it is another input as well", floats([2]), floats([2]), async (x, y) => {
    const slopes = grad(([a, b]: readonly Tensor[]) => product(a, b).add(b.mul(5)).sum())([tensor(x), tensor(y)]);
    await expectClose(slopes[0], y);
    await expectClose(slopes[1], [5, 5]);
    await expectClose(grad((t: Tensor) => product(t, t).sum())(tensor(x)), x);
  });
});

describe("row-sparse gradients", () => {
  it("stay rows through sums, scalings and several uses of the table", async () => {
    const { rowSparse } = await import("cotangent");
    const table = tensor(
      Float64Array.from({ length: 10 }, (_, i) => i),
      { shape: [5, 2] },
    );
    const ids = (...list: number[]) => tensor(Int32Array.from(list));
    const loss = (t: Tensor) =>
      gather(t, ids(1, 3))
        .sum()
        .add(
          maximum(gather(t, ids(3)), 0)
            .mul(2)
            .sum(),
        )
        .mul(0.5);
    const slope = grad(loss)(table);
    const sparse = rowSparse(slope);
    expect(sparse?.ids.shape).toEqual([3]);
    await expectClose(slope, [0, 0, 0.5, 0.5, 0, 0, 1.5, 1.5, 0, 0]);
    expect(rowSparse(grad((t: Tensor) => logSumExp(t))(table))).toBeUndefined();
  });
});
