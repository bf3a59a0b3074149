import { rowSparse, tensor } from "cotangent";
import { applyUpdates } from "cotangent/methods/optimizers";
import { floats } from "cotangent/testing";
import { describe, expect } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { full, sparse, tableOf, tables } from "./support/trajectories.js";

describe("applyUpdates", () => {
  law("adds leaf by leaf, and rows to their rows", floats([2]), floats([2]), tables, async (x, y, { table, steps }) => {
    const params = { x: tensor(x), nested: [tableOf(table)] };
    const next = applyUpdates(params, { x: tensor(y), nested: [sparse(steps[0])] });
    await expectClose(
      next.x,
      x.map((value, i) => value + y[i]),
      { tolerance: 0 },
    );
    await expectClose(next.nested[0], tableOf(table).add(full(steps[0])), { tolerance: 1e-15 }); // rows add one by one
  });

  law("keeps the sum of two row-sparse tensors row-sparse", tables, async ({ steps: [first, second] }) => {
    const sum = applyUpdates(sparse(first), sparse(second));
    expect(rowSparse(sum)?.ids.shape).toEqual([8]);
    await expectClose(sum, full(first).add(full(second)), { tolerance: 1e-15 }); // in another order of terms
  });
});
