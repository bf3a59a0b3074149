import { concat, grad, hvp, read, type Tensor, tensor, zeros } from "cotangent";
import { type PairwiseMargins, pairwiseMarginSoftmaxLoss } from "cotangent/methods/longtail";
import { solve } from "../../../support/solve.js";

/** A joint law of a few inputs and classes: `[inputs][classes]`, summing to 1. */
export type Joint = readonly (readonly number[])[];

/** How frequent each class is. */
export function marginalsOf(joint: Joint): Float64Array {
  return Float64Array.from(joint[0], (_, y) => joint.reduce((sum, row) => sum + row[y], 0));
}

/** Balanced error of a rule, which says a class for each input. */
export function balancedErrorOf(joint: Joint, rule: readonly number[]): number {
  const priors = marginalsOf(joint);
  let total = 0;
  joint.forEach((row, x) => {
    row.forEach((mass, y) => {
      if (rule[x] !== y) total += mass / priors[y];
    });
  });
  return total / priors.length;
}

/** The least balanced error of all rules, by trying every one. */
export function leastBalancedError(joint: Joint): number {
  const classes = joint[0].length;
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < classes ** joint.length; code++) {
    const rule = joint.map((_, x) => Math.floor(code / classes ** x) % classes);
    least = Math.min(least, balancedErrorOf(joint, rule));
  }
  return least;
}

/** The class with the largest logit for each input. */
export function ruleOf(logits: readonly (readonly number[])[]): number[] {
  return logits.map((row) => row.indexOf(Math.max(...row)));
}

/** Logits `[inputs][classes]`, the first of each 0, that minimize the expected loss; by Newton's method. */
export async function populationMinimizer(joint: Joint, form: PairwiseMargins): Promise<number[][]> {
  const [inputs, classes] = [joint.length, joint[0].length];
  const free = classes - 1;
  const labels = tensor(Int32Array.from({ length: inputs * classes }, (_, i) => i % classes));
  const mass = tensor(Float64Array.from(joint.flat()));
  const expected = (f: Tensor): Tensor => {
    const logits = concat([zeros([inputs, 1], { dtype: "f64" }), f], 1);
    const all = logits.reshape([inputs, 1, classes]).add(zeros([inputs, classes, classes], { dtype: "f64" }));
    return pairwiseMarginSoftmaxLoss(all.reshape([inputs * classes, classes]), labels, form)
      .mul(mass)
      .sum();
  };
  let at = new Float64Array(inputs * free);
  for (let step = 0; step < 60; step++) {
    const f = tensor(at, { shape: [inputs, free] });
    // Inputs do not interact, so one product with the Hessian gives a column of every block.
    const probes = Array.from({ length: free }, (_, j) =>
      tensor(
        at.map((_, i) => Number(i % free === j)),
        { shape: [inputs, free] },
      ),
    );
    const { slope, columns } = await read({
      slope: grad(expected)(f),
      columns: probes.map((v) => hvp(expected, f, v)),
    });
    let longest = 0;
    at = at.slice();
    for (let x = 0; x < inputs; x++) {
      const block = columns.map((_, i) => columns.map((column) => column[x * free + i]));
      const move = solve(block, Array.from(slope.slice(x * free, (x + 1) * free)));
      const norm = Math.hypot(...move);
      longest = Math.max(longest, norm);
      for (let j = 0; j < free; j++) at[x * free + j] -= move[j] / Math.max(1, norm);
    }
    if (longest < 1e-11) return joint.map((_, x) => [0, ...at.slice(x * free, (x + 1) * free)]);
  }
  throw new Error("populationMinimizer: 60 Newton steps did not reach the minimum");
}
