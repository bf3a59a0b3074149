import { type Tensor, tensor } from "cotangent";
import { type FedAwSOptions, fedAwS, inProcessClient } from "cotangent/methods/federated";
import { describe, expect, it } from "vitest";
import { encode } from "./support/small-federation.js";

describe("fedAwS, wrong arguments", () => {
  const problem = {
    encoder: tensor([[1, 0]]),
    embeddings: tensor([
      [1, 0],
      [0, 1],
    ]),
    clients: [0, 1].map((id) => inProcessClient(id, tensor([[1]]), encode)),
  };
  const call = (options: FedAwSOptions<Tensor>, other: Partial<typeof problem> = {}) =>
    expect(fedAwS({ ...problem, ...other }, options)).rejects;

  it("names what is wrong", async () => {
    await call({ rounds: -1 }).toThrow("fedAwS: rounds is -1 but must be a whole number ≥ 0");
    await call({ learningRate: -1 }).toThrow("fedAwS: learningRate is -1 but must be a finite number ≥ 0");
    await call({ multiplier: -1 }).toThrow("fedAwS: multiplier is -1 but must be a finite number ≥ 0");
    await call({ multiplier: -1, spreadout: { kind: "topK", neighbours: 1 } }).toThrow(
      "fedAwS: multiplier is -1 but must be a finite number ≥ 0",
    );
    await call({ multiplier: Number.NaN }).toThrow("fedAwS: multiplier is NaN but must be a finite number ≥ 0");
    await call({ spreadout: { kind: "hinge", margin: 2.1 } }).toThrow("fedAwS: margin is 2.1 but must be in (0, 2]");
    await call({ spreadout: { kind: "hinge", distance: "angle" as "cosine" } }).toThrow(
      'fedAwS: distance is "angle" but must be one of cosine, euclidean',
    );
    await call({ spreadout: { kind: "both" as "hinge" } }).toThrow(
      'fedAwS: kind is "both" but must be one of hinge, topK',
    );
    await call({ spreadout: { kind: "topK" } }).toThrow(
      "fedAwS: neighbours is 10 but must be below 2, the number of candidates",
    );
    await call({ spreadout: { kind: "topK", neighbours: 2 } }).toThrow(
      "fedAwS: neighbours is 2 but must be below 2, the number of candidates",
    );
    await call({ spreadout: { kind: "topK", neighbours: 0 } }).toThrow(
      "fedAwS: neighbours is 0 but must be a whole number ≥ 1",
    );
    await call({ spreadout: { kind: "topK", neighbours: 1, candidates: 1 } }).toThrow(
      "fedAwS: candidates is 1 but must be a whole number ≥ 2",
    );
    await call({ spreadout: { kind: "topK", neighbours: 1, candidates: 3 } }).toThrow(
      "fedAwS: candidates is 3 but must be at most 2, the number of classes",
    );
    await call({ spreadout: { kind: "topK", neighbours: 1, candidates: 2 } }).toThrow(
      "fedAwS: key is undefined but must be a key with candidates, which draws from it",
    );
    await call({ clientsPerRound: 1 }).toThrow(
      "fedAwS: key is undefined but must be a key with clientsPerRound, which draws from it",
    );
    await call({ clientsPerRound: 0 }).toThrow("fedAwS: clientsPerRound is 0 but must be a whole number ≥ 1");
    await call({ clientsPerRound: 3 }).toThrow(
      "fedAwS: clientsPerRound is 3 but must be at most 2, the clients with examples",
    );
    await call({}, { embeddings: tensor([[1, 0]]) }).toThrow(
      "fedAwS: embeddings has shape [1, 2] but must have at least 2 classes",
    );
    await call(
      {},
      {
        embeddings: tensor([
          [1, 0],
          [0, Number.NaN],
        ]),
      },
    ).toThrow("fedAwS: embeddings holds NaN at 3 but must hold finite numbers");
    await call({}, { clients: [] }).toThrow("fedAwS: clients is empty but must hold at least one client");
    await call({}, { clients: [inProcessClient(5, tensor([[1]]), encode)] }).toThrow(
      "fedAwS: a client has class 5 but must have one in [0, 2)",
    );
    await call({}, { clients: [inProcessClient(0, tensor(new Float32Array(0), { shape: [0, 1] }), encode)] }).toThrow(
      "fedAwS: clients is empty but must hold at least one client",
    );
  });

  it("names the class that has lost its direction", async () => {
    await call(
      {},
      {
        embeddings: tensor([
          [1, 0],
          [0, 0],
        ]),
      },
    ).toThrow(
      "fedAwS: the embedding of class 1 has no direction but must be finite and not all 0; after a round, its client's encoder gave zeros or NaN",
    );
    const zero = inProcessClient(1, tensor([[0]]), encode);
    await call({}, { clients: [zero] }).toThrow(
      "fedAwS: the embedding of class 1 has no direction but must be finite and not all 0; after a round, its client's encoder gave zeros or NaN",
    );
  });
});
