import { defaultBackend, evaluate, randomKey, read, type Tensor, tensor } from "cotangent";
import { KernelSamplingTree, quadraticMap, randomFourierMap } from "cotangent/methods/sampling";
import { floats } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { everyClass, queriesOf, type RandomKernel, randomKernels, withTree } from "./support/kernel-trees.js";

/** Changes of a few rows each: ids, and the new rows. */
const changes = fc.array(
  fc.record({ ids: fc.array(fc.integer({ min: -1, max: 20 }), { minLength: 1, maxLength: 4 }), rows: floats([4, 2]) }),
  { minLength: 1, maxLength: 5 },
);

async function sumsOf(tree: KernelSamplingTree): Promise<Float64Array[]> {
  return (await read([...tree.sums])) as unknown as Float64Array[];
}

describe("KernelSamplingTree, as its vectors change", () => {
  law("holds in every node the sum over the classes below it", randomKernels({ sizes: [2, 6, 21] }), async (random) => {
    const { classes, leafSize, vectors, width } = random;
    await withTree(random, {}, async (tree, map) => {
      const features = await map.apply(tensor(vectors, { shape: [classes, width] })).data();
      const sums = await sumsOf(tree);
      sums.forEach((level, i) => {
        const span = leafSize * 2 ** i;
        expect(level.length).toBe(Math.ceil(classes / span) * map.features);
        level.forEach((sum, place) => {
          const [node, feature] = [Math.floor(place / map.features), place % map.features];
          let expected = 0;
          for (let j = node * span; j < Math.min(classes, (node + 1) * span); j++) {
            expected += features[j * map.features + feature];
          }
          expect(Math.abs(sum - expected)).toBeLessThan(1e-12);
        });
      });
    });
  });

  law(
    "is after any sequence of updates what it is when made anew, in sums and in law",
    randomKernels({ sizes: [2, 6, 21] }),
    changes,
    fc.constantFrom(1, 2, 1000),
    fc.boolean(),
    async (random, sequence, rebuildEvery, flat) => {
      const { classes, width } = random;
      const table = random.vectors.slice();
      await withTree(random, { rebuildEvery, flat }, async (tree) => {
        for (const { ids, rows } of sequence) {
          const known = ids.map((id) => Math.min(id, classes - 1));
          known.forEach((id, i) => {
            // the first row of an id counts
            if (id >= 0 && known.indexOf(id) === i) table.set(rows.subarray(i * width, (i + 1) * width), id * width);
          });
          const part = rows.slice(0, ids.length * width);
          tree.update(tensor(Int32Array.from(known)), tensor(part, { shape: [ids.length, width] }));
        }
        const fresh: RandomKernel = { ...random, vectors: table };
        await withTree(fresh, { flat }, async (anew) => {
          const [found, expected] = [await sumsOf(tree), await sumsOf(anew)];
          expect(found.length).toBe(expected.length);
          for (const [i, level] of found.entries()) await expectClose(level, expected[i], { tolerance: 1e-9 });
          const q = (of: KernelSamplingTree) =>
            of.given(queriesOf(random)).without!(tensor(random.labels)).logProbability(everyClass(classes), {
              dtype: "f64",
            });
          await expectClose(q(tree), (await q(anew).data()) as Float64Array, { tolerance: 1e-9 });
        });
      });
    },
  );

  law("takes other vectors over as a whole", randomKernels(), floats([9, 2]), async (random, values) => {
    const { classes, width } = random;
    const others = { ...random, vectors: values.slice(0, classes * width) };
    await withTree(random, {}, async (tree) => {
      tree.rebuild(tensor(others.vectors, { shape: [classes, width] }));
      await withTree(others, {}, async (anew) => {
        const [found, expected] = [await sumsOf(tree), await sumsOf(anew)];
        for (const [i, level] of found.entries()) await expectClose(level, expected[i], { tolerance: 1e-13 });
        tree.update(tensor(Int32Array.of(0)), tensor(others.vectors.slice(0, width), { shape: [1, width] }));
        for (const [i, level] of (await sumsOf(tree)).entries()) {
          await expectClose(level, expected[i], { tolerance: 1e-13 });
        }
      });
    });
  });

  it("undoes what rounding has added up to, every so many updates", async () => {
    const map = quadraticMap({ width: 1, strength: 1 });
    const vectors = tensor([[1], [1]]);
    const drift = async (rebuildEvery: number, updates: number) => {
      const tree = new KernelSamplingTree(map, vectors, { rebuildEvery });
      for (let step = 0; step < updates; step++) {
        const value = step % 2 === 0 ? 3e4 : 0.1; // its square leaves few digits for what comes after it
        tree.update(tensor(Int32Array.of(0)), tensor([[value]]));
      }
      const [[sum]] = await sumsOf(tree);
      tree.dispose();
      return Math.abs(sum - 0.01);
    };
    expect(await drift(1000, 4)).toBeGreaterThan(1e-3);
    expect(await drift(4, 4)).toBeLessThan(1e-8);
    expect(await drift(3, 4)).toBeGreaterThan(1e-3);
    expect(await drift(2, 4)).toBeLessThan(1e-8);
  });

  it("changes in place: an update takes no memory but that of its rows, and leaves none behind", async () => {
    const [classes, width, frequencies] = [4096, 4, 16];
    const map = randomFourierMap(randomKey(0), { width, sharpness: 2, frequencies });
    const table = evaluate(tensor(Float32Array.from({ length: classes * width }, (_, i) => Math.sin(i))));
    const tree = new KernelSamplingTree(map, table.reshape([classes, width]));
    const rows = tensor(
      Float32Array.from({ length: 3 * width }, (_, i) => Math.cos(i)),
      { shape: [3, width] },
    );
    const ids = tensor(Int32Array.of(5, 4095, 17));
    tree.update(ids, rows);
    const before = defaultBackend.memory();
    const held = tree.sums.map(({ storage }) => (storage as { device?: unknown }).device);
    for (let step = 0; step < 5; step++) tree.update(ids, rows);
    expect(defaultBackend.memory()).toEqual(before);
    expect(held.length).toBe(12);
    expect(held).not.toContain(undefined);
    expect(tree.sums.map(({ storage }) => (storage as { device?: unknown }).device)).toEqual(held);
    tree.dispose();
    map.dispose();
    table.dispose();
  });

  it("gives a sampler that an update makes useless: it says so", async () => {
    const map = quadraticMap({ width: 1 });
    const tree = new KernelSamplingTree(map, tensor([[1], [2], [3]]));
    const stale = tree.given(tensor([[1]]));
    const queries: Tensor = tensor([[1]]);
    tree.update(tensor(Int32Array.of(2)), tensor([[4]]));
    expect(() => stale.draw(randomKey(0), [1, 1])).toThrow("has been disposed");
    expect(tree.given(queries).draw(randomKey(0), [1, 1]).shape).toEqual([1, 1]);
    tree.update(tensor(new Int32Array(0)), tensor(new Float32Array(0), { shape: [0, 1] })); // nothing to follow
    tree.dispose();
  });
});
