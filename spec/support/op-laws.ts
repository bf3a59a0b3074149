import { type Backend, exp, grad, sum, type Tensor, tensor } from "cotangent";
import { checkGradient } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import type { OpInput, OpRow } from "../autodiff/op-row.js";
import { expectClose } from "./close.js";
import { law } from "./law.js";

const onBackend =
  (backend: Backend) =>
  ({ shape, values }: OpInput) =>
    tensor(values, { shape, backend });

/** A scalar that depends on every element in its own way, so that no two can be mistaken for each other. */
function mixed(value: Tensor): Tensor {
  const weights = Float64Array.from({ length: value.size }, (_, i) => 1 + 0.3 * Math.cos(7 * i + 1));
  return sum(value.mul(tensor(weights, { shape: value.shape, backend: value.backend })));
}

/** All laws that a row of the op table stands for. */
export function opLaws(row: OpRow, backend: Backend): void {
  const { name, inputs, apply, expected, order = 2, tolerance = 1e-12, errors = [], points = [] } = row;
  const on = onBackend(backend);
  describe(name, () => {
    if (expected !== undefined) {
      law("has the value of its definition", inputs, async (args) => {
        await expectClose(apply(...args.map(on)), expected(...args), { tolerance });
      });
    }
    if (order > 0) {
      law(`agrees with central differences to order ${order}`, inputs, async (args) => {
        // The exponential makes the function curved even where the operation is linear, and is flat nowhere.
        await checkGradient((xs) => mixed(exp(apply(...xs).mul(0.5))), args.map(on), { order: order as 1 | 2 });
      });
    } else {
      law("lets no gradient through", inputs, async (args) => {
        const slopes = grad((xs: Tensor[]) => mixed(apply(...xs)))(args.map(on));
        for (const slope of slopes) expect((await slope.data()).every((value) => value === 0)).toBe(true);
      });
    }
    for (const { inputs: args, value, gradient } of points) {
      it(`is [${value}] at ${args.map(({ values }) => `[${[...values]}]`).join(", ")}`, async () => {
        await expectClose(apply(...args.map(on)), value);
        if (gradient === undefined) return;
        const [first, ...rest] = args.map(on);
        await expectClose(grad((x: Tensor) => sum(apply(x, ...rest)))(first), gradient);
      });
    }
    for (const { call, message } of errors) {
      it(`throws "${message}"`, () => {
        expect(call).toThrow(message);
      });
    }
  });
}
