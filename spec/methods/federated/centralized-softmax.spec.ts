import { grad, leavesOf, log, logSumExp, sqrt, type Tensor, tensor, transposeLast } from "cotangent";
import { centralizedSoftmax } from "cotangent/methods/federated";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { encode, encoderOf, smallFederation } from "./support/small-federation.js";
import { classIds, matrix, unit } from "./support/unit-table.js";

const release = (state: unknown) => {
  for (const held of leavesOf(state)) held.dispose();
};

describe("centralizedSoftmax", () => {
  law(
    "does gradient steps on the cross-entropy of scaled cosines, then normalizes",
    smallFederation(3),
    async (federation) => {
      const labels = federation.examples.flatMap((held, c) => held.map(() => c));
      const x = matrix(federation.examples.flat());
      const rate = 0.2;
      const risk = ([weights, rows]: readonly [Tensor, Tensor]) => {
        const features = encode(weights, x);
        const cosines = features
          .matmul(transposeLast(rows))
          .div(sqrt(features.mul(features).sum(1, { keepDims: true })))
          .mul(6);
        const target = cosines
          .mul(matrix(labels.map((y) => Float64Array.from([0, 1, 2], (c) => (c === y ? 1 : 0)))))
          .sum(1);
        return logSumExp(cosines, 1).sub(target).mean();
      };
      const normalized = (rows: Tensor) => rows.div(sqrt(rows.mul(rows).sum(1, { keepDims: true })));
      let expected: readonly [Tensor, Tensor] = [encoderOf(federation), matrix(federation.rows)];
      for (let step = 0; step < 2; step++) {
        const [ge, gr] = grad(risk)(expected);
        expected = [expected[0].sub(ge.mul(rate)), normalized(expected[1].sub(gr.mul(rate)))];
      }
      const state = centralizedSoftmax(
        {
          encoder: encoderOf(federation),
          embeddings: matrix(federation.rows.map((row) => row.map((value) => 3 * value))),
          encode,
          examples: x,
          labels: classIds(...labels),
        },
        { steps: 2, learningRate: rate, inverseTemperature: 6 },
      );
      await expectClose(state.encoder, expected[0], { tolerance: 1e-12 });
      await expectClose(state.embeddings, expected[1], { tolerance: 1e-12 });
      release(state);
    },
  );

  it("does 100 steps of 0.1 at inverse temperature 10, and lowers the loss", async () => {
    const problem = {
      encoder: matrix([Float64Array.of(1, 0.9), Float64Array.of(0.9, 1)]),
      embeddings: matrix([Float64Array.of(1, 0), Float64Array.of(0, 1)]),
      encode,
      examples: matrix([Float64Array.of(1, 0), Float64Array.of(0, 1)]),
      labels: classIds(0, 1),
    };
    const [given, named] = [
      centralizedSoftmax(problem),
      centralizedSoftmax(problem, { steps: 100, learningRate: 0.1, inverseTemperature: 10 }),
    ];
    await expectClose(given.encoder, named.encoder, { tolerance: 0 });
    const loss = ({ encoder, embeddings }: typeof given) => {
      const features = encode(encoder, problem.examples);
      const cosines = features
        .matmul(transposeLast(embeddings))
        .div(sqrt(features.mul(features).sum(1, { keepDims: true })));
      return log(logSumExp(cosines.mul(10), 1).sum()).item();
    };
    expect(await loss(given)).toBeGreaterThan(0);
    const scores = await encode(given.encoder, problem.examples).matmul(transposeLast(given.embeddings)).data();
    expect(scores[0]).toBeGreaterThan(scores[1] + 0.5);
    const start = centralizedSoftmax(problem, { steps: 0 });
    await expectClose(start.embeddings, [...unit(Float64Array.of(1, 0)), 0, 1], { tolerance: 0 });
    await expectClose(problem.encoder, [1, 0.9, 0.9, 1], { tolerance: 0 });
    release([given, named, start]);
  });

  it("names the argument that is wrong", () => {
    const problem = {
      encoder: tensor([[1, 0]]),
      embeddings: tensor([
        [1, 0],
        [0, 1],
      ]),
      encode,
      examples: tensor([[1]]),
      labels: classIds(0),
    };
    const call =
      (options: Parameters<typeof centralizedSoftmax>[1], other: Partial<typeof problem> = {}) =>
      () =>
        centralizedSoftmax({ ...problem, ...other }, options);
    expect(call({ steps: -1 })).toThrow("centralizedSoftmax: steps is -1 but must be a whole number ≥ 0");
    expect(call({ learningRate: 0 })).toThrow("centralizedSoftmax: learningRate is 0 but must be a finite number > 0");
    expect(call({ inverseTemperature: 0 })).toThrow(
      "centralizedSoftmax: inverseTemperature is 0 but must be a finite number > 0",
    );
    expect(call({}, { embeddings: tensor([1]) })).toThrow(
      "centralizedSoftmax: embeddings has shape [1] but must have 2 axes",
    );
    expect(call({}, { embeddings: tensor([[Number.NaN, 1]]) })).toThrow(
      "centralizedSoftmax: embeddings holds NaN at 0 but must hold finite numbers",
    );
    expect(call({}, { labels: classIds(0, 1) })).toThrow("centralizedSoftmax: labels has shape [2] but must be [1]");
    expect(call({}, { labels: classIds(2) })).toThrow("centralizedSoftmax: labels holds 2 at 0 but must be in [0, 2)");
  });
});
