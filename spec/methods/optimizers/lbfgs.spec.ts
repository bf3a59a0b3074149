import { gather, log, softplus, sum, type Tensor, tensor } from "cotangent";
import { floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { lbfgs } from "../../../src/methods/optimizers/lbfgs.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const size = 6;
const vectors = floats([size]);
/** `Mᵀ M + I/2`: symmetric and positive definite. */
const quadratic = (m: Float64Array, target: Float64Array) => {
  const [matrix, minimum] = [tensor(m, { shape: [size, size] }), tensor(target)];
  return (x: Tensor) => {
    const away = x.sub(minimum);
    const image = matrix.matmul(away);
    return sum(image.mul(image))
      .add(sum(away.mul(away)).mul(0.5))
      .mul(0.5);
  };
};
const at = (x: Tensor, i: number) => gather(x, tensor(Int32Array.of(i)));
const rosenbrock = (x: Tensor) => {
  const [a, b] = [at(x, 0), at(x, 1)];
  const [valley, rest] = [b.sub(a.mul(a)), a.sub(1)];
  return sum(valley.mul(valley).mul(100).add(rest.mul(rest)));
};

describe("lbfgs", () => {
  law("finds the minimum of a quadratic", floats([size, size]), vectors, vectors, async (m, target, start) => {
    const { params, loss, gradient, stopped } = await lbfgs(quadratic(m, target), tensor(start), {
      gradientTolerance: 1e-9,
    });
    expect(stopped).toBe("gradient");
    expect(gradient).toBeLessThanOrEqual(1e-9);
    await expectClose(params, target, { tolerance: 1e-7 });
    expect(loss).toBeLessThan(1e-14);
    params.dispose();
  });

  law(
    "needs few more steps than there are dimensions where it remembers them all",
    floats([size, size]),
    vectors,
    vectors,
    async (m, target, start) => {
      const { params, iterations } = await lbfgs(quadratic(m, target), tensor(start), {
        memory: 50,
        gradientTolerance: 1e-6,
      });
      expect(iterations).toBeLessThanOrEqual(5 * size);
      params.dispose();
    },
  );

  law(
    "never ends above where it began, whatever bounds it",
    vectors,
    vectors,
    numbers({ min: 0, max: 8 }),
    async (scale, start, most) => {
      const loss = (x: Tensor) =>
        softplus(x.mul(tensor(scale.map((value) => 5 * value))))
          .sum()
          .add(x.mul(x).sum());
      const before = await loss(tensor(start)).item();
      const maxIterations = Math.round(most);
      const result = await lbfgs(loss, tensor(start), { maxIterations, memory: 2 });
      expect(result.iterations).toBeLessThanOrEqual(maxIterations);
      expect(result.loss).toBeLessThanOrEqual(before);
      await expectClose([await loss(result.params).item()], [result.loss], { tolerance: 1e-14 });
      result.params.dispose();
    },
  );

  it("follows Rosenbrock's valley from (−1.2, 1) to (1, 1) in about 35 steps", async () => {
    const { params, iterations, evaluations, stopped } = await lbfgs(rosenbrock, tensor(Float64Array.of(-1.2, 1)), {
      gradientTolerance: 1e-8,
    });
    expect(stopped).toBe("gradient");
    expect(iterations).toBeLessThan(45);
    expect(evaluations).toBeLessThan(70);
    await expectClose(params, [1, 1], { tolerance: 1e-8 });
  });

  it("needs about one evaluation a step on whatever scale the loss is: the newest pair sets that of the estimate", async () => {
    const curvatures = tensor(Float64Array.from({ length: size }, (_, i) => 1 + i));
    for (const scale of [1e-4, 1e4]) {
      const loss = (x: Tensor) => sum(x.mul(x).mul(curvatures)).mul(scale);
      const start = tensor(Float64Array.from({ length: size }, (_, i) => Math.cos(i)));
      const { params, stopped, iterations, evaluations } = await lbfgs(loss, start, {
        gradientTolerance: 1e-8 * scale,
      });
      expect(stopped).toBe("gradient");
      expect(evaluations).toBeLessThanOrEqual(iterations + 12);
      params.dispose();
    }
  });

  it("first goes as far as the gradient says, but no element further than 1", async () => {
    const loss = (x: Tensor) => sum(x.mul(x)).mul(0.5); // to the minimum it is one gradient
    const near = await lbfgs(loss, tensor(Float64Array.of(0.1, -0.2)));
    expect([near.iterations, near.evaluations, near.loss]).toEqual([1, 2, 0]);
    const far = await lbfgs(loss, tensor(Float64Array.of(0, -8)), { maxIterations: 1 });
    await expectClose(far.params, [0, -7], { tolerance: 1e-15 });
  });

  it("minimizes over a tree and leaves the tree passed in as it was", async () => {
    const start = { a: tensor(Float64Array.of(4, 5)), deep: [{ b: tensor(Float64Array.of(-3)) }] };
    const loss = ({ a, deep: [{ b }] }: typeof start) =>
      a.sub(1).mul(a.sub(1)).sum().add(b.mul(b).sum().mul(3)).add(a.sum().mul(b.sum()));
    const { params } = await lbfgs(loss, start, { gradientTolerance: 1e-10 });
    // 2(a − 1) + b = 0 and 6b + a₁ + a₂ = 0
    await expectClose(params.a, [1.2, 1.2], { tolerance: 1e-9 });
    await expectClose(params.deep[0].b, [-0.4], { tolerance: 1e-9 });
    await expectClose(start.a, [4, 5], { tolerance: 0 });
  });

  it("shortens a step into where the loss is not defined", async () => {
    const loss = (x: Tensor) => x.mul(10).sub(log(x)).sum();
    const { params, stopped } = await lbfgs(loss, tensor(Float64Array.of(5)), { gradientTolerance: 1e-9 });
    expect(stopped).toBe("gradient");
    await expectClose(params, [0.1], { tolerance: 1e-9 });
  });

  it("says what ended it", async () => {
    const start = tensor(Float64Array.of(-1.2, 1));
    expect((await lbfgs(rosenbrock, start, { maxIterations: 3 })).stopped).toBe("iterations");
    const none = await lbfgs(rosenbrock, start, { maxIterations: 0 });
    expect([none.stopped, none.iterations, none.evaluations]).toEqual(["iterations", 0, 1]);
    expect((await lbfgs(rosenbrock, tensor(Float64Array.of(1, 1)), { maxIterations: 0 })).stopped).toBe("gradient");
    const single = await lbfgs(rosenbrock, tensor([-1.2, 1]), { gradientTolerance: 0, maxIterations: 1000 });
    expect(["line search", "gradient"]).toContain(single.stopped);
    await expectClose(single.params, [1, 1], { tolerance: 1e-2 }); // f32 hides the valley's floor
    const unbounded = await lbfgs((x: Tensor) => x.sum(), tensor([0]));
    expect(unbounded.stopped).toBe("line search");
  });

  it("names the argument that is wrong", async () => {
    const start = tensor([1]);
    const loss = (x: Tensor) => x.mul(x).sum();
    await expect(lbfgs(loss, start, { memory: 0 })).rejects.toThrow(
      "lbfgs: memory is 0 but must be a whole number ≥ 1",
    );
    await expect(lbfgs(loss, start, { maxIterations: 1.5 })).rejects.toThrow(
      "lbfgs: maxIterations is 1.5 but must be a whole number ≥ 0",
    );
    await expect(lbfgs(loss, start, { gradientTolerance: -1 })).rejects.toThrow(
      "lbfgs: gradientTolerance is -1 but must be a finite number ≥ 0",
    );
    await expect(lbfgs((x: Tensor) => log(x.neg()).sum(), start)).rejects.toThrow(
      "lbfgs: loss is NaN at params but must be finite",
    );
  });
});
