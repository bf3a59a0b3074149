import { tensor } from "cotangent";
import { sparseSoftmaxCrossEntropy } from "cotangent/methods/classification";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { exactly } from "./support/exactly.js";

describe("sparseSoftmaxCrossEntropy, given what it cannot take", () => {
  const z = tensor([
    [0, 1, 2],
    [1, 0, 3],
  ]);
  const y = tensor([2, 0], { dtype: "i32" });
  const ignored = { ignoreIndex: -1, reduction: "mean" } as const;
  const labelled = (...labels: number[]) => tensor(labels, { dtype: "i32" });
  const mask = (...bits: boolean[]) => ({ mask: tensor([[true, true, true], bits], { dtype: "bool" }) });
  const bad: [string, () => unknown][] = [
    ["logits has shape [3] but must have 2 axes", () => sparseSoftmaxCrossEntropy(tensor([0, 1, 2]), y)],
    [
      "logits is NaN at [1, 0] but must be finite or -Infinity",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 1],
            [Number.NaN, 0],
          ]),
          labelled(0, 0),
        ),
    ],
    ["labels is f32 but must be i32; cast it", () => sparseSoftmaxCrossEntropy(z, tensor([0.5, 1]) as never)],
    ["labels has shape [2, 1] but must be [2]", () => sparseSoftmaxCrossEntropy(z, y.reshape([2, 1]))],
    ["labels is 3 at [1] but must be in [0, 3)", () => sparseSoftmaxCrossEntropy(z, labelled(0, 3))],
    ["labels is -1 at [0] but must be in [0, 3)", () => sparseSoftmaxCrossEntropy(z, labelled(-1, 3))],
    [
      "labels is -2 at [1] but must be in [0, 3) or the ignored -1",
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, -2), ignored),
    ],
    [
      "logits is -Infinity at [0, 2] but must be finite where the target has mass",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 0, Number.NEGATIVE_INFINITY],
            [0, 0, 0],
          ]),
          y,
        ),
    ],
    [
      "logits is -Infinity at [1, 1] but must be finite where the target has mass",
      () =>
        sparseSoftmaxCrossEntropy(
          tensor([
            [0, 0, 0],
            [0, Number.NEGATIVE_INFINITY, 0],
          ]),
          y,
          { labelSmoothing: 0.1 },
        ),
    ],
    [
      "mask is false at [1, 0] but must be true where the target has mass",
      () => sparseSoftmaxCrossEntropy(z, y, mask(false, true, true)),
    ],
    [
      "mask is false at [1, 0] but must be true where the target has mass",
      () => sparseSoftmaxCrossEntropy(z, y, mask(false, false, false)),
    ],
    [
      "mask has shape [1, 3] but must match logits, [2, 3]",
      () => sparseSoftmaxCrossEntropy(z, y, { mask: tensor([[true, true, true]], { dtype: "bool" }) }),
    ],
    [
      'labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"',
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, -1), ignored),
    ],
    [
      'labels is ignored or of weight 0 in every row but must count in one for a mean; use reduction "sum"',
      () => sparseSoftmaxCrossEntropy(z, labelled(-1, 2), { ...ignored, classWeights: tensor([1, 1, 0]) }),
    ],
    [
      "classWeights is -1 at [0] but must be a finite number ≥ 0",
      () => sparseSoftmaxCrossEntropy(z, y, { classWeights: tensor([-1, 1, 1]) }),
    ],
    [
      "classWeights has shape [2] but must be [3]",
      () => sparseSoftmaxCrossEntropy(z, y, { classWeights: tensor([1, 1]) }),
    ],
    ["temperature is -1 but must be a finite number > 0", () => sparseSoftmaxCrossEntropy(z, y, { temperature: -1 })],
    ["labelSmoothing is 1 but must be in [0, 1)", () => sparseSoftmaxCrossEntropy(z, y, { labelSmoothing: 1 })],
    [
      'reduction is "max" but must be one of none, mean, sum',
      () => sparseSoftmaxCrossEntropy(z, y, { reduction: "max" as never }),
    ],
  ];
  it.each(bad)("says: %s", (message, call) => {
    expect(call).toThrow(exactly(`sparseSoftmaxCrossEntropy: ${message}`));
  });

  it("asks nothing of an ignored row, and no mass of labels that a device computed", async () => {
    const gone = tensor([
      [0, 1, Number.NEGATIVE_INFINITY],
      [0, 1, 1],
    ]);
    const labels = labelled(2, 0);
    for (const labelSmoothing of [0, 0.1]) {
      const [first, second] = await sparseSoftmaxCrossEntropy(gone, labels, { ignoreIndex: 2, labelSmoothing }).data();
      expect([first, Number.isFinite(second)]).toEqual([0, true]);
      const top = {
        mask: tensor(
          [
            [false, true, false],
            [true, true, true],
          ],
          { dtype: "bool" },
        ),
      };
      expect(await sparseSoftmaxCrossEntropy(z, labels, { ...top, ignoreIndex: 2, labelSmoothing }).data()).toEqual(
        await sparseSoftmaxCrossEntropy(z, labels, { ignoreIndex: 2, labelSmoothing }).data(),
      );
    }
    const computed = await sparseSoftmaxCrossEntropy(gone, labelled(0, 0).add(1)).data(); // 1 and 1
    await expectClose(computed, [Math.log1p(Math.exp(-1)), Math.log(2 + Math.exp(-1))], { tolerance: 1e-6 });
  });

  it("is 0 where every row is ignored, but for the mean", async () => {
    for (const reduction of ["none", "sum"] as const) {
      const loss = sparseSoftmaxCrossEntropy(z, labelled(-1, -1), { ...ignored, reduction });
      await expectClose(loss, reduction === "none" ? [0, 0] : [0], { tolerance: 0 });
    }
  });

  it("gives NaN, never another row's logit, for a label out of range that a device computed", async () => {
    const computed = y.add(1); // 3 and 1
    const [first, second] = await sparseSoftmaxCrossEntropy(z, computed).data();
    expect(first).toBeNaN();
    expect(second).toBeGreaterThan(0);
  });
});
