import { exp, gather, grad, ones, randomKey, type Tensor, tensor } from "cotangent";
import { AdversarialTree } from "cotangent/methods/sampling";
import { checkGradient, expectation } from "cotangent/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { featuresOf, logProbabilityOf, randomTrees, treeOf } from "./support/adversarial-trees.js";

const key = randomKey(7);
const f64 = { dtype: "f64" } as const;

describe("AdversarialTree", () => {
  law(
    "has log-probabilities Σ log σ(ζ(w·z + b)) on the way to each leaf, −∞ at padding",
    randomTrees(),
    async (random) => {
      const { width, features, depth, leafOfLabel } = random;
      const tree = treeOf(random);
      const rows = [features.subarray(0, width), features.subarray(width)];
      const leaves = Array.from({ length: 2 ** depth }, (_, leaf) => leaf);
      const all = rows.flatMap((z) => leaves.map((leaf) => logProbabilityOf(random, z, leaf)));
      const real = rows.flatMap((z) => leafOfLabel.map((leaf) => logProbabilityOf(random, z, leaf)));
      await expectClose(tree.leafLogProbabilities(featuresOf(random)), all, { tolerance: 1e-13 });
      await expectClose(tree.logProbabilities(featuresOf(random)), real, { tolerance: 1e-13 });
      const ids = Int32Array.from([...leafOfLabel.keys(), ...leafOfLabel.keys()]);
      const one = tree.given(featuresOf(random)).logProbability(tensor(ids, { shape: [2, leafOfLabel.length] }), f64);
      await expectClose(one, real, { tolerance: 1e-13 });
    },
  );

  law("is a distribution over the real labels, whatever its weights", randomTrees({ most: 40 }), async (random) => {
    await expectClose(exp(treeOf(random).logProbabilities(featuresOf(random))).sum(1), [1, 1], { tolerance: 1e-12 });
  });

  law("draws each label with the probability that it states", randomTrees({ most: 8 }), async (random) => {
    const { classes } = random;
    const tree = treeOf(random);
    const features = tensor(random.features.subarray(0, random.width), { shape: [1, random.width] });
    const sampler = tree.given(features);
    const identity = tensor(
      Float64Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0)),
      {
        shape: [classes, classes],
      },
    );
    const result = await expectation((at) => {
      const drawn = sampler.draw(at, [1, 1]);
      return { counts: gather(identity, drawn), logarithm: sampler.logProbability(drawn, f64) };
    }, key);
    const wanted = [...(await tree.logProbabilities(features).data())];
    await expectClose(
      result.counts,
      wanted.map((logarithm) => Math.exp(logarithm)),
      { tolerance: 1e-14 },
    );
    const entropy = wanted.reduce((sum, logarithm) => sum + Math.exp(logarithm) * logarithm, 0);
    await expectClose(result.logarithm, entropy, { tolerance: 1e-12 });
  });

  law("draws for each row by its own features, in any shape", randomTrees({ most: 5, least: 2 }), async (random) => {
    const { width, classes } = random;
    // Features far to one side of every node leave one label per row.
    const tree = treeOf({ ...random, weights: random.weights.map(() => 0), bias: random.bias.map(() => 0) });
    const far = new AdversarialTree({
      ...tree.parameters,
      weights: ones([tree.parameters.bias.size, width], f64).mul(1000),
    });
    const features = ones([2, width], f64).mul(tensor(new Float64Array([1, -1]), { shape: [2, 1] }));
    const best = await far.logProbabilities(features).data();
    const argmax = [0, 1].map((row) => {
      const part = best.slice(row * classes, (row + 1) * classes);
      return part.indexOf(Math.max(...part));
    });
    const sampler = far.given(features);
    expect(sampler.classes).toBe(classes);
    expect([...(await sampler.draw(key, [2, 3]).data())]).toEqual(argmax.flatMap((id) => [id, id, id]));
    expect([...(await sampler.draw(key, 2).data())]).toEqual(argmax);
    expect(sampler.draw(key, [2, 2, 2]).shape).toEqual([2, 2, 2]);
  });

  it("is differentiable in its parameters and features", async () => {
    const [random] = fc.sample(randomTrees({ most: 6, least: 6 }), { numRuns: 1, seed: 3 });
    const { forced, leafOfLabel, labelOfLeaf, ...floating } = treeOf(random).parameters;
    const total = ({ z, ...at }: typeof floating & { z: Tensor }) => {
      const tree = new AdversarialTree({ ...at, forced, leafOfLabel, labelOfLeaf });
      const one = tree.given(z).logProbability(tensor(new Int32Array([0, 1])), f64);
      return one
        .mul(one)
        .sum()
        .add(
          exp(tree.logProbabilities(z))
            .mul(tensor(Float64Array.from({ length: random.classes }, (_, i) => i)))
            .sum(),
        );
    };
    await checkGradient(total, { ...floating, z: featuresOf(random) }, { order: 2 });
  });

  it("has a gradient of rows on the way only", async () => {
    const random = {
      classes: 8,
      depth: 3,
      width: 1,
      leafOfLabel: [0, 1, 2, 3, 4, 5, 6, 7],
      weights: new Float64Array(8),
      bias: new Float64Array(8),
      features: new Float64Array([1, 1]),
    };
    const { bias, ...rest } = treeOf(random).parameters;
    const total = (at: Tensor) =>
      new AdversarialTree({ ...rest, bias: at })
        .given(ones([1, 1], f64))
        .logProbability(tensor(new Int32Array([5])), f64)
        .sum();
    // label 5 is leaf 101: right at 1, left at 3, right at 6
    await expectClose(grad(total)(bias), [0, 0.5, 0, -0.5, 0, 0, 0.5, 0]);
  });

  it("needs no decision for a single class", async () => {
    const tree = new AdversarialTree({
      weights: tensor([[0]]),
      bias: tensor([0]),
      forced: tensor([0], { dtype: "i32" }),
      leafOfLabel: tensor([0], { dtype: "i32" }),
      labelOfLeaf: tensor([0], { dtype: "i32" }),
    });
    const features = tensor([[3], [4]]);
    expect([tree.classes, tree.depth]).toEqual([1, 0]);
    await expectClose(tree.logProbabilities(features), [0, 0]);
    await expectClose(tree.given(features).draw(key, [2, 2]), [0, 0, 0, 0]);
    await expectClose(tree.given(features).logProbability(tensor(new Int32Array([0, 0]))), [0, 0]);
  });

  it("gives log-probabilities in f32 unless told otherwise, and NaN for ids that a device computed out of range", async () => {
    const random = {
      classes: 3,
      depth: 2,
      width: 1,
      leafOfLabel: [0, 1, 2],
      weights: new Float64Array(4),
      bias: new Float64Array(4),
      features: new Float64Array([1, 1]),
    };
    const sampler = treeOf(random).given(featuresOf(random));
    const computed = tensor(new Int32Array([2, 1])).add(tensor(new Int32Array([1, 1])));
    const result = sampler.logProbability(computed);
    expect(result.dtype).toBe("f32");
    const [outside, inside] = await result.data();
    expect(outside).toBeNaN();
    expect(inside).toBeCloseTo(Math.log(0.5), 6); // its sibling is padding
  });

  it("names the argument that is wrong", () => {
    const random = {
      classes: 3,
      depth: 2,
      width: 2,
      leafOfLabel: [0, 1, 2],
      weights: new Float64Array(8),
      bias: new Float64Array(4),
      features: new Float64Array(4),
    };
    const tree = treeOf(random);
    const sampler = tree.given(featuresOf(random));
    const z = (values: number[], columns: number) =>
      tensor(Float64Array.from(values), { shape: [values.length / columns, columns] });
    const none = tensor(new Int32Array(0));
    expect(() => new AdversarialTree({ ...tree.parameters, leafOfLabel: none })).toThrow(
      "AdversarialTree: leafOfLabel has shape [0] but must hold a class",
    );
    expect(() => new AdversarialTree({ ...tree.parameters, weights: z([1, 2], 2) })).toThrow(
      "AdversarialTree: weights has shape [1, 2] but must be [4, any]",
    );
    expect(() => new AdversarialTree({ ...tree.parameters, bias: tensor(new Float64Array(3)) })).toThrow(
      "AdversarialTree: bias has shape [3] but must be [4]",
    );
    expect(() => new AdversarialTree({ ...tree.parameters, bias: tensor([1, 2, 3, 4]) })).toThrow(
      "AdversarialTree: bias is f32 but must match weights, f64; cast one of them",
    );
    const whole = tensor(new Int32Array(8), { shape: [4, 2] }) as unknown as Tensor;
    expect(() => new AdversarialTree({ ...tree.parameters, weights: whole })).toThrow(
      "AdversarialTree: weights is i32 but must be f32 or f64; cast it",
    );
    expect(() => tree.given(tensor([[1, 2]]))).toThrow(
      "AdversarialTree.given: features is f32 but must match the tree, f64; cast one of them",
    );
    expect(() => tree.logProbabilities(z([1, 2, 3], 3))).toThrow(
      "AdversarialTree.logProbabilities: features has shape [1, 3] but must be [any, 2]",
    );
    expect(() => tree.leafLogProbabilities(z([1, 2, 3], 3))).toThrow(
      "AdversarialTree.leafLogProbabilities: features has shape [1, 3] but must be [any, 2]",
    );
    expect(() => tree.given(z([1, Number.NaN], 2))).toThrow(
      "AdversarialTree.given: a feature is NaN but must be finite",
    );
    expect(() => sampler.draw(key, [3, 1])).toThrow(
      "AdversarialTree.draw: shape is [3, 1] but must be [2, ...], a row for each of features",
    );
    expect(() => sampler.logProbability(tensor(new Int32Array([0])))).toThrow(
      "AdversarialTree.logProbability: ids is [1] but must be [2, ...], a row for each of features",
    );
    expect(() => sampler.logProbability(tensor(new Int32Array([0, 3])))).toThrow(
      "AdversarialTree.logProbability: an id is 3 but must be in [0, 3)",
    );
  });
});
