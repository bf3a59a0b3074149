import { scatterAdd, type Tensor, tensor, zeros } from "cotangent";
import { applyUpdates, type Optimizer, type Schedule } from "cotangent/methods/optimizers";
import { checkGradient } from "cotangent/testing";

/**
 * Proves an optimizer differentiable: gradient and Hessian of a function of the parameters after three steps, with respect
 * to the gradients, the learning rate and where the parameters start; for dense gradients and for rows of which one id repeats.
 */
export async function checkDifferentiable(make: (learningRate: Schedule) => Optimizer): Promise<void> {
  const forms = [
    (rows: Tensor) => rows,
    (rows: Tensor) => scatterAdd(zeros([4, 2], rows), tensor(Int32Array.of(2, 0, 2, 3)), rows),
  ];
  for (const gradientOf of forms) {
    const outcome = ({ rows, rate, start }: { rows: Tensor; rate: Tensor; start: Tensor }) => {
      const rule = make(() => rate);
      let [params, state] = [start, rule.init(start)];
      for (const scale of [1, -0.6, 0.3]) {
        const step = rule.update(gradientOf(rows.mul(scale)), state, params);
        [params, state] = [applyUpdates(params, step.updates), step.state];
      }
      return params
        .mul(params)
        .mul(tensor(new Float64Array([1, -2, 3, 1, 2, -1, 0.5, 2]), { shape: [4, 2] }))
        .sum();
    };
    const x = {
      rows: tensor(new Float64Array([0.9, -1.3, 0.7, 1.8, 1.1, -0.4, -2, 0.6]), { shape: [4, 2] }),
      rate: tensor(new Float64Array([0.3])).reshape([]),
      start: tensor(new Float64Array([1, 2, -1, 0.5, 0.3, -2, 1.5, -0.7]), { shape: [4, 2] }),
    };
    await checkGradient(outcome, x, { order: 2 });
  }
}
