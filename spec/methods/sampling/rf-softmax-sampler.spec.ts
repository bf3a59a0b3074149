import {
  cos,
  evaluate,
  exp,
  gather,
  type Key,
  normal,
  randomKey,
  read,
  rowSparse,
  sin,
  type Tensor,
  tensor,
  valueAndGrad,
} from "cotangent";
import { adagrad, applyUpdates } from "cotangent/methods/optimizers";
import {
  gradientBiasBounds,
  RfSoftmaxSampler,
  type RfSoftmaxSamplerOptions,
  rfSoftmaxLoss,
} from "cotangent/methods/sampling";
import { checkUnbiasedSequential, floats } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

const key = randomKey(21);
const f64 = { dtype: "f64" } as const;
const ids = (...list: number[]): Tensor<"i32"> => tensor(Int32Array.from(list));
const every = (rows: number, classes: number): Tensor<"i32"> =>
  tensor(
    Int32Array.from({ length: rows * classes }, (_, i) => i % classes),
    { shape: [rows, classes] },
  );

/** q of all classes, for each row of the hidden vectors. */
const lawOf = (sampler: RfSoftmaxSampler, hidden: Tensor): Tensor =>
  exp(sampler.given(hidden).logProbability(every(hidden.shape[0], sampler.classes), f64));

/** Unit vectors in the plane at the given angles, times some lengths. */
function atAngles(angles: ArrayLike<number>, length = 1): Tensor {
  const values = Float64Array.from({ length: 2 * angles.length }, (_, i) =>
    i % 2 === 0 ? length * Math.cos(angles[i >> 1]) : length * Math.sin(angles[i >> 1]),
  );
  return tensor(values, { shape: [angles.length, 2] });
}

const make = (embeddings: Tensor, options: Partial<RfSoftmaxSamplerOptions> = {}, at: Key = key) =>
  new RfSoftmaxSampler(embeddings, at, { inverseTemperature: 8, frequencies: 8, ...options });

describe("RfSoftmaxSampler", () => {
  law(
    "does not depend on lengths",
    floats([5], { min: 0, max: 6 }),
    floats([5], { min: 0.1, max: 9 }),
    async (angles, lengths) => {
      const scale = tensor(lengths, { shape: [5, 1] });
      using plain = make(atAngles(angles));
      using scaled = make(atAngles(angles).mul(scale));
      const expected = (await lawOf(plain, atAngles([1])).data()) as Float64Array;
      await expectClose(lawOf(scaled, atAngles([1], 7)), expected, { tolerance: 1e-12 });
      const another = atAngles([...angles].map((angle) => angle + 1));
      plain.update(another, ids(0, 1, 2, 3, 4));
      scaled.update(another.mul(scale), ids(0, 1, 2, 3, 4));
      const updated = (await lawOf(plain, atAngles([1])).data()) as Float64Array;
      await expectClose(lawOf(scaled, atAngles([1])), updated, { tolerance: 1e-12 });
      plain.rebuild(another);
      scaled.rebuild(another.mul(scale));
      await expectClose(lawOf(plain, atAngles([1])), updated, { tolerance: 1e-12 });
      await expectClose(lawOf(scaled, atAngles([1])), updated, { tolerance: 1e-12 });
    },
  );

  it("is the softmax of ν·cosine, but for noise of D^(−1/2)", async () => {
    const angles = [0, 0.4, 1.1, 2, 3];
    const weights = angles.map((angle) => Math.exp(2 * Math.cos(angle - 0.3)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [frequencies, most] of [
      [64, 0.1],
      [16_384, 0.007],
    ]) {
      using sampler = make(atAngles(angles), { sharpness: 2, frequencies });
      const q = await lawOf(sampler, atAngles([0.3])).data();
      const off = Math.max(...angles.map((_, j) => Math.abs(q[j] - weights[j] / total)));
      expect(off).toBeLessThan(most); // seeded; about one standard deviation of a kernel is 0.7·D^(−1/2)
    }
  });

  it("is sharp as min(τ, 4) unless told otherwise, with 1024 frequencies", () => {
    for (const [inverseTemperature, sharpness] of [
      [12, 4],
      [4, 4],
      [2.5, 2.5],
    ]) {
      using sampler = new RfSoftmaxSampler(atAngles([0, 1]), key, { inverseTemperature });
      expect([sampler.inverseTemperature, sampler.sharpness, sampler.classes]).toEqual([
        inverseTemperature,
        sharpness,
        2,
      ]);
      expect(sampler.tree.map.features).toBe(2048);
      expect([sampler.tree.floor, sampler.tree.leafSize, sampler.tree.flat]).toEqual([1e-3, 1, false]);
    }
  });

  it("tends to uniform as ν goes to 0", async () => {
    using sampler = make(atAngles([0, 1, 2, 3, 4, 5, 6]), { sharpness: 1e-12 });
    await expectClose(lawOf(sampler, atAngles([0])), new Float64Array(7).fill(1 / 7), { tolerance: 1e-10 });
  });

  it.each([true, false])("has a law over frequencies that rotations leave alone (flat: %s)", async (flat) => {
    const angles = [0.2, 0.9, 2.5, 4];
    const draw = async (turn: number, at: Key) => {
      using sampler = make(atAngles(angles.map((angle) => angle + turn)), { frequencies: 2, flat }, at);
      return (await lawOf(sampler, atAngles([0.5 + turn])).data()) as Float64Array;
    };
    await checkUnbiasedSequential(
      async (_, i) => {
        const [one, other] = [await draw(0, key.at("one", i)), await draw(1.3, key.at("other", i))];
        return one.map((q, j) => q - other[j]);
      },
      new Float64Array(4),
      { low: new Float64Array(4).fill(-1), high: new Float64Array(4).fill(1) },
      { eps: 0.1, budget: 3000, alpha: 1e-6, directions: 0 },
    );
  });

  it("finds an input's own class among the likeliest, also when h is a class", async () => {
    const angles = Array.from({ length: 20 }, (_, j) => j * 0.3);
    using sampler = make(atAngles(angles), { sharpness: 8, frequencies: 512 });
    const q = await lawOf(sampler, atAngles(angles)).data();
    for (let row = 0; row < 20; row++) {
      const best = Math.max(...q.subarray(row * 20, (row + 1) * 20));
      expect(q[row * 21]).toBeGreaterThan(0.8 * best); // 20·0.3 is nearly a turn: neighbours are near
    }
  });

  it("warns when it is sharper than the softmax", () => {
    const said: string[] = [];
    const onWarning = (message: string) => said.push(message);
    make(atAngles([0, 1]), { sharpness: 8, onWarning }).dispose();
    expect(said).toEqual([]);
    make(atAngles([0, 1]), { sharpness: 9, onWarning }).dispose();
    make(atAngles([0, 1]), { sharpness: 9 }).dispose();
    expect(said).toEqual([
      "RfSoftmaxSampler: sharpness is 9 but should be at most inverseTemperature, 8; the proposal is sharper than the softmax",
    ]);
  });

  it("names the argument that is wrong", () => {
    const table = atAngles([0, 1, 2]);
    expect(() => make(table, { inverseTemperature: 0 })).toThrow(
      "RfSoftmaxSampler: inverseTemperature is 0 but must be a finite number > 0",
    );
    expect(() => make(table, { sharpness: 0 })).toThrow(
      "RfSoftmaxSampler: sharpness is 0 but must be a finite number > 0",
    );
    expect(() => make(table, { frequencies: 0 })).toThrow(
      "RfSoftmaxSampler: frequencies is 0 but must be a whole number ≥ 1",
    );
    expect(() => make(table, { floor: -1 })).toThrow("RfSoftmaxSampler: floor is -1 but must be a finite number ≥ 0");
    expect(() => make(table, { leafSize: 6 })).toThrow("RfSoftmaxSampler: leafSize is 6 but must be a power of 2");
    expect(() => make(tensor([1, 2]))).toThrow("RfSoftmaxSampler: embeddings has shape [2] but must have 2 axes");
    expect(() => make(tensor([[1, 2]]))).toThrow(
      "RfSoftmaxSampler: embeddings has shape [1, 2] but must have at least 2 rows, its classes",
    );
    expect(() => make(ids(1, 2) as unknown as Tensor)).toThrow(
      "RfSoftmaxSampler: embeddings is i32 but must be f32 or f64; cast it",
    );
    expect(() =>
      make(
        tensor([
          [1, 2],
          [0, 0],
        ]),
      ),
    ).toThrow("RfSoftmaxSampler: row 1 of embeddings is zero but must have a direction");
    using sampler = make(table);
    expect(() => sampler.given(tensor([[1, 0, 0]]))).toThrow(
      "RfSoftmaxSampler.given: hidden has shape [1, 3] but must be [any, 2]",
    );
    expect(() => sampler.given(tensor([[0, 0]]))).toThrow(
      "RfSoftmaxSampler.given: row 0 of hidden is zero but must have a direction",
    );
    expect(() => sampler.update(atAngles([0, 1]), ids(0))).toThrow(
      "RfSoftmaxSampler.update: embeddings has shape [2, 2] but must be [3, 2]",
    );
    expect(() => sampler.update(tensor(new Float64Array(6), { shape: [3, 2] }), ids(-1, 1))).toThrow(
      "RfSoftmaxSampler.update: row 1 of embeddings is zero but must have a direction",
    );
    expect(() => sampler.update(tensor(new Float64Array(6), { shape: [3, 2] }), ids(0))).toThrow(
      "RfSoftmaxSampler.update: row 0 of embeddings is zero but must have a direction",
    );
    expect(() => sampler.update(table, ids(3))).toThrow(
      "RfSoftmaxSampler.update: ids holds 3 at 0 but must be in [0, 3), or −1 for none",
    );
    // nothing is read back from a backend to be checked
    expect(() =>
      sampler.update(tensor(Float64Array.of(1, 0, 0, 1, 0, 0), { shape: [3, 2] }), ids(0).add(0)),
    ).not.toThrow();
    expect(() => sampler.rebuild(atAngles([0, 1]))).toThrow(
      "RfSoftmaxSampler.rebuild: embeddings has shape [2, 2] but must be [3, 2]",
    );
    expect(() => sampler.rebuild(tensor(new Float64Array(6), { shape: [3, 2] }))).toThrow(
      "RfSoftmaxSampler.rebuild: row 0 of embeddings is zero but must have a direction",
    );
  });
});

describe("RfSoftmaxSampler while the table trains", () => {
  it.each([1000, 7])(
    "follows it by the rows that each step touches (rebuilt every %d updates)",
    async (rebuildEvery) => {
      const [classes, width, batch] = [40, 3, 4];
      const options = { inverseTemperature: 6, frequencies: 256, rebuildEvery };
      const start = normal(key.at("start"), [classes, width], f64);
      const [x, targets] = examplesOf(classes, width);
      using sampler = new RfSoftmaxSampler(start, key.at("map"), options);
      using stale = new RfSoftmaxSampler(start, key.at("map"), options);
      const optimizer = adagrad({ learningRate: 0.5 });
      let held = evaluate({ params: start, state: optimizer.init(start) });
      for (let step = 0; step < 24; step++) {
        const rows = tensor(Int32Array.from({ length: batch }, (_, i) => (step * batch + i) % classes));
        const loss = (table: Tensor) =>
          rfSoftmaxLoss(gather(x, rows), table, gather(targets, rows), sampler, key.at(step), {
            negatives: 5,
            reduction: "mean",
          });
        const { grad } = valueAndGrad(loss)(held.params);
        const touched = rowSparse(grad)!.ids;
        const { updates, state } = optimizer.update(grad, held.state, held.params);
        const { ids: changed, ...next } = evaluate(
          { params: applyUpdates(held.params, updates), state, ids: touched },
          { donate: held },
        );
        held = next;
        sampler.update(held.params, changed);
        changed.dispose();
        if (step % 6 < 5) continue;
        using anew = new RfSoftmaxSampler(held.params, key.at("map"), options);
        const [found, expected] = [await read([...sampler.tree.sums]), await read([...anew.tree.sums])];
        for (const [i, level] of found.entries()) {
          await expectClose(level as Float64Array, expected[i] as Float64Array, { tolerance: 1e-9 });
        }
        await expectClose(lawOf(sampler, x), (await lawOf(anew, x).data()) as Float64Array, { tolerance: 1e-9 });
      }

      // one that stays behind draws from another law, which fits the trained softmax less well
      const q = (await lawOf(sampler, x).data()) as Float64Array;
      const old = (await lawOf(stale, x).data()) as Float64Array;
      expect(Math.max(...q.map((value, i) => Math.abs(value - old[i])))).toBeGreaterThan(0.05);
      const table = await held.params.data();
      const hidden = await x.data();
      const mismatch = { follows: 0, stale: 0 };
      for (let row = 0; row < classes; row++) {
        const h = hidden.subarray(row * width, (row + 1) * width);
        const scores = Array.from(
          { length: classes },
          (_, j) => 6 * cosine(h, table.subarray(j * width, (j + 1) * width)),
        );
        const target = (row * 7) % classes;
        for (const [name, law] of [
          ["follows", q],
          ["stale", old],
        ] as const) {
          const part = law.slice(row * classes, (row + 1) * classes).map((value, j) => (j === target ? 0 : value));
          const total = part.reduce((sum, value) => sum + value, 0);
          const bounds = gradientBiasBounds(
            scores,
            target,
            part.map((value) => value / total),
            { negatives: 5 },
          );
          mismatch[name] += bounds.bound / classes;
        }
      }
      expect(mismatch.follows).toBeLessThan(0.7 * mismatch.stale);
      for (const tensor of [held.params, held.state.step, ...Object.values(held.state.memory).flat()]) tensor.dispose();
    },
  );
});

/** Inputs around a circle, one for each class, and the class that each is to have. */
function examplesOf(count: number, width: number): [x: Tensor, targets: Tensor<"i32">] {
  const turn = tensor(
    Float64Array.from({ length: count }, (_, i) => (2 * Math.PI * i) / count),
    { shape: [count, 1] },
  );
  const phase = tensor(Float64Array.from({ length: width }, (_, i) => i));
  const targets = ids(...Array.from({ length: count }, (_, i) => (i * 7) % count));
  return [cos(turn.add(phase)).add(sin(turn.mul(2).sub(phase)).mul(0.3)), targets];
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    first += a[i] ** 2;
    second += b[i] ** 2;
  }
  return product / Math.sqrt(first * second);
}
