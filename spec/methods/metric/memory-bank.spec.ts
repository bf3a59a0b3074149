import { grad, type Tensor, tensor } from "cotangent";
import { updateMemoryBank } from "cotangent/methods/metric";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const bankOf = (values: Float64Array) => tensor(values, { shape: [values.length / 2, 2] }) as Tensor;
const idsOf = (ids: readonly number[]) => tensor(Int32Array.from(ids));

describe("updateMemoryBank", () => {
  const ids = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 });

  law(
    "writes the rows of these ids, of several for one id the last, and no others",
    floats([8]),
    floats([10]),
    ids,
    async (bank, rows, at) => {
      const expected = bank.slice();
      for (const [i, id] of at.entries()) expected.set(rows.slice(2 * i, 2 * i + 2), 2 * id);
      await expectClose(updateMemoryBank(bankOf(bank), idsOf(at), bankOf(rows)), expected, { tolerance: 0 });
    },
  );

  law(
    "does not depend on the order of batches that share no example",
    floats([8]),
    floats([4]),
    floats([4]),
    async (bank, a, b) => {
      const [first, second] = [
        (of: Tensor) => updateMemoryBank(of, idsOf([2, 0]), bankOf(a)),
        (of: Tensor) => updateMemoryBank(of, idsOf([3, 1]), bankOf(b)),
      ];
      await expectClose(first(second(bankOf(bank))), second(first(bankOf(bank))), { tolerance: 0 });
    },
  );

  law("has no gradient", floats([8]), floats([4]), async (bank, rows) => {
    const at = idsOf([1, 2]);
    const [toBank, toRows] = grad(([b, r]: readonly [Tensor, Tensor]) => updateMemoryBank(b, at, r).sum())([
      bankOf(bank),
      bankOf(rows),
    ]);
    await expectClose(toBank, new Float64Array(8), { tolerance: 0 });
    await expectClose(toRows, new Float64Array(4), { tolerance: 0 });
  });

  it("leaves out rows whose id is out of range, and takes rows of any rank", async () => {
    const bank = updateMemoryBank(tensor([1, 2, 3]), idsOf([7, 1, -1]), tensor([10, 20, 30]));
    expect([...(await bank.data())]).toEqual([1, 20, 3]);
  });

  it("says what is wrong with its input", () => {
    const bank = tensor([[1, 2]]);
    expect(() => updateMemoryBank(bank, idsOf([0]), tensor([[1, 2, 3]]))).toThrow(
      "replaceRows: rows has shape [1, 3] but must be [1, 2]",
    );
    expect(() => updateMemoryBank(bank, tensor([0]) as never, tensor([[1, 2]]))).toThrow(
      "firstOccurrence: ids is f32 but must be i32",
    );
  });
});
