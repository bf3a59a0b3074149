import { csrMatmul, grad, segmentIds, segmentSum, type Tensor, tensor } from "cotangent";
import { checkGradient, floats, sparseBatches } from "cotangent/testing";
import { expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law, onEveryBackend } from "../../support/law.js";
import { inputsOf } from "../../support/op-inputs.js";
import { opLaws } from "../../support/op-laws.js";
import { input } from "../op-row.js";

onEveryBackend("sparse rows", (backend) => {
  const batches = sparseBatches({ width: 5 });
  const dense = floats([5, 2]);
  type Batch = { offsets: Int32Array; columns: Int32Array; values: Float64Array; rows: number };
  const csr = ({ offsets, columns, values }: Batch) => ({
    offsets: tensor(offsets, { backend }),
    columns: tensor(columns, { backend }),
    values: tensor(values, { backend }),
  });
  const table = (values: Float64Array) => tensor(values, { shape: [5, 2], backend });

  law("csrMatmul is the product with the dense matrix", batches, dense, async (batch, w) => {
    const expected = new Float64Array(batch.rows * 2);
    for (let row = 0; row < batch.rows; row++) {
      for (let i = batch.offsets[row]; i < batch.offsets[row + 1]; i++) {
        for (const j of [0, 1]) expected[row * 2 + j] += batch.values[i] * w[batch.columns[i] * 2 + j];
      }
    }
    await expectClose(csrMatmul(csr(batch), table(w)), expected);
  });

  law("csrMatmul agrees with central differences to order 2", batches, dense, async (batch, w) => {
    const { offsets, columns, values } = csr(batch);
    const computed = { offsets: offsets.add(0), columns: columns.add(0) };
    for (const structure of [{ offsets, columns }, computed]) {
      const f = ({ v, t }: { v: Tensor; t: Tensor }) => {
        const y = csrMatmul({ ...structure, values: v }, t);
        return y.mul(y).mul(y).add(y).sum();
      };
      if (batch.values.some((value) => Math.abs(value) > 0.1) && w.every((value) => Math.abs(value) > 0.05)) {
        await checkGradient(f, { v: values, t: table(w) }, { order: 2 });
      }
    }
  });

  law("the gradient is the same whether the structure is on the host or computed", batches, dense, async (batch, w) => {
    const { offsets, columns, values } = csr(batch);
    const total = (rows: { offsets: Tensor<"i32">; columns: Tensor<"i32">; values: Tensor }) => (t: Tensor) => {
      const y = csrMatmul(rows, t);
      return y.mul(y).sum();
    };
    const onHost = grad(total({ offsets, columns, values }))(table(w));
    const computed = grad(total({ offsets: offsets.add(0), columns: columns.add(0), values }))(table(w));
    await expectClose(onHost, await computed.data());
  });

  opLaws(
    {
      name: "segmentSum",
      inputs: inputsOf([4, 2]),
      apply: (x) => segmentSum(x, tensor(Int32Array.of(0, 2, 2, 3), { backend })), // the last row is in none
      expected: ({ values: v }) => [v[0] + v[2], v[1] + v[3], 0, 0, v[4], v[5]],
      points: [{ inputs: [input([1, 2, 4, 8])], value: [3, 0, 4], gradient: [1, 1, 1, 0] }],
    },
    backend,
  );

  it("has as many segments as there are ends, none where there are none", () => {
    for (const offsets of [[], [0]]) {
      const none = segmentSum(
        tensor(new Float64Array(0), { shape: [0, 2], backend }),
        tensor(Int32Array.from(offsets), { backend }),
      );
      expect(none.shape).toEqual([0, 2]);
    }
    const one = tensor(Int32Array.of(0, 0), { backend });
    expect(segmentSum(tensor(new Float64Array(0), { backend }), one).shape).toEqual([1]);
    expect(segmentIds(one, 0).shape).toEqual([0]);
  });

  it("sums segments, empty ones too", async () => {
    const offsets = tensor(Int32Array.of(0, 2, 2, 3), { backend });
    await expectClose(segmentIds(offsets, 4), [0, 0, 2, -1]);
    await expectClose(
      segmentSum(
        tensor(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          { backend },
        ),
        offsets,
      ),
      [4, 6, 0, 0, 5, 6],
    );
  });

  it("names what does not fit", () => {
    const offsets = tensor(Int32Array.of(0, 1));
    const columns = tensor(Int32Array.of(0));
    const values = tensor([1]);
    expect(() => csrMatmul({ offsets, columns, values: tensor([1, 2]) }, tensor([[1]]))).toThrow(
      "csrMatmul: columns has shape [1] but must match values, [2]",
    );
    expect(() => csrMatmul({ offsets, columns, values }, tensor([1]))).toThrow(
      "csrMatmul: dense has shape [1] but must have 2 axes",
    );
    expect(() => csrMatmul({ offsets: tensor(new Int32Array(0)), columns, values }, tensor([[1]]))).toThrow(
      "csrMatmul: offsets has shape [0] but must hold the number of rows + 1",
    );
    expect(() => csrMatmul({ offsets: offsets.reshape([1, 2]), columns, values }, tensor([[1]]))).toThrow(
      "csrMatmul: offsets has shape [1, 2] but must have 1 axis",
    );
    expect(() => csrMatmul({ offsets, columns, values }, tensor(new Float64Array(1), { shape: [1, 1] }))).toThrow(
      "csrMatmul: dense is f64 but must match values, f32; cast one of them",
    );
    expect(() => csrMatmul({ offsets, columns: values as never, values }, tensor([[1]]))).toThrow(
      "csrMatmul: columns is f32 but must be i32; cast it",
    );
    expect(() => segmentIds(offsets.reshape([1, 2]), 1)).toThrow(
      "segmentIds: offsets has shape [1, 2] but must have 1 axis",
    );
    expect(() => segmentIds(values as never, 1)).toThrow("segmentIds: offsets is f32 but must be i32; cast it");
    expect(() => segmentIds(offsets, -1)).toThrow("segmentIds: count is -1 but must be a whole number ≥ 0");
    expect(() => segmentSum(tensor(1), offsets)).toThrow("segmentSum: x has shape [] but must have an axis");
  });
});
