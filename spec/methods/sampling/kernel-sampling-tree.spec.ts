import { concat, type DType, exp, grad, oneHot, randomKey, read, slice, type Tensor, tensor } from "cotangent";
import type { Sampler } from "cotangent/methods/sampling";
import { expectation } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topologicalOrder } from "../../../src/autodiff/graph.js";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import {
  everyClass,
  lawOfWalk,
  queriesOf,
  type RandomKernel,
  randomKernels,
  scoresOf,
  withTree,
} from "./support/kernel-trees.js";

const key = randomKey(5);
const f64 = { dtype: "f64" } as const;

/** Probabilities of all classes, for both rows. */
function lawOf(sampler: Sampler, classes: number): Tensor {
  return exp(sampler.logProbability(everyClass(classes), f64));
}

/** The same, one class at a time: too few ids for all nodes of a height to be weighed at once. */
function lawOneByOne(sampler: Sampler, classes: number): Tensor {
  const all = everyClass(classes);
  return exp(
    concat(
      Array.from({ length: classes }, (_, j) => sampler.logProbability(slice(all, [0, j], [2, j + 1]), f64)),
      1,
    ),
  );
}

describe("KernelSamplingTree", () => {
  law(
    "reports the product of the branch probabilities that it walks by, floors and all",
    randomKernels(),
    async (random) => {
      const { classes, floor, leafSize, labels } = random;
      await withTree(random, {}, async (tree, map) => {
        const scores = await scoresOf(random, map);
        const given = tree.given(queriesOf(random));
        const without = given.without!(tensor(labels));
        const expected = scores.flatMap((row) => [...lawOfWalk(row, floor, leafSize)]);
        const others = scores.flatMap((row, i) => [...lawOfWalk(row, floor, leafSize, labels[i])]);
        const found = await read({
          all: lawOf(given, classes),
          others: lawOf(without, classes),
          eachOther: lawOneByOne(without, classes),
        });
        await expectClose(found.all, expected, { tolerance: 1e-12 });
        await expectClose(found.others, others, { tolerance: 1e-12 });
        await expectClose(found.eachOther, others, { tolerance: 1e-12 });
      });
    },
  );

  law(
    "weighs only the nodes on the way where there are many more",
    randomKernels({ sizes: [150], kernels: "quadratic" }),
    async (random) => {
      const some = tensor(Int32Array.of(0, 149), { shape: [2, 1] });
      await withTree({ ...random, leafSize: 2 }, {}, async (tree) => {
        await withTree(random, { flat: true }, async (flat) => {
          const [found, expected] = [tree, flat].map((one) => one.given(queriesOf(random)).logProbability(some, f64));
          await expectClose(found, expected, { tolerance: 1e-12 }); // whose floor is never at work
        });
      });
    },
  );

  law(
    "is a distribution: 0 for a class that is left out, above 0 for all others",
    randomKernels({ sizes: [7, 40] }),
    async (random) => {
      const { classes, labels } = random;
      for (const flat of [false, true]) {
        await withTree(random, { flat }, async (tree) => {
          const given = tree.given(queriesOf(random));
          const found = await read({
            all: lawOf(given, classes),
            others: lawOf(given.without!(tensor(labels)), classes),
          });
          for (const row of [0, 1]) {
            const [all, others] = [found.all, found.others].map((q) =>
              (q as Float64Array).slice(row * classes, (row + 1) * classes),
            );
            expect(Math.abs(all.reduce((sum, q) => sum + q, 0) - 1)).toBeLessThan(1e-12);
            expect(Math.abs(others.reduce((sum, q) => sum + q, 0) - 1)).toBeLessThan(1e-12);
            expect(Math.min(...all)).toBeGreaterThan(0);
            expect(others[labels[row]]).toBe(0);
            expect(Math.min(...others.filter((_, j) => j !== labels[row]))).toBeGreaterThan(0);
          }
        });
      }
    },
  );

  law("clamps each class on its own and normalizes, when flat", randomKernels(), async (random) => {
    const { classes, floor, labels } = random;
    await withTree(random, { flat: true }, async (tree, map) => {
      expect(tree.depth).toBe(0);
      const scores = await scoresOf(random, map);
      const given = tree.given(queriesOf(random));
      const expected = (left: readonly number[]) =>
        scores.flatMap((row, i) => {
          const mass = row.map((score, j) => (j === left[i] ? 0 : Math.max(score, floor)));
          const total = mass.reduce((sum, part) => sum + part, 0);
          return [...mass.map((part) => part / total)];
        });
      await expectClose(lawOf(given, classes), expected([-1, -1]), { tolerance: 1e-12 });
      await expectClose(lawOneByOne(given, classes), expected([-1, -1]), { tolerance: 1e-12 });
      await expectClose(lawOf(given.without!(tensor(labels)), classes), expected([...labels]), { tolerance: 1e-12 });
    });
  });

  law(
    "is K(h, c_j) / Σ K, tree and flat, and q_j / (1 − q_t) without t, where no floor is in the way",
    randomKernels({ kernels: "quadratic", sizes: [2, 5, 7] }),
    async (random) => {
      const { classes, labels } = random;
      const none = { ...random, floor: 0 };
      for (const flat of [false, true]) {
        await withTree(none, { flat }, async (tree, map) => {
          const scores = await scoresOf(random, map);
          const given = tree.given(queriesOf(random));
          const ratio = (left: readonly number[]) =>
            scores.flatMap((row, i) => {
              const mass = row.map((score, j) => (j === left[i] ? 0 : score));
              const total = mass.reduce((sum, part) => sum + part, 0);
              return [...mass.map((part) => part / total)];
            });
          await expectClose(lawOf(given, classes), ratio([-1, -1]), { tolerance: 1e-12 });
          const others = given.without!(tensor(labels));
          await expectClose(lawOf(others, classes), ratio([...labels]), { tolerance: 1e-12 });
          await expectClose(lawOneByOne(others, classes), ratio([...labels]), { tolerance: 1e-12 });
        });
      }
    },
  );

  law(
    "draws each class as often as it says, by enumeration of all walks",
    randomKernels({ sizes: [2, 7, 16] }),
    fc.boolean(),
    fc.boolean(),
    async (random, flat, isLeftOut) => {
      const { classes, width, queries, labels } = random;
      await withTree(random, { flat }, async (tree) => {
        const given = tree.given(tensor(queries.subarray(0, width), { shape: [1, width] }));
        const sampler = isLeftOut ? given.without!(tensor(labels.subarray(0, 1))) : given;
        const found = await expectation((at) => {
          const drawn = sampler.draw(at, [1, 1]);
          return { counts: oneHot(drawn, classes, "f64"), logarithm: sampler.logProbability(drawn, f64) };
        }, key);
        const ids = tensor(
          Int32Array.from({ length: classes }, (_, j) => j),
          { shape: [1, classes] },
        );
        const q = (await exp(sampler.logProbability(ids, f64)).data()) as Float64Array;
        await expectClose(found.counts, q, { tolerance: 1e-13 });
        const entropy = q.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
        await expectClose(found.logarithm, [entropy], { tolerance: 1e-12 });
      });
    },
  );

  law(
    "draws independently: a pair of draws has the product of their probabilities",
    randomKernels({ sizes: [2, 5] }),
    async (random) => {
      const { classes, width, queries } = random;
      await withTree(random, {}, async (tree) => {
        const sampler = tree.given(tensor(queries.subarray(0, width), { shape: [1, width] }));
        const ids = tensor(
          Int32Array.from({ length: classes }, (_, j) => j),
          { shape: [1, classes] },
        );
        const q = await exp(sampler.logProbability(ids, f64)).data();
        const pairs = await expectation((at) => {
          const hot = oneHot(sampler.draw(at, [1, 2]), classes, "f64").reshape([2, classes]);
          return slice(hot, [0, 0], [1, classes])
            .reshape([classes, 1])
            .matmul(slice(hot, [1, 0], [2, classes]));
        }, key);
        const product = [...q].flatMap((a) => [...q].map((b) => a * b));
        await expectClose(pairs, product, { tolerance: 1e-12 });
      });
    },
  );

  law(
    "draws in each row by its own query, in any shape, and never the class left out",
    randomKernels({ sizes: [3, 6] }),
    async (random) => {
      const { labels, classes } = random;
      await withTree(random, {}, async (tree) => {
        const given = tree.given(queriesOf(random));
        const sampler = given.without!(tensor(labels));
        expect([tree.classes, given.classes, sampler.classes]).toEqual([classes, classes, classes]);
        const drawn = sampler.draw(key, [2, 3, 10]);
        expect(drawn.shape).toEqual([2, 3, 10]);
        expect(given.draw(key, 2).shape).toEqual([2]);
        const ids = await drawn.data();
        for (const row of [0, 1]) expect([...ids.subarray(30 * row, 30 * (row + 1))]).not.toContain(labels[row]);
        const logarithms = await sampler.logProbability(drawn, f64).data();
        const q = await lawOf(sampler, classes).data();
        await expectClose(
          logarithms,
          [...ids].map((id, i) => Math.log(q[classes * Math.floor(i / 30) + id])),
          { tolerance: 1e-12 },
        );
      });
    },
  );

  law("lets no gradient through", randomKernels({ sizes: [2, 5] }), async (random) => {
    const { classes } = random;
    await withTree(random, {}, async (tree) => {
      const slope = grad((h: Tensor) => {
        const given = tree.given(h);
        return given
          .logProbability(everyClass(classes), f64)
          .sum()
          .add(given.without!(tensor(random.labels)).logProbability(everyClass(classes), f64).max(1).sum());
      })(queriesOf(random));
      await expectClose(slope, new Float64Array(2 * random.width));
    });
  });

  it("visits ⌈log₂ C⌉ nodes a draw, and reads 2·F numbers at each, or all where they are few", async () => {
    const features = 6;
    for (const [classes, visits] of [
      [2, 1],
      [3, 2],
      [8, 3],
      [9, 4],
      [16, 4],
      [33, 6],
      [300, 9],
      [1025, 11],
    ]) {
      const random: RandomKernel = {
        classes,
        width: 1,
        leafSize: 1,
        frequencies: features / 2,
        floor: 1e-3,
        seed: 0,
        vectors: Float64Array.from({ length: classes }, (_, j) => Math.sin(j)),
        queries: new Float64Array([0.3, -0.2]),
        labels: new Int32Array([0, 1]),
      };
      await withTree(random, {}, (tree) => {
        expect(tree.depth).toBe(visits);
        const [wholes, gathered] = numbersRead(tree.given(queriesOf(random)).draw(key, [2, 1]), tree.sums);
        // A height of up to 16 nodes for each that a row needs, which is two, is one product with all of them.
        const sizes = Array.from({ length: visits }, (_, height) => Math.ceil(classes / 2 ** height));
        const small = sizes.filter((size) => size <= 32);
        expect(wholes).toBe(small.reduce((sum, size) => sum + size, 0) * features);
        expect(gathered).toBe(2 * (visits - small.length) * 2 * features); // two rows
      });
    }
  });

  it("keeps a log₂(leafSize)-th fewer heights with groups of classes, whose kernels it evaluates", async () => {
    const random: RandomKernel = {
      classes: 21,
      width: 2,
      leafSize: 8,
      frequencies: 2,
      floor: 1e-3,
      seed: 3,
      vectors: Float64Array.from({ length: 42 }, (_, j) => Math.cos(j)),
      queries: new Float64Array([0.3, -0.2, 0.5, 0.1]),
      labels: new Int32Array([0, 20]),
    };
    await withTree(random, {}, (tree) => {
      expect(tree.depth).toBe(2);
      expect(tree.sums.map(({ shape }) => shape)).toEqual([
        [3, 4],
        [2, 4],
      ]);
    });
    await withTree({ ...random, leafSize: 32 }, {}, async (tree, map) => {
      expect([tree.depth, tree.sums.length]).toEqual([0, 0]);
      const expected = (await scoresOf(random, map)).flatMap((row) => [...lawOfWalk(row, 1e-3, 32)]);
      await expectClose(lawOf(tree.given(queriesOf(random)), 21), expected, { tolerance: 1e-12 });
    });
  });
});

/** Numbers of sums that go into a draw: in products with a whole height, and in gathered rows. */
function numbersRead(drawn: Tensor<DType>, sums: readonly Tensor[]): [wholes: number, gathered: number] {
  const isSum = (x: Tensor<DType>) => sums.includes(x as Tensor);
  let wholes = 0;
  let gathered = 0;
  for (const node of topologicalOrder([drawn], () => true)) {
    const { op, inputs } = node.origin;
    if (op === "gather" && isSum(inputs[0])) gathered += node.size;
    else wholes += inputs.filter(isSum).reduce((total, { size }) => total + size, 0);
  }
  return [wholes, gathered];
}
