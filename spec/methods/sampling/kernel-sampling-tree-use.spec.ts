import { type Backend, broadcastTo, cpu, evaluate, exp, normal, randomKey, read, type Tensor, tensor } from "cotangent";
import {
  KernelSamplingTree,
  type KernelSamplingTreeOptions,
  quadraticMap,
  randomFourierMap,
} from "cotangent/methods/sampling";
import { checkSampler } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { gpu, law, noGpu } from "../../support/law.js";
import { everyClass, randomKernels, vectorsOf, withTree } from "./support/kernel-trees.js";

const key = randomKey(11);
const f64 = { dtype: "f64" } as const;

describe("KernelSamplingTree in use", () => {
  it.each([
    ["many draws of one query", 1, 30_000, 1],
    ["few draws of each of many queries", 6000, 5, 1],
    ["groups of classes", 1500, 20, 16],
  ])("draws from what it says among 1000 classes: %s", async (_, rows, count, leafSize) => {
    const map = randomFourierMap(key.at("map"), { width: 3, sharpness: 3, frequencies: 8, dtype: "f64" });
    const tree = new KernelSamplingTree(map, normal(key.at("classes"), [1000, 3], f64), { floor: 0.01, leafSize });
    const query = normal(key.at("query"), [1, 3], f64);
    const label = tensor(Int32Array.of(77));
    const one = tree.given(query).without!(label);
    const many = tree.given(broadcastTo(query, [rows, 3])).without!(broadcastTo(label, [rows]));
    const ids = broadcastTo(tensor(Int32Array.from({ length: 1000 }, (_, j) => j)), [1, 1000]);
    const drawn = many.draw(key.at("draws"), [rows, count]);
    const held = evaluate({
      drawn,
      logProbability: many.logProbability(drawn, f64),
      q: exp(one.logProbability(ids, f64)),
    });
    const { drawn: draws, logProbability, q } = await read(held);
    const byStep = Array.from({ length: rows * count }, (_, i) => (i % rows) * count + Math.floor(i / rows));
    const report = checkSampler({
      draws: byStep.map((i) => draws[i]),
      probabilities: q,
      logProbabilities: byStep.map((i) => logProbability[i]),
      rows,
    });
    expect(report.logE).toBeLessThan(Math.log(1e9));
    for (const tensor of Object.values(held)) tensor.dispose();
    tree.dispose();
    map.dispose();
  });

  law(
    "does not depend on how the classes are numbered, where no floor is in the way",
    randomKernels({ kernels: "quadratic" }),
    async (random) => {
      const { classes, width, queries } = random;
      const order = Array.from({ length: classes }, (_, j) => (classes + 1 - j) % classes);
      const rows = await vectorsOf(random).data();
      const permuted = Float64Array.from(order.flatMap((j) => [...rows.subarray(j * width, (j + 1) * width)]));
      await withTree(random, {}, async (tree) => {
        await withTree({ ...random, vectors: permuted }, {}, async (other) => {
          const h = tensor(queries, { shape: [2, width] });
          const q = await tree.given(h).logProbability(everyClass(classes), f64).data();
          const found = other.given(h).logProbability(everyClass(classes), f64);
          await expectClose(
            found,
            [0, 1].flatMap((row) => order.map((j) => q[row * classes + j])),
            { tolerance: 1e-11 },
          );
        });
      });
    },
  );

  it("shares out alike what is alike, and leaves one class to draw of two", async () => {
    const map = quadraticMap({ width: 2 });
    const twins = new KernelSamplingTree(
      map,
      tensor([
        [1, 0],
        [0, 1],
        [1, 0],
      ]),
    );
    const q = twins.given(tensor([[0.6, 0.8]])).logProbability(tensor(Int32Array.of(0, 1, 2), { shape: [1, 3] }));
    await expectClose(exp(q), [37 / 139, 65 / 139, 37 / 139], { tolerance: 1e-6 }); // f32
    twins.dispose();
    const pair = new KernelSamplingTree(
      map,
      tensor([
        [1, 0],
        [0, 1],
      ]),
    );
    const other = pair.given(tensor([[1, 0]])).without!(tensor(Int32Array.of(0)));
    await expectClose(other.draw(key, [1, 4]), [1, 1, 1, 1]);
    const logarithms = other.logProbability(tensor(Int32Array.of(0, 1), { shape: [1, 2] }));
    expect([...(await logarithms.data())]).toEqual([Number.NEGATIVE_INFINITY, 0]);
    pair.dispose();
  });

  it("gives −1 and NaN where a floor of 0 leaves no mass to walk to, and a check that throws", async () => {
    const map = {
      width: 1,
      features: 1,
      apply: (x: Tensor) => x,
      dispose: () => {},
    };
    const classes = tensor([[3], [-1], [-2], [-5], [2]]); // below node [2, 3] no class has a mass; with h = −1, not below [4]
    const tree = new KernelSamplingTree(map, classes, { floor: 0 });
    const ids = tensor(Int32Array.of(0, 1, 2, 3, 4), { shape: [1, 5] });
    const q = async (h: number) => [...(await exp(tree.given(tensor([[h]])).logProbability(ids)).data())];
    expect(await q(1)).toEqual([0, 0, 0, 0, 1]); // the left half has mass 3 − 1 − 2 − 5 < 0
    await tree.check(tensor([[1]]));
    const dead = tensor(Int32Array.of(4));
    await expect(tree.check(tensor([[2], [1]]), tensor(Int32Array.of(1, 4)))).rejects.toThrow(
      "KernelSamplingTree.check: row 1 comes to where no class has a mass above 0 but must find one; set floor above 0",
    );
    const given = tree.given(tensor([[1]])).without!(dead);
    expect([...(await given.draw(key, [1, 3]).data())]).toEqual([-1, -1, -1]);
    expect((await given.logProbability(ids).data()).slice(0, 4).every(Number.isNaN)).toBe(true);
    tree.dispose();
    for (const options of [{ flat: true }, { leafSize: 8 }]) {
      const flat = new KernelSamplingTree(map, tensor([[3], [-1], [0]]), { floor: 0, ...options });
      const [first, , third] = await exp(
        flat.given(tensor([[1]])).logProbability(tensor(Int32Array.of(0, 1, 2), { shape: [1, 3] })),
      ).data();
      expect([first, third]).toEqual([1, 0]);
      const none = flat.given(tensor([[1]])).without!(tensor(Int32Array.of(0)));
      expect([...(await none.draw(key, [1, 2]).data())]).toEqual([-1, -1]);
      await expect(flat.check(tensor([[1]]), tensor(Int32Array.of(0)))).rejects.toThrow("row 0 comes to where");
      flat.dispose();
    }
  });

  it("gives log-probabilities in f32 unless told otherwise, NaN for ids that a device computed out of range", async () => {
    const map = quadraticMap({ width: 1 });
    const tree = new KernelSamplingTree(map, tensor(new Float64Array([1, 1, 1]), { shape: [3, 1] }));
    const computed = tensor(Int32Array.of(2, 1), { shape: [1, 2] }).add(1);
    const result = tree.given(tensor(new Float64Array([1]), { shape: [1, 1] })).logProbability(computed);
    expect(result.dtype).toBe("f32");
    const [outside, inside] = await result.data();
    expect(outside).toBeNaN();
    expect(inside).toBeCloseTo(-Math.log(3), 6);
    tree.dispose();
  });

  async function onBackend(
    backend: Backend,
    options: KernelSamplingTreeOptions,
    classes = 37,
  ): Promise<ArrayLike<number>[]> {
    const at = randomKey(2, { backend });
    const map = randomFourierMap(at.at("map"), { width: 4, sharpness: 2, frequencies: 16 });
    const tree = new KernelSamplingTree(map, normal(at.at("classes"), [classes, 4]), options);
    const changed = tensor(Int32Array.of(3, classes - 1, 3, -1), { backend });
    tree.update(changed, normal(at.at("new"), [4, 4]));
    const sampler = tree.given(normal(at.at("queries"), [3, 4])).without!(
      tensor(Int32Array.of(3, 0, classes - 1), { backend }),
    );
    const drawn = sampler.draw(at.at("draw"), [3, 10]);
    const { ids, q } = await read({ ids: drawn, q: sampler.logProbability(drawn) });
    tree.dispose();
    map.dispose();
    return [ids, q];
  }

  it.each([{ leafSize: 1 }, { leafSize: 4 }, { flat: true }])(
    "is the same on cpu and wasm in f32: %o",
    async (options) => {
      const [ids, q] = await onBackend(key.backend, options);
      const [expectedIds, expected] = await onBackend(cpu(), options);
      expect([...(ids as Int32Array)]).toEqual([...(expectedIds as Int32Array)]);
      await expectClose(q as Float32Array, expected as Float32Array, { tolerance: 2e-5 }); // f32, sums of cosines
    },
  );

  it.skipIf(gpu === undefined)(`is the same on the GPU (${gpu === undefined ? noGpu : "there is one"})`, async () => {
    const [ids, q] = await onBackend(gpu!, { leafSize: 1 }, 5);
    const single = Object.assign(cpu(), { dtypes: gpu!.dtypes });
    const [expectedIds, expected] = await onBackend(single, { leafSize: 1 }, 5);
    expect([...(ids as Int32Array)]).toEqual([...(expectedIds as Int32Array)]);
    await expectClose(q as Float32Array, expected as Float32Array, { tolerance: 2e-5 }); // f32, sums of cosines
  });

  it("names the argument that is wrong", async () => {
    const map = quadraticMap({ width: 2 });
    const classes = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]);
    const make = (options: KernelSamplingTreeOptions) => () => new KernelSamplingTree(map, classes, options);
    expect(() => new KernelSamplingTree(map, tensor([[1], [2]]))).toThrow(
      "KernelSamplingTree: vectors has shape [2, 1] but must be [any, 2]",
    );
    expect(() => new KernelSamplingTree(map, tensor([[1, 2]]))).toThrow(
      "KernelSamplingTree: vectors has shape [1, 2] but must have at least 2 rows, its classes",
    );
    expect(make({ floor: -1 })).toThrow("KernelSamplingTree: floor is -1 but must be a finite number ≥ 0");
    expect(make({ leafSize: 3 })).toThrow("KernelSamplingTree: leafSize is 3 but must be a power of 2");
    expect(make({ leafSize: 0.5 })).toThrow("KernelSamplingTree: leafSize is 0.5 but must be a power of 2");
    expect(make({ leafSize: 2, flat: true })).toThrow(
      "KernelSamplingTree: leafSize is 2 but must be 1 with flat; it has no leaves",
    );
    expect(make({ rebuildEvery: 0 })).toThrow("KernelSamplingTree: rebuildEvery is 0 but must be a whole number ≥ 1");

    const tree = new KernelSamplingTree(map, classes);
    const queries = tensor([
      [1, 0],
      [1, 1],
    ]);
    const given = tree.given(queries);
    const ids = (...list: number[]) => tensor(Int32Array.from(list));
    expect(() => tree.given(tensor([[1], [1]]))).toThrow(
      "KernelSamplingTree.given: queries has shape [2, 1] but must be [any, 2]",
    );
    expect(() => tree.given(tensor(new Float64Array(2), { shape: [1, 2] }))).toThrow(
      "KernelSamplingTree.given: queries is f64 but must match the vectors, f32; cast one of them",
    );
    expect(() => tree.given(tensor([[1, Number.NaN]]))).toThrow(
      "KernelSamplingTree.given: a query is NaN but must be finite",
    );
    expect(() => given.without!(ids(0))).toThrow("KernelSamplingTree.without: labels has shape [1] but must be [2]");
    expect(() => given.without!(ids(0, 3))).toThrow(
      "KernelSamplingTree.without: labels holds 3 at 1 but must be in [0, 3)",
    );
    expect(() => given.draw(key, [3, 1])).toThrow(
      "KernelSamplingTree.draw: shape is [3, 1] but must be [2, ...], a row for each of the queries",
    );
    expect(() => given.draw(key, 0)).toThrow("KernelSamplingTree.draw: count is 0 but must be a whole number ≥ 1");
    expect(() => given.logProbability(ids(0))).toThrow(
      "KernelSamplingTree.logProbability: ids is [1] but must be [2, ...], a row for each of the queries",
    );
    expect(() => given.logProbability(ids(0, 4))).toThrow(
      "KernelSamplingTree.logProbability: ids holds 4 at 1 but must be in [0, 3)",
    );
    expect(() =>
      tree.update(
        ids(0),
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toThrow("KernelSamplingTree.update: rows has shape [2, 2] but must be [1, 2]");
    expect(() => tree.update(ids(0), tensor(new Float64Array(2), { shape: [1, 2] }))).toThrow(
      "KernelSamplingTree.update: rows is f64 but must match the vectors, f32; cast one of them",
    );
    expect(() => tree.update(tensor(new Int32Array(1), { shape: [1, 1] }), tensor([[1, 2]]))).toThrow(
      "KernelSamplingTree.update: ids has shape [1, 1] but must have 1 axis",
    );
    expect(() => tree.update(tensor([0]) as unknown as Tensor<"i32">, tensor([[1, 2]]))).toThrow(
      "KernelSamplingTree.update: ids is f32 but must be i32; cast it",
    );
    expect(() => tree.update(ids(3), tensor([[1, 2]]))).toThrow(
      "KernelSamplingTree.update: ids holds 3 at 0 but must be in [0, 3), or −1 for none",
    );
    expect(() => tree.update(ids(-2), tensor([[1, 2]]))).toThrow("ids holds -2 at 0 but must be in [0, 3)");
    expect(() => tree.rebuild(tensor([[1, 2]]))).toThrow(
      "KernelSamplingTree.rebuild: vectors has shape [1, 2] but must be [3, 2]",
    );
    expect(() => tree.rebuild(tensor(new Float64Array(6), { shape: [3, 2] }))).toThrow(
      "KernelSamplingTree.rebuild: vectors is f64 but must match the vectors, f32; cast one of them",
    );
    tree.dispose();
  });
});
