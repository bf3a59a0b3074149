import { leavesOf, type Tensor, tensor } from "cotangent";
import {
  fedAwS,
  federatedAverage,
  fixedEmbeddingAveraging,
  inProcessClient,
  positiveHingeLoss,
  positiveOnlyAveraging,
  spreadoutRegularizer,
} from "cotangent/methods/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { problemOf, smallFederation } from "./support/small-federation.js";
import { matrix, unit, unitTable } from "./support/unit-table.js";

const release = (state: unknown) => {
  for (const held of leavesOf(state)) held.dispose();
};

describe("positiveOnlyAveraging", () => {
  law("is fedAwS with multiplier 0", smallFederation(3), fc.integer({ min: 0, max: 3 }), async (federation, rounds) => {
    const problem = problemOf(federation);
    const [plain, silent] = [
      await positiveOnlyAveraging(problem, { rounds }),
      await fedAwS(problem, { rounds, multiplier: 0 }),
    ];
    await expectClose(plain.encoder, silent.encoder, { tolerance: 0 });
    await expectClose(plain.embeddings, silent.embeddings, { tolerance: 0 });
    release([plain, silent]);
  });

  law(
    "can have risk 0 with everything in one place, where the regularizer is above 0",
    unitTable(1, 3),
    async ([w]) => {
      const [count, classes] = [6, 4];
      const scores = tensor(Float64Array.from({ length: count }, () => w.reduce((sum, x) => sum + x * x, 0)));
      const risk = positiveHingeLoss(scores, { form: "square", reduction: "mean" });
      expect(await risk.item()).toBeLessThan(1e-30);
      expect(await positiveHingeLoss(scores, { reduction: "mean" }).item()).toBe(0);
      const reg = spreadoutRegularizer(matrix(Array.from({ length: classes }, () => w)));
      expect(await reg.item()).toBeGreaterThan(17);
    },
  );

  it("rests in that place", async () => {
    const weights = tensor(Float64Array.of(0, 1, 0, 1), { shape: [2, 2] }); // all features are (0, 1)
    const clients = [1, 2, 3].map((x, id) =>
      inProcessClient(id, tensor(Float64Array.of(x, 1), { shape: [1, 2] }), (w: Tensor, e) => e.matmul(w)),
    );
    const row = Float64Array.of(0, 1);
    const state = await positiveOnlyAveraging({ encoder: weights, embeddings: matrix([row, row, row]), clients });
    await expectClose(state.encoder, weights, { tolerance: 0 });
    await expectClose(state.embeddings, [0, 1, 0, 1, 0, 1], { tolerance: 0 });
    release(state);
  });
});

describe("fixedEmbeddingAveraging", () => {
  law("moves the encoder as the clients say, and never an embedding", smallFederation(3), async (federation) => {
    const problem = problemOf(federation, { steps: 2 });
    const state = await fixedEmbeddingAveraging(problem, { rounds: 2 });
    const once = await federatedAverage(problem, problem.clients, { movesRows: false });
    const twice = await federatedAverage(once, problem.clients, { round: 1, movesRows: false });
    await expectClose(state.encoder, twice.encoder, { tolerance: 1e-13 });
    await expectClose(
      state.embeddings,
      federation.rows.flatMap((row) => [...row]),
      { tolerance: 1e-15 },
    );
    await problem.embeddings.data();
    release([state, once, twice]);
  });

  it("normalizes embeddings at the start", async () => {
    const rows = [Float64Array.of(3, 4), Float64Array.of(0, 2)];
    const client = inProcessClient(1, tensor(Float64Array.of(1), { shape: [1, 1] }), (w: Tensor, e) => e.matmul(w));
    const encoder = tensor(Float64Array.of(1, 1), { shape: [1, 2] });
    const problem = { encoder, embeddings: matrix(rows), clients: [client] };
    const state = await fixedEmbeddingAveraging(problem, { rounds: 3 });
    await expectClose(
      state.embeddings,
      rows.flatMap((row) => [...unit(row)]),
      { tolerance: 1e-15 },
    );
    release(state);
  });
});

describe("the baselines, wrong arguments", () => {
  it("name themselves", async () => {
    const problem = { encoder: tensor([1]), embeddings: tensor([[1, 0]]), clients: [] };
    await expect(positiveOnlyAveraging(problem)).rejects.toThrow(
      "positiveOnlyAveraging: clients is empty but must hold at least one client",
    );
    const given = (embeddings: Tensor) => expect(positiveOnlyAveraging({ ...problem, embeddings })).rejects;
    await given(tensor([1, 0])).toThrow("positiveOnlyAveraging: embeddings has shape [2] but must have 2 axes");
    await given(tensor([[1, Number.NaN]])).toThrow(
      "positiveOnlyAveraging: embeddings holds NaN at 1 but must hold finite numbers",
    );
    await expect(fixedEmbeddingAveraging(problem, { rounds: -1 })).rejects.toThrow(
      "fixedEmbeddingAveraging: rounds is -1 but must be a whole number ≥ 0",
    );
  });
});
