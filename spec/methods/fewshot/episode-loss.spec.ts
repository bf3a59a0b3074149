import { concat, grad, type Tensor, tensor } from "cotangent";
import { type EpisodeTerm, episodeLoss, icnnLoss, protoTripletLoss, prototypes } from "cotangent/methods/fewshot";
import { checkGradient, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { couples } from "../metric/support/at-extremes.js";
import { distance, labelled, matrix, rowsOf, sum } from "./support/labelled-points.js";

const classes = 4;
const shots = [0, 1, 2, 3, 0, 1, 2, 3];
const asked = [3, 1, 0, 2, 1];
const supports = floats([16]);
const queries = floats([10]);
const one = (s: Float64Array, q: Float64Array, terms: readonly EpisodeTerm[], options = {}) =>
  episodeLoss({ support: labelled(rowsOf(s, 2), shots), query: labelled(rowsOf(q, 2), asked) }, classes, {
    terms,
    ...options,
  });

describe("episodeLoss", () => {
  law("is, of one term, that loss with the support's prototypes", supports, queries, async (s, q) => {
    const [support, query] = [labelled(rowsOf(s, 2), shots), labelled(rowsOf(q, 2), asked)];
    const means = prototypes(support.points, support.labels, classes);
    const centres = rowsOf(await means.data(), 2);
    const losses = rowsOf(q, 2).map((row, i) => {
      const logits = centres.map((c) => -(distance(row, c) ** 2 - 1e-6) / 2);
      return Math.log(sum(logits.map(Math.exp))) - logits[asked[i]];
    });
    await expectClose(one(s, q, ["crossEntropy"], { temperature: 2 }), [sum(losses) / 5]);
    await expectClose(
      one(s, q, ["protoTriplet"], { margin: 0.3 }),
      protoTripletLoss(query.points, means, query.labels, { margin: 0.3, reduction: "mean" }),
    );
    await expectClose(one(s, q, ["support"], { k: 3 }), icnnLoss(support, undefined, { k: 3 }));
    await expectClose(one(s, q, ["querySupport"], { k: 3 }), icnnLoss(query, support, { k: 3 }));
    await expectClose(
      one(s, q, ["queryPrototypes"]),
      icnnLoss(query, { points: means, labels: tensor(Int32Array.of(0, 1, 2, 3)) }),
    );
    const together = {
      points: concat([support.points, query.points], 0),
      labels: concat([support.labels, query.labels], 0),
    };
    await expectClose(one(s, q, ["full"], { k: 2 }), icnnLoss(together, undefined, { k: 2, inspected: 3 }));
    await expectClose(one(s, q, ["full"], { k: 4 }), icnnLoss(together, undefined, { k: 4, inspected: 4 }));
  });

  law(
    "is the mean of its terms, cross-entropy and Proto-Triplet unless told otherwise",
    supports,
    queries,
    async (s, q) => {
      const all = ["crossEntropy", "protoTriplet", "support", "querySupport", "queryPrototypes", "full"] as const;
      const each = await Promise.all(all.map((term) => one(s, q, [term]).item()));
      await expectClose(one(s, q, all), [sum(each) / 6]);
      const given = episodeLoss(
        { support: labelled(rowsOf(s, 2), shots), query: labelled(rowsOf(q, 2), asked) },
        classes,
      );
      await expectClose(given, [(each[0] + each[1]) / 2]);
    },
  );

  law("lets the gradient through the prototypes", supports, queries, async (s, q) => {
    const query = labelled(rowsOf(q, 2), asked);
    const total = (points: Tensor) =>
      episodeLoss({ support: { points, labels: tensor(Int32Array.from(shots)) }, query }, classes, {
        terms: ["crossEntropy"],
      });
    await checkGradient(total, matrix(rowsOf(s, 2)), { order: 2 });
    expect((await grad(total)(matrix(rowsOf(s, 2))).data()).some((v) => v !== 0)).toBe(true);
  });

  law("has the mean of its terms' gradients", supports, queries, async (s, q) => {
    const terms = ["crossEntropy", "protoTriplet", "support", "querySupport"] as const;
    const slope = (of: readonly EpisodeTerm[]) =>
      grad((points: Tensor) => {
        const query = { points, labels: tensor(Int32Array.from(asked)) };
        return episodeLoss({ support: labelled(rowsOf(s, 2), shots), query }, classes, { terms: of });
      })(matrix(rowsOf(q, 2)));
    const total = terms.map((term) => slope([term])).reduce((a, b) => a.add(b));
    await expectClose(slope(terms), total.div(4));
  });

  law("looks, of few points, at all but two among them", floats([5]), async (x) => {
    const labels = [0, 1, 0, 1, 0];
    const rows = rowsOf(x, 1);
    const [support, query] = [labelled(rows.slice(0, 2), labels.slice(0, 2)), labelled(rows.slice(2), labels.slice(2))];
    const found = episodeLoss({ support, query }, 2, { terms: ["full"], k: 3 });
    await expectClose(found, icnnLoss(labelled(rows, labels), undefined, { k: 3, inspected: 3 }));
  });

  it("says what is wrong with its input", () => {
    const of =
      (options: object, count = 2) =>
      () =>
        episodeLoss({ support: labelled([[1], [2]], [0, 1]), query: labelled([[1]], [0]) }, count, options);
    expect(of({ terms: [] })).toThrow("episodeLoss: terms is empty but must hold at least one");
    expect(of({ terms: ["crossEntropy", "other"] })).toThrow(
      'episodeLoss: terms[1] is "other" but must be one of crossEntropy, protoTriplet, support, queryPrototypes, querySupport, full',
    );
    expect(of({ temperature: 0 })).toThrow("episodeLoss: temperature is 0 but must be a finite number > 0");
    expect(of({}, 1)).toThrow("episodeLoss: classes is 1 but must be a whole number ≥ 2");
    expect(of({}, 3)).toThrow("prototypes: labels has no 2 but must have one for each of 3 classes");
    expect(of({ terms: ["support"] })).toThrow(
      "icnnLoss: target.points has shape [2, 1] but must have at least 4 rows",
    );
  });
});

finiteAtExtremes(
  "episodeLoss",
  (x, at) => {
    const points = { points: x.div(8), labels: couples(at) };
    return episodeLoss({ support: points, query: points }, 4, { terms: ["crossEntropy", "protoTriplet", "full"] });
  },
  { degree: 2 },
);
