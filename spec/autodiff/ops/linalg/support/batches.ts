import { type Backend, exp, grad, sum, type Tensor, tensor } from "cotangent";
import fc, { type Arbitrary } from "fast-check";
import { expectClose } from "../../../../support/close.js";
import { law } from "../../../../support/law.js";
import type { OpInput } from "../../../op-row.js";

/** Every matrix of a batch has the results and the gradient that it has alone, whatever the leading axes are. */
export function batchLaw(
  matrices: Arbitrary<OpInput>,
  apply: (a: Tensor) => readonly Tensor[],
  backend: Backend,
): void {
  const batches = fc.constantFrom([2], [1, 2], [2, 1, 2]).chain((lead: readonly number[]) => {
    const length = lead.reduce((product, size) => product * size, 1);
    return fc.array(matrices, { minLength: length, maxLength: length }).map((list) => ({ lead, list }));
  });
  const total = (a: Tensor) => apply(a).reduce((sofar, part) => sofar.add(sum(exp(part))), sum(a));

  law("each matrix of a batch has the results and gradient that it has alone", batches, async ({ lead, list }) => {
    const alone = list.map(({ shape, values }) => tensor(values, { shape, backend }));
    const together = tensor(
      list.flatMap(({ values }) => [...values]),
      { shape: [...lead, ...list[0].shape], dtype: "f64", backend },
    );
    const parts = alone.map(apply);
    for (const [i, part] of apply(together).entries()) {
      await expectClose(part, await joined(parts.map((list) => list[i])));
    }
    await expectClose(grad(total)(together), await joined(alone.map(grad(total))));
  });
}

async function joined(tensors: readonly Tensor[]): Promise<number[]> {
  const values: number[] = [];
  for (const x of tensors) values.push(...(await x.data()));
  return values;
}
