import { leavesOf, randomKey, type Tensor, tensor } from "cotangent";
import {
  type FedAwSOptions,
  type FederatedClient,
  fedAwS,
  federatedAverage,
  inProcessClient,
  spreadoutStep,
} from "cotangent/methods/federated";
import { seeds } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { encode, problemOf, type SmallFederation, smallFederation } from "./support/small-federation.js";
import { classIds, matrix, unitTable } from "./support/unit-table.js";

const release = (state: unknown) => {
  for (const held of leavesOf(state)) held.dispose();
};

const rounds = fc.integer({ min: 1, max: 2 });

/** Rounds by hand: average, then the server's step. */
async function byHand(federation: SmallFederation, count: number, step: (rows: Tensor) => Tensor) {
  const { encoder, embeddings, clients } = problemOf(federation);
  let state = { encoder, embeddings: embeddings.mul(1) };
  for (let round = 0; round < count; round++) {
    const returned = await federatedAverage(state, clients, { round });
    const rows = await step(returned.embeddings).data();
    if (round > 0) release(state);
    const { shape } = returned.embeddings;
    state = { encoder: returned.encoder, embeddings: tensor(rows as Float64Array, { shape }) };
    release(returned.embeddings);
  }
  const values = { encoder: await state.encoder.data(), embeddings: await state.embeddings.data() };
  release(state);
  return values;
}

describe("fedAwS", () => {
  law("is rounds of averaging and spreading", smallFederation(4), rounds, async (federation, count) => {
    const problem = problemOf(federation);
    const cases: [FedAwSOptions<Tensor>, (rows: Tensor) => Tensor][] = [
      [{}, (rows) => spreadoutStep(rows)],
      [
        { learningRate: 0.2, multiplier: 0.5, spreadout: { kind: "hinge", distance: "euclidean", margin: 1 } },
        (rows) =>
          spreadoutStep(rows, {
            learningRate: 0.2,
            multiplier: 0.5,
            spreadout: { kind: "hinge", distance: "euclidean", margin: 1 },
          }),
      ],
      [
        { spreadout: { kind: "topK", neighbours: 2 } },
        (rows) => spreadoutStep(rows, { spreadout: { kind: "topK", neighbours: 2 } }),
      ],
    ];
    for (const [options, step] of cases) {
      const state = await fedAwS(problem, { ...options, rounds: count });
      const expected = await byHand(federation, count, step);
      await expectClose(state.encoder, expected.encoder, { tolerance: 1e-12 });
      await expectClose(state.embeddings, expected.embeddings, { tolerance: 1e-12 });
      release(state);
    }
  });

  law("leaves unit embeddings, to 1e-12, and the problem as it was", smallFederation(3), async (federation) => {
    const problem = problemOf(federation);
    const scaled = { ...problem, embeddings: matrix(federation.rows.map((row) => row.map((value) => 5 * value))) };
    const state = await fedAwS(scaled, { rounds: 4 });
    await expectClose(state.embeddings.mul(state.embeddings).sum(1), [1, 1, 1], { tolerance: 1e-12 });
    await expectClose(
      scaled.embeddings,
      federation.rows.flatMap((row) => [...row.map((value) => 5 * value)]),
      { tolerance: 0 },
    );
    await expectClose(problem.encoder, federation.weights, { tolerance: 0 });
    release(state);
  });

  law(
    "asks as many clients as it is told, others in other rounds, by the key",
    smallFederation(4),
    seeds,
    async (federation, seed) => {
      const asked: number[][] = [];
      const problem = problemOf(federation);
      const clients = problem.clients.map(
        (client): FederatedClient<Tensor> => ({
          ...client,
          update: (task) => {
            (asked[task.round] ??= []).push(client.classId);
            return client.update(task);
          },
        }),
      );
      const run = () =>
        fedAwS({ ...problem, clients }, { rounds: 12, clientsPerRound: 2, key: randomKey(seed), multiplier: 0 });
      release(await run());
      const first = asked.splice(0).map((ids) => [...ids].sort());
      release(await run());
      expect(asked.map((ids) => [...ids].sort())).toEqual(first);
      expect(first.map((ids) => new Set(ids).size)).toEqual(Array(12).fill(2));
      expect(new Set(first.flat()).size).toBe(4);
      expect(new Set(first.map(String)).size).toBeGreaterThan(1);
    },
  );

  law("moves no embedding of an absent class when nothing is spread", smallFederation(3), async (federation) => {
    const problem = problemOf(federation);
    const state = await fedAwS({ ...problem, clients: [problem.clients[1]] }, { rounds: 1, multiplier: 0 });
    const rows = await state.embeddings.data();
    await expectClose(rows.slice(0, 2), federation.rows[0], { tolerance: 1e-15 });
    await expectClose(rows.slice(4), federation.rows[2], { tolerance: 1e-15 });
    release(state);
  });

  law("pushes the classes of the round from drawn candidates", smallFederation(4), seeds, async (federation, seed) => {
    const problem = problemOf(federation);
    const one = { ...problem, clients: [problem.clients[2]] };
    const spreadout = { kind: "topK", neighbours: 1, candidates: 3 } as const;
    const run = (key: number) => fedAwS(one, { rounds: 1, spreadout, multiplier: 1, key: randomKey(key) });
    const [state, again] = [await run(seed), await run(seed)];
    await expectClose(again.embeddings, state.embeddings, { tolerance: 0 });
    const returned = await federatedAverage(problem, [problem.clients[2]]);
    const rows = await state.embeddings.data();
    const subsets = [
      [0, 1, 2],
      [0, 1, 3],
      [0, 2, 3],
      [1, 2, 3],
    ];
    const possible = await Promise.all(
      subsets.map((ids) => {
        const nearest = { kind: "topK", neighbours: 1, classes: classIds(2), candidates: classIds(...ids) } as const;
        return spreadoutStep(returned.embeddings, { spreadout: nearest, multiplier: 1 }).data();
      }),
    );
    expect(Math.min(...possible.map((other) => Math.max(...other.map((x, i) => Math.abs(x - rows[i])))))).toBeLessThan(
      1e-12,
    );
    release([state, again, returned]);
  });

  law("pushes each class from its 10 nearest unless told", unitTable(12, 3), async (rows) => {
    const idle: FederatedClient<Tensor> = { classId: 0, examples: 1, update: async (task) => task };
    const problem = { encoder: tensor(Float64Array.of(1)), embeddings: matrix(rows), clients: [idle] };
    const run = (neighbours: object) =>
      fedAwS(problem, { rounds: 1, multiplier: 0.1, spreadout: { kind: "topK", ...neighbours } });
    const [plain, ten, eleven] = [await run({}), await run({ neighbours: 10 }), await run({ neighbours: 11 })];
    await expectClose(plain.embeddings, ten.embeddings, { tolerance: 0 });
    expect(await plain.embeddings.data()).not.toEqual(await eleven.embeddings.data());
    release([plain, ten, eleven]);
  });

  it("asks all without a key where as many are asked as there are", async () => {
    const rows = [Float64Array.of(1, 0), Float64Array.of(0.8, 0.6)];
    const clients = [0, 1].map((id) => inProcessClient(id, matrix([Float64Array.of(1, id)]), encode));
    const encoder = matrix([Float64Array.of(1, 0.2), Float64Array.of(0.3, 1)]);
    const problem = { encoder, embeddings: matrix(rows), clients };
    const [all, told] = [
      await fedAwS(problem, { rounds: 2 }),
      await fedAwS(problem, { rounds: 2, clientsPerRound: 2 }),
    ];
    await expectClose(told.encoder, all.encoder, { tolerance: 0 });
    await expectClose(told.embeddings, all.embeddings, { tolerance: 0 });
    release([all, told]);
  });

  it("takes rows of any length from clients, and refuses those without a direction", async () => {
    const rows = [Float64Array.of(1, 0), Float64Array.of(0.6, 0.8)];
    const run = (factor: number) => {
      const client: FederatedClient<Tensor> = {
        classId: 1,
        examples: 1,
        update: async (task) => ({ ...task, row: task.row.mul(factor) }),
      };
      const problem = { encoder: tensor(Float64Array.of(1)), embeddings: matrix(rows), clients: [client] };
      return fedAwS(problem, { rounds: 1, multiplier: 0 });
    };
    for (const factor of [1e-200, 1e200]) {
      const state = await run(factor);
      await expectClose(state.embeddings, [1, 0, 0.6, 0.8], { tolerance: 1e-15 });
      release(state);
    }
    for (const factor of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(run(factor)).rejects.toThrow(
        "fedAwS: the embedding of class 1 has no direction but must be finite and not all 0; after a round, its client's encoder gave zeros or NaN",
      );
    }
  });

  it("draws other candidates in other rounds", async () => {
    const rows = [0, 1, 2, 3].map((c) => Float64Array.of(Math.cos(0.4 * c), Math.sin(0.4 * c)));
    const idle: FederatedClient<Tensor> = { classId: 0, examples: 1, update: async (task) => task };
    const problem = { encoder: tensor(Float64Array.of(1)), embeddings: matrix(rows), clients: [idle] };
    const moved = new Set<number>();
    let before = Float64Array.from(rows.flatMap((row) => [...row]));
    const state = await fedAwS(problem, {
      rounds: 30,
      key: randomKey(1),
      multiplier: 0.01,
      spreadout: { kind: "topK", neighbours: 1, candidates: 2 },
      onRound: async ({ embeddings }) => {
        const now = Float64Array.from(await embeddings.data());
        now.forEach((value, i) => {
          if (Math.abs(value - before[i]) > 1e-9) moved.add(i >> 1);
        });
        before = now;
      },
    });
    expect([...moved].sort()).toEqual([0, 1, 2, 3]); // one pair of candidates would move two classes or three
    release(state);
  });

  it("works across a wire: a client that sends numbers is as good as one in the process", async () => {
    const rows = [Float64Array.of(1, 0), Float64Array.of(0.8, 0.6)];
    const encoder = tensor(Float64Array.of(1, 0.2, 0.3, -1), { shape: [2, 2] });
    const near = [0, 1].map((id) =>
      inProcessClient(id, matrix([Float64Array.of(1, id), Float64Array.of(id, 2)]), encode),
    );
    const far = near.map(
      (client): FederatedClient<Tensor> => ({
        ...client,
        update: async ({ encoder, row, ...rest }) => {
          const sent = JSON.stringify({ ...rest, encoder: [...(await encoder.data())], row: [...(await row.data())] });
          const got = JSON.parse(sent);
          const update = await client.update({
            round: got.round,
            movesRow: got.movesRow,
            encoder: tensor(Float64Array.from(got.encoder), { shape: [2, 2] }),
            row: tensor(Float64Array.from(got.row)),
          });
          const answer = JSON.stringify([[...(await update.encoder.data())], [...(await update.row.data())]]);
          const [weights, moved] = JSON.parse(answer);
          return {
            encoder: tensor(Float64Array.from(weights), { shape: [2, 2] }),
            row: tensor(Float64Array.from(moved)),
          };
        },
      }),
    );
    const [a, b] = [
      await fedAwS({ encoder, embeddings: matrix(rows), clients: near }, { rounds: 5 }),
      await fedAwS({ encoder, embeddings: matrix(rows), clients: far }, { rounds: 5 }),
    ];
    await expectClose(b.encoder, a.encoder, { tolerance: 0 });
    await expectClose(b.embeddings, a.embeddings, { tolerance: 0 });
    release([a, b]);
  });

  it("shows each round's state, in order, and waits", async () => {
    const rows = [Float64Array.of(1, 0), Float64Array.of(0.8, 0.6)];
    const clients = [0, 1].map((id) => inProcessClient(id, matrix([Float64Array.of(1, id)]), encode));
    const problem = {
      encoder: matrix([Float64Array.of(1, 0.2), Float64Array.of(0.3, 1)]),
      embeddings: matrix(rows),
      clients,
    };
    const seen: [number, Float64Array][] = [];
    const state = await fedAwS(problem, {
      rounds: 3,
      onRound: async ({ embeddings }, round) => {
        seen.push([round, (await embeddings.data()) as Float64Array]);
      },
    });
    expect(seen.map(([round]) => round)).toEqual([0, 1, 2]);
    await expectClose(state.embeddings, seen[2][1], { tolerance: 0 });
    expect([...seen[1][1]]).not.toEqual([...seen[2][1]]);
    release(state);
  });

  it("takes two classes in one dimension, and duplicate embeddings in the Euclidean distance", async () => {
    const encoder = matrix([Float64Array.of(1)]);
    const clients = [1, -1].map((x, id) => inProcessClient(id, matrix([Float64Array.of(x)]), encode));
    const line = await fedAwS({ encoder, embeddings: matrix([Float64Array.of(2), Float64Array.of(-3)]), clients });
    await expectClose(line.embeddings, [1, -1], { tolerance: 0 });
    const twins = matrix([Float64Array.of(0.6, 0.8), Float64Array.of(0.6, 0.8)]);
    const plane = { encoder: matrix([Float64Array.of(0.6, 0.8)]), embeddings: twins, clients: clients.slice(0, 1) };
    const state = await fedAwS(plane, {
      rounds: 2,
      spreadout: { kind: "hinge", distance: "euclidean" },
      onWarning: (message) => expect.unreachable(message), // of a step in the cosine distance only
    });
    await expectClose(state.embeddings, [0.6, 0.8, 0.6, 0.8], { tolerance: 1e-15 });
    release([line, state]);
  });

  it("passes clients without examples over, and warns of them and once of a step too long", async () => {
    const rows = [Float64Array.of(1, 0), Float64Array.of(0.8, 0.6), Float64Array.of(0.6, 0.8)];
    const encoder = matrix([Float64Array.of(1, 0.2), Float64Array.of(0.3, 1)]);
    const full = [0, 1].map((id) => inProcessClient(id, matrix([Float64Array.of(1, id)]), encode));
    const empty = inProcessClient(2, tensor(new Float64Array(0), { shape: [0, 2] }), encode);
    const warnings: string[] = [];
    const options = { rounds: 3, onWarning: (message: string) => warnings.push(message) };
    const [withEmpty, without] = [
      await fedAwS({ encoder, embeddings: matrix(rows), clients: [...full, empty] }, options),
      await fedAwS({ encoder, embeddings: matrix(rows), clients: full }, { rounds: 3 }),
    ];
    expect(warnings).toEqual(["fedAwS: the client of class 2 holds no examples; it is passed over"]);
    await expectClose(withEmpty.encoder, without.encoder, { tolerance: 0 });
    await expectClose(withEmpty.embeddings, without.embeddings, { tolerance: 0 });
    const long = await fedAwS({ encoder, embeddings: matrix(rows), clients: full }, { ...options, multiplier: 5 });
    expect(warnings.slice(1)).toHaveLength(1);
    expect(warnings[1]).toMatch(
      /^fedAwS: the spreadout step is \d\.\d\d times the safe one in round 0 but should be at most 1; take a smaller multiplier$/,
    );
    release([withEmpty, without, long]);
  });
});
