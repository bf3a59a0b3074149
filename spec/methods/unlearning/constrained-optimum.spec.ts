import { compile, evaluate, type Float, gather, grad, read, type Tensor, tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { type LinearParameters, linear } from "cotangent/methods/layers";
import { sgd } from "cotangent/methods/optimizers";
import { constrainedStep, type EditedFacts } from "cotangent/methods/unlearning";
import { beforeAll, describe, expect, it } from "vitest";
import { blank, linearFacts } from "./support/linear-facts.js";

const modified = [1, 4];
const radii = [0, 0.02, 0.1, 0.3];
const optimizer = sgd({ learningRate: 0.3 });

/** Logistic regression on the modified facts, which is convex, so that it has one least loss in each box. */
describe("constrainedStep in a convex model", () => {
  let facts: EditedFacts<Float>;
  const loss = (params: LinearParameters) => {
    const rows = tensor(Int32Array.from(modified));
    return sparseSoftmaxCrossEntropy(linear(params, gather(facts.inputs, rows)), gather(facts.targets, rows)).mean();
  };
  const center = blank();

  async function optimum(radius: number): Promise<{ readonly at: LinearParameters; readonly loss: number }> {
    const step = compile(
      (params: LinearParameters) =>
        constrainedStep(optimizer, grad(loss)(params), { params, state: optimizer.init(params) }, center, { radius })
          .params,
      { donate: [0] },
    );
    let at = evaluate(center);
    for (let i = 0; i < 3000; i++) at = step(at);
    return { at, loss: await loss(at).item() };
  }
  const found: Awaited<ReturnType<typeof optimum>>[] = [];

  beforeAll(async () => {
    facts = await linearFacts(6, modified);
    for (const radius of radii) found.push(await optimum(radius));
  });

  it("has a least loss that falls as the ball grows", () => {
    for (let i = 1; i < radii.length; i++) expect(found[i].loss).toBeLessThan(found[i - 1].loss);
  });

  it("ends where inner coordinates have slope 0 and those at a wall are pushed against it", async () => {
    for (const [i, radius] of radii.entries()) {
      if (radius === 0) continue;
      const { at, slopes } = await read({ at: found[i].at, slopes: grad(loss)(found[i].at) });
      let walls = 0;
      for (const name of ["weights", "bias"] as const) {
        at[name].forEach((value, j) => {
          const slope = slopes[name][j];
          if (value >= radius) expect(slope).toBeLessThanOrEqual(1e-9);
          else if (value <= -radius) expect(slope).toBeGreaterThanOrEqual(-1e-9);
          else expect(Math.abs(slope)).toBeLessThan(1e-6); // what 3000 steps leave
          walls += Math.abs(value) >= radius ? 1 : 0;
        });
      }
      expect(walls).toBeGreaterThan(0);
    }
  });

  it("raises no fact's loss by more than δ·sup‖∇L‖₁ ≤ 2δ(1 + ‖x‖₁)", async () => {
    const each = (params: LinearParameters): Tensor =>
      sparseSoftmaxCrossEntropy(linear(params, facts.inputs), facts.targets);
    const before = await each(center).data();
    const inputs = await facts.inputs.data();
    for (const [i, radius] of radii.entries()) {
      const after = await each(found[i].at).data();
      after.forEach((value, fact) => {
        const length = Array.from(inputs.slice(fact * 8, fact * 8 + 8)).reduce((sum, x) => sum + Math.abs(x), 0);
        expect(Math.abs(value - before[fact])).toBeLessThanOrEqual(2 * radius * (1 + length) + 1e-15);
      });
    }
  });
});
