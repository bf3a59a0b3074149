import { evaluate, leavesOf, tensor } from "cotangent";
import { adagrad, chain, clipByGlobalNorm, decayWeights, type Optimizer, sgd } from "cotangent/methods/optimizers";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { runs, trajectory } from "./support/trajectories.js";
import { checkDifferentiable } from "./support/unrolled.js";

describe("chain", () => {
  law("of one rule is the rule", runs, async ({ start, gradients }) => {
    const given = gradients.map((g) => tensor(g));
    const rule = adagrad({ learningRate: 0.1 });
    const alone = await trajectory(rule, tensor(start), given);
    expect(await trajectory(chain(rule), tensor(start), given)).toEqual(alone);
  });

  law("hands the updates of one rule to the next", runs, async ({ start, gradients }) => {
    const rule = chain(sgd({ learningRate: -2 }), sgd({ learningRate: 0.1 }));
    const { path } = await trajectory(
      rule,
      tensor(start),
      gradients.map((g) => tensor(g)),
    );
    const last = start.map((value, i) => value - gradients.reduce((sum, g) => sum + 0.2 * g[i], 0));
    await expectClose(path[path.length - 1], last, { tolerance: 1e-13 });
  });

  law("is associative", runs, async ({ start, gradients }) => {
    const given = gradients.map((g) => tensor(g));
    const [a, b, c] = [clipByGlobalNorm(1), sgd({ learningRate: 0.1, momentum: 0.5 }), decayWeights({ rate: 0.01 })];
    const flat = await trajectory(chain(a, b, c), tensor(start), given);
    for (const nested of [chain(chain(a, b), c), chain(a, chain(b, c))]) {
      expect((await trajectory(nested, tensor(start), given)).path).toEqual(flat.path);
    }
  });

  it("passes gradients through where there is no rule", () => {
    const gradient = tensor([1, 2]);
    const nothing: Optimizer = chain() as Optimizer;
    expect(nothing.update(gradient, nothing.init(gradient), gradient).updates).toBe(gradient);
  });

  it("keeps the state of each rule, in order", () => {
    const state = evaluate(
      chain(sgd({ learningRate: 1, momentum: 0.5 }), clipByGlobalNorm(1), decayWeights({ rate: 0 })).init(
        tensor([1, 2]),
      ),
    );
    expect(state.map((part) => leavesOf(part).length)).toEqual([2, 0, 1]);
    for (const leaf of leavesOf(state)) leaf.dispose();
  });

  it("can be differentiated", async () => {
    await checkDifferentiable(
      (learningRate) => chain(clipByGlobalNorm(1), sgd({ learningRate, momentum: 0.6 })) as Optimizer,
    );
  });
});
