import { grad, sqrt, type Tensor, tensor } from "cotangent";
import {
  type ClientTask,
  type ClientUpdate,
  type FederatedClient,
  federatedAverage,
  inProcessClient,
  positiveHingeLoss,
} from "cotangent/methods/federated";
import { floats, numbers } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { clientsOf, encode, encoderOf, smallFederation } from "./support/small-federation.js";
import { matrix } from "./support/unit-table.js";

/** A client that answers with what it was made with, and remembers what it was asked. */
function answering(classId: number, examples: number, encoder: Tensor, row: Tensor) {
  const tasks: ClientTask<Tensor>[] = [];
  const client: FederatedClient<Tensor> = {
    classId,
    examples,
    update: async (task) => {
      tasks.push(task);
      return { encoder, row };
    },
  };
  return { client, tasks };
}

const counts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 3, maxLength: 3 });

describe("federatedAverage", () => {
  law(
    "weighs encoders by examples, puts rows in place as they are, leaves absent ones",
    floats([12]),
    floats([6]),
    floats([8]),
    counts,
    async (encoders, rows, table, n) => {
      const places = [3, 0, 2];
      const clients = places.map((classId, i) => {
        const encoder = tensor(encoders.slice(4 * i, 4 * i + 4), { shape: [2, 2] });
        return answering(classId, n[i], encoder, tensor(rows.slice(2 * i, 2 * i + 2))).client;
      });
      const state = {
        encoder: tensor(new Float64Array(4), { shape: [2, 2] }),
        embeddings: tensor(table, { shape: [4, 2] }),
      };
      const next = await federatedAverage(state, clients);
      const total = n[0] + n[1] + n[2];
      const mean = [0, 1, 2, 3].map((j) =>
        n.reduce((sum, weight, i) => sum + (weight / total) * encoders[4 * i + j], 0),
      );
      await expectClose(next.encoder, mean, { tolerance: 1e-14 });
      const wanted = [1, -1, 2, 0].flatMap((i, c) => [
        ...(i < 0 ? table.slice(2 * c, 2 * c + 2) : rows.slice(2 * i, 2 * i + 2)),
      ]);
      await expectClose(next.embeddings, wanted, { tolerance: 0 });
      for (const held of [next.encoder, next.embeddings]) held.dispose();
    },
  );

  law(
    "is one gradient step on all the data where each client does one step",
    smallFederation(3),
    numbers({ min: 0.01, max: 1 }),
    async (federation, learningRate) => {
      const labels = federation.examples.flatMap((held, c) => held.map(() => federation.rows[c]));
      const x = matrix(federation.examples.flat());
      const risk = (weights: Tensor) => {
        const features = encode(weights, x);
        const scores = features
          .mul(matrix(labels))
          .sum(1)
          .div(sqrt(features.mul(features).sum(1)));
        return positiveHingeLoss(scores, { reduction: "mean" });
      };
      const encoder = encoderOf(federation);
      const state = { encoder, embeddings: matrix(federation.rows) };
      const next = await federatedAverage(state, clientsOf(federation, { learningRate }));
      await expectClose(next.encoder, encoder.sub(grad(risk)(encoder).mul(learningRate)), { tolerance: 1e-12 });
      for (const held of [next.encoder, next.embeddings]) held.dispose();
    },
  );

  law(
    "keeps clients apart: no row but a client's own can touch its update, and none but its own is touched",
    smallFederation(3),
    fc.integer({ min: 0, max: 2 }),
    floats([6], { min: 1, max: 2 }),
    async (federation, id, noise) => {
      const client = clientsOf(federation)[id];
      const state = { encoder: encoderOf(federation), embeddings: matrix(federation.rows) };
      const others = federation.rows.map((row, c) => (c === id ? row : noise.slice(2 * c, 2 * c + 2)));
      const [plain, perturbed] = [
        await federatedAverage(state, [client]),
        await federatedAverage({ ...state, embeddings: matrix(others) }, [client]),
      ];
      await expectClose(perturbed.encoder, plain.encoder, { tolerance: 0 });
      const [a, b] = [await plain.embeddings.data(), await perturbed.embeddings.data()];
      federation.rows.forEach((row, c) => {
        const [mine, theirs] = [a, b].map((rows) => [...rows.slice(2 * c, 2 * c + 2)]);
        if (c === id) expect(theirs).toEqual(mine);
        else expect([mine, theirs]).toEqual([[...row], [...others[c]]]);
      });
      for (const { encoder, embeddings } of [plain, perturbed])
        for (const held of [encoder, embeddings]) held.dispose();
    },
  );

  it("tells a client its own row and nothing that leads to another", async () => {
    const table = matrix([Float64Array.of(1, 2), Float64Array.of(3, 4)]);
    const { client, tasks } = answering(1, 1, tensor(1), tensor(Float64Array.of(0, 0)));
    const seen: number[] = [];
    const reading: FederatedClient<Tensor> = {
      ...client,
      update: async (task) => {
        seen.push(...(await task.row.data()));
        return client.update(task);
      },
    };
    await federatedAverage({ encoder: tensor(1), embeddings: table }, [reading], { round: 7, movesRows: false });
    expect(seen).toEqual([3, 4]);
    expect(Object.keys(tasks[0]).sort()).toEqual(["encoder", "movesRow", "round", "row"]);
    expect([tasks[0].round, tasks[0].movesRow]).toEqual([7, false]);
    expect(tasks[0].row.origin.inputs).toEqual([]);
    expectTypeOf<ClientTask<Tensor>>().toEqualTypeOf<{
      readonly round: number;
      readonly encoder: Tensor;
      readonly row: Tensor;
      readonly movesRow: boolean;
    }>();
    expectTypeOf<ClientUpdate<Tensor>>().toEqualTypeOf<{ readonly encoder: Tensor; readonly row: Tensor }>();
  });

  it("uses no row where they may not be moved", async () => {
    const table = matrix([Float64Array.of(1, 2), Float64Array.of(3, 4)]);
    const client = () => answering(1, 1, tensor(Float64Array.of(2)), tensor(Float64Array.of(8, 9))).client;
    const state = { encoder: tensor(Float64Array.of(1)), embeddings: table };
    await expectClose((await federatedAverage(state, [client()], { movesRows: false })).embeddings, [1, 2, 3, 4]);
    await expectClose((await federatedAverage(state, [client()])).embeddings, [1, 2, 8, 9]);
  });

  it("leaves what it was given, also if a client sends that back", async () => {
    const state = { encoder: tensor(Float64Array.of(1)), embeddings: matrix([Float64Array.of(1, 2)]) };
    const idle: FederatedClient<Tensor> = { classId: 0, examples: 3, update: async (task) => task };
    const next = await federatedAverage(state, [idle]);
    await expectClose(next.encoder, [1], { tolerance: 0 });
    await expectClose(state.encoder, [1], { tolerance: 0 });
    await expectClose(state.embeddings, [1, 2], { tolerance: 0 });
  });

  it("asks all clients at once", async () => {
    let [asked, most] = [0, 0];
    const slow = (classId: number): FederatedClient<Tensor> => ({
      classId,
      examples: 1,
      update: async ({ encoder, row }) => {
        most = Math.max(most, ++asked);
        await new Promise((done) => setTimeout(done, 1));
        asked--;
        return { encoder, row };
      },
    });
    const state = { encoder: tensor([1]), embeddings: tensor([[1], [1], [1]]) };
    await federatedAverage(state, [slow(0), slow(1), slow(2)]);
    expect(most).toBe(3);
  });

  it("is the same on every backend", async () => {
    await expectSameEverywhere(async (backend) => {
      const client = (id: number, x: number[][]) => inProcessClient(id, tensor(x, { backend }), encode);
      const state = {
        encoder: tensor(
          [
            [1, 0.2],
            [0.3, -1],
          ],
          { backend },
        ),
        embeddings: tensor(
          [
            [1, 0],
            [0.6, 0.8],
          ],
          { backend },
        ),
      };
      return (
        await federatedAverage(state, [
          client(1, [[1, 2]]),
          client(0, [
            [2, 1],
            [1, -1],
          ]),
        ])
      ).embeddings;
    });
  });

  it("names what is wrong", async () => {
    const state = {
      encoder: tensor([1]),
      embeddings: tensor([
        [1, 0],
        [0, 1],
      ]),
    };
    const { client } = answering(0, 1, tensor([1]), tensor([1, 0]));
    const call = (...clients: FederatedClient<Tensor>[]) => expect(federatedAverage(state, clients)).rejects;
    await call().toThrow("federatedAverage: clients is empty but must hold at least one client");
    for (const classId of [2, -1, 0.5]) {
      await call({ ...client, classId }).toThrow(
        `federatedAverage: a client has class ${classId} but must have one in [0, 2)`,
      );
    }
    await call(client, client).toThrow(
      "federatedAverage: two clients have class 0 but each must have a class of its own",
    );
    for (const examples of [0, -1, 0.5]) {
      await call({ ...client, examples }).toThrow(
        `federatedAverage: the client of class 0 has ${examples} examples but must have a whole number ≥ 1`,
      );
    }
    await call(answering(1, 1, tensor([1]), tensor([1])).client).toThrow(
      "federatedAverage: the row from the client of class 1 has shape [1] but must be [2]",
    );
    await call(answering(1, 1, tensor([1, 2]), tensor([1, 2])).client).toThrow(
      "federatedAverage: tensor 0 of the encoder from the client of class 1 has shape [2] but must be [1]",
    );
    const more: FederatedClient<Tensor> = {
      ...client,
      update: async ({ row }) => ({ encoder: [tensor([1]), tensor([2])] as unknown as Tensor, row }),
    };
    await call(more).toThrow("federatedAverage: the encoder from the client of class 0 has 2 tensors but must have 1");
  });
});
