import { type Tensor, tensor } from "cotangent";
import { listMleLoss, plackettLuceNll } from "cotangent/methods/distillation";
import { checkGradient, floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "./support/agree.js";
import { matrix, rowsOf, weighed } from "./support/logit-pairs.js";
import { teacherBeside } from "./support/teacher-beside.js";

const lists = fc.integer({ min: 2, max: 5 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    logits: floats([2, classes]),
    relevance: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2 * classes, maxLength: 2 * classes }),
    weights: floats([classes], { min: 0, max: 2 }),
  }),
);

describe("listMleLoss", () => {
  law(
    "is the likelihood of falling relevance, equals by class",
    lists,
    async ({ classes, logits, relevance, weights }) => {
      const order = rowsOf(relevance, classes).flatMap((row) =>
        row.map((_, k) => k).sort((a, b) => row[b] - row[a] || a - b),
      );
      const ranking = tensor(Int32Array.from(order), { shape: [2, classes] }) as Tensor<"i32">;
      const z = matrix(logits, classes);
      const r = matrix(Float64Array.from(relevance), classes);
      await expectClose(listMleLoss(z, r), plackettLuceNll(z, ranking), { tolerance: 1e-14 });
      for (const options of [
        { weights: tensor(weights) as Tensor },
        { reduction: "mean" },
        { reduction: "sum" },
      ] as const) {
        await expectClose(listMleLoss(z, r, options), plackettLuceNll(z, ranking, options), { tolerance: 1e-14 });
      }
      await checkGradient((x: Tensor) => weighed(listMleLoss(x, r)), z);
    },
  );

  it("is the same on every backend", async () => {
    await expectAgreement((z, { numbers }) => listMleLoss(z, numbers(4, 6, 1)));
  });

  it("names what is wrong", () => {
    const z = tensor([[1, 2]]);
    const call = (...args: Parameters<typeof listMleLoss>) => expect(() => listMleLoss(...args));
    call(tensor([1]), z).toThrow("listMleLoss: logits has shape [1] but must have 2 axes");
    call(tensor([[1, Infinity]]), z).toThrow("listMleLoss: logits holds Infinity at 1 but must hold finite numbers");
    call(z, tensor([[1]])).toThrow("listMleLoss: relevance has shape [1, 1] but must match logits, [1, 2]");
    call(z, tensor([[NaN, 1]])).toThrow("listMleLoss: relevance holds NaN at 0 but must hold finite numbers");
    call(z, z, { weights: tensor([1, -1]) }).toThrow(
      "listMleLoss: weights holds -1 at 1 but must hold finite numbers ≥ 0",
    );
    call(z, z, { reduction: "max" as "mean" }).toThrow(
      'listMleLoss: reduction is "max" but must be one of none, mean, sum',
    );
  });
});

finiteAtExtremes("listMleLoss", (x) => listMleLoss(x, teacherBeside(x)), { cancels: true });
