import { type Tensor, tensor } from "cotangent";
import { infoNceLoss, mannWhitneyLoss } from "cotangent/methods/ranking";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { mask, matrix } from "./support/positive-batches.js";

// its laws are in the spec of mannWhitneyLoss, beside which it is proved
describe("infoNceLoss", () => {
  it("is 0 for a query without negatives, and reduces over queries", async () => {
    const falseNegatives = mask([
      [false, true],
      [false, false],
    ]);
    const x = matrix([
      [1, 5],
      [2, 3],
    ]);
    const second = Math.log1p(Math.exp(2 - 3));
    await expectClose(infoNceLoss(x, { falseNegatives }), [0, second]);
    await expectClose(infoNceLoss(x, { falseNegatives, reduction: "mean" }), [second / 2]);
    await expectClose(infoNceLoss(x, { falseNegatives, reduction: "sum" }), [second]);
  });

  it.each([
    ["infoNceLoss", infoNceLoss],
    ["mannWhitneyLoss", mannWhitneyLoss],
  ] as const)("%s says what is wrong with its input", (name, loss) => {
    const x = matrix([
      [1, 2],
      [3, 4],
    ]);
    expect(() => loss(x, { temperature: 0 })).toThrow(`${name}: temperature is 0 but must be a finite number > 0`);
    expect(() =>
      loss(
        matrix([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ).toThrow(`${name}: scores has shape [2, 3] but must be square; give positives`);
    expect(() => loss(tensor(new Float64Array(0), { shape: [0, 0] }) as Tensor)).toThrow(
      `${name}: scores has shape [0, 0] but must have a row`,
    );
    expect(() => loss(matrix([[1]]))).toThrow(
      `${name}: scores has shape [1, 1] but must have a negative; give hardNegatives`,
    );
    expect(() => loss(x, { positives: tensor(Int32Array.of(0, 2)) })).toThrow(
      `${name}: positives holds 2 at 1 but must be in [0, 2)`,
    );
    expect(() => loss(x, { positives: tensor(Int32Array.of(0)) })).toThrow(
      `${name}: positives has shape [1] but must be [2]`,
    );
    expect(() => loss(x, { hardNegatives: matrix([[1]]) })).toThrow(
      `${name}: hardNegatives has shape [1, 1] but must be [2, any]`,
    );
    expect(() => loss(x, { falseNegatives: mask([[true, true]]) })).toThrow(
      `${name}: falseNegatives has shape [1, 2] but must be [2, 2]`,
    );
    expect(() => loss(x, { falseNegatives: x as never })).toThrow(`${name}: falseNegatives is f64 but must be bool`);
    const [beside, diagonal] = [
      mask([
        [false, true],
        [true, false],
      ]),
      mask([
        [true, false],
        [false, true],
      ]),
    ];
    const positives = tensor(Int32Array.of(1, 0));
    for (const options of [{ falseNegatives: beside }, { falseNegatives: diagonal, positives }]) {
      expect(() => loss(x, options)).toThrow(`${name}: falseNegatives is true for every negative but must leave one`);
    }
    for (const options of [{ falseNegatives: diagonal }, { falseNegatives: beside, positives }]) {
      expect(() => loss(x, options)).not.toThrow();
    }
    expect(() =>
      loss(
        matrix([
          [1, Number.NaN],
          [3, 4],
        ]),
      ),
    ).toThrow(`${name}: scores holds NaN at 1 but must hold finite numbers`);
    expect(() => loss(x, { hardNegatives: matrix([[1], [Number.NaN]]) })).toThrow(
      `${name}: hardNegatives holds NaN at 1 but must hold finite numbers`,
    );
    expect(() => loss(x, { reduction: "max" as "mean" })).toThrow(
      `${name}: reduction is "max" but must be one of none, mean, sum`,
    );
  });
});

finiteAtExtremes("infoNceLoss", (x) => infoNceLoss(x));
