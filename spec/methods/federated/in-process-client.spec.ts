import { grad, sqrt, type Tensor, tensor } from "cotangent";
import { inProcessClient, positiveHingeLoss } from "cotangent/methods/federated";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { expectSameEverywhere } from "./support/same-everywhere.js";
import { encode, encoderOf, smallFederation, width } from "./support/small-federation.js";
import { matrix } from "./support/unit-table.js";

/** The mean loss of one client, written out. */
function risk([weights, row]: readonly [Tensor, Tensor], x: Tensor): Tensor {
  const features = x.matmul(weights);
  const scores = features
    .mul(row)
    .sum(1)
    .div(sqrt(features.mul(features).sum(1)));
  return positiveHingeLoss(scores, { margin: 0.95, reduction: "mean" });
}

const settings = { learningRate: 0.3, loss: { margin: 0.95 } };

describe("inProcessClient", () => {
  law(
    "does gradient steps on the mean loss of its examples, for encoder and row",
    smallFederation(2),
    fc.integer({ min: 1, max: 3 }),
    async (federation, steps) => {
      const x = matrix(federation.examples[0]);
      const client = inProcessClient(0, x, encode, { ...settings, steps });
      const [encoder, row] = [encoderOf(federation), tensor(federation.rows[0])];
      const update = await client.update({ round: 0, encoder, row, movesRow: true });
      let now: readonly [Tensor, Tensor] = [encoder, row];
      for (let step = 0; step < steps; step++) {
        const [ge, gr] = grad(risk)(now, x);
        now = [now[0].sub(ge.mul(0.3)), now[1].sub(gr.mul(0.3))];
      }
      await expectClose(update.encoder, now[0], { tolerance: 1e-12 });
      await expectClose(update.row, now[1], { tolerance: 1e-12 });
    },
  );

  law("leaves its row where it may not move it, in every step", smallFederation(2), async (federation) => {
    const x = matrix(federation.examples[0]);
    const client = inProcessClient(0, x, encode, { ...settings, steps: 2 });
    const [encoder, row] = [encoderOf(federation), tensor(federation.rows[0])];
    const update = await client.update({ round: 0, encoder, row, movesRow: false });
    await expectClose(update.row, row, { tolerance: 0 });
    let weights = encoder;
    for (let step = 0; step < 2; step++)
      weights = weights.sub(grad((w: Tensor) => risk([w, row], x))(weights).mul(0.3));
    await expectClose(update.encoder, weights, { tolerance: 1e-12 });
  });

  law("does not depend on the length of the encoder's rows", smallFederation(2), async (federation) => {
    const x = matrix(federation.examples[0]);
    const [encoder, row] = [encoderOf(federation), tensor(federation.rows[0])];
    const rows = [1, 7].map(async (factor) => {
      const client = inProcessClient(0, x, (w: Tensor, e) => encode(w, e).mul(factor), settings);
      return (await client.update({ round: 0, encoder, row, movesRow: true })).row.data();
    });
    await expectClose(await rows[1], await rows[0], { tolerance: 1e-12 });
  });

  it("takes an encoder whose parameters are a tree, one step of 0.1 by default", async () => {
    const parameters = { first: [tensor([[1, 2]])], scale: tensor(2) };
    const client = inProcessClient(4, tensor([[1]]), ({ first, scale }: typeof parameters, x) =>
      x.matmul(first[0]).mul(scale),
    );
    expect([client.classId, client.examples]).toEqual([4, 1]);
    const update = await client.update({ round: 0, encoder: parameters, row: tensor([1, 0]), movesRow: true });
    const cosine = 1 / Math.sqrt(5);
    await expectClose(update.encoder.scale, [2], { tolerance: 1e-6 }); // f32
    const expected = [1 + 0.2 * (0.9 - cosine) * cosine, 0.2 * (0.9 - cosine) * 2 * cosine];
    await expectClose(update.row, expected, { tolerance: 1e-6 }); // f32
  });

  it("is the same on every backend", async () => {
    const update = async (on: Parameters<Parameters<typeof expectSameEverywhere>[0]>[0]) => {
      const encoder = tensor(
        [
          [1, 0.2],
          [0.3, -1],
        ],
        { backend: on },
      );
      const client = inProcessClient(
        0,
        tensor(
          [
            [1, 2],
            [0.5, -1],
          ],
          { backend: on },
        ),
        encode,
      );
      return client.update({ round: 0, encoder, row: tensor([0.6, 0.8], { backend: on }), movesRow: true });
    };
    await expectSameEverywhere(async (backend) => (await update(backend)).encoder);
    await expectSameEverywhere(async (backend) => (await update(backend)).row);
  });

  it("names the argument that is wrong", async () => {
    const x = tensor([[1, 2, 3]]);
    expect(() => inProcessClient(-1, x, encode)).toThrow(
      "inProcessClient: classId is -1 but must be a whole number ≥ 0",
    );
    expect(() => inProcessClient(0, x, encode, { steps: 0 })).toThrow(
      "inProcessClient: steps is 0 but must be a whole number ≥ 1",
    );
    expect(() => inProcessClient(0, x, encode, { learningRate: 0 })).toThrow(
      "inProcessClient: learningRate is 0 but must be a finite number > 0",
    );
    expect(() => inProcessClient(0, tensor(1), encode)).toThrow(
      "inProcessClient: examples has shape [] but must have an axis that counts examples",
    );
    const task = { round: 0, encoder: tensor([[1], [1], [1]]), row: tensor(new Float32Array(width)), movesRow: true };
    await expect(inProcessClient(0, x, encode).update(task)).rejects.toThrow(
      "inProcessClient: encode returned shape [1, 1] but must return [1, 2]",
    );
    await expect(
      inProcessClient(0, x, encode, { loss: { margin: -1 } }).update({ ...task, row: tensor([1]) }),
    ).rejects.toThrow("positiveHingeLoss: margin is -1 but must be a finite number > 0");
  });
});
