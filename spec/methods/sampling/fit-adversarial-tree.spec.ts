import { exp, tensor } from "cotangent";
import { type AdversarialTree, type AdversarialTreeNodeReport, fitAdversarialTree } from "cotangent/methods/sampling";
import { floats } from "cotangent/testing";
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";

interface Examples {
  readonly classes: number;
  readonly width: number;
  readonly features: Float64Array;
  readonly labels: Int32Array;
}

const regularization = 0.1;

/** A few examples of up to nine labels, some of which have none; features of scale 1 or 30. */
const examples: Arbitrary<Examples> = fc
  .tuple(
    fc.integer({ min: 2, max: 9 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 24 }),
    fc.constantFrom(1, 30),
  )
  .chain(([classes, width, count, scale]) =>
    fc.record({
      classes: fc.constant(classes),
      width: fc.constant(width),
      features: floats([count, width], { min: -scale, max: scale }),
      labels: fc
        .array(fc.integer({ min: 0, max: classes - 1 }), { minLength: count, maxLength: count })
        .map((list) => Int32Array.from(list)),
    }),
  );

function fitOf({ classes, width, features, labels }: Examples, onNode?: (report: AdversarialTreeNodeReport) => void) {
  const z = tensor(features, { shape: [labels.length, width] });
  return fitAdversarialTree(z, tensor(labels), { classes, ...(onNode === undefined ? {} : { onNode }) });
}

interface Node {
  readonly score: (i: number) => number;
  readonly theta: readonly number[];
  /** Labels below, and leaves on each side. */
  readonly labels: readonly number[];
  readonly capacity: number;
  /** 1 for labels on the right, −1 for those on the left. */
  readonly side: (label: number) => number;
}

/** Every node with more than one label below it, read from the fitted tree. */
async function nodesOf(tree: AdversarialTree, { width, features, classes }: Examples): Promise<Node[]> {
  const [weights, bias, leaves] = await Promise.all(
    [tree.parameters.weights, tree.parameters.bias, tree.parameters.leafOfLabel].map(async (part) =>
      Array.from(await part.data(), Number),
    ),
  );
  const nodes: Node[] = [];
  for (let node = 1; node < 2 ** tree.depth; node++) {
    const below = tree.depth - Math.floor(Math.log2(node)); // levels to the leaves
    const isBelow = (at: number, levels: number) => (label: number) =>
      (2 ** tree.depth + leaves[label]) >> levels === at;
    const labels = Array.from({ length: classes }, (_, label) => label).filter(isBelow(node, below));
    if (labels.length < 2) continue;
    const theta = [...weights.slice(node * width, (node + 1) * width), bias[node]];
    const score = (i: number) => theta.reduce((sum, w, j) => sum + w * (j < width ? features[i * width + j] : 1), 0);
    const isRight = isBelow(2 * node + 1, below - 1);
    nodes.push({ score, theta, labels, capacity: 2 ** (below - 1), side: (label) => (isRight(label) ? 1 : -1) });
  }
  return nodes;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe("fitAdversarialTree", () => {
  law("ends at a stationary point of every node's penalized likelihood", examples, async (data) => {
    const { width, features, labels } = data;
    for (const { score, theta, labels: below, side } of await nodesOf(await fitOf(data), data)) {
      const gradient = theta.map((value) => -2 * regularization * value);
      let size = 1;
      labels.forEach((label, i) => {
        if (!below.includes(label)) return;
        const a = [...features.slice(i * width, (i + 1) * width), 1];
        size += Math.max(...a.map(Math.abs));
        const pull = side(label) * sigmoid(-side(label) * score(i));
        a.forEach((value, j) => {
          gradient[j] += pull * value;
        });
      });
      for (const slope of gradient) expect(Math.abs(slope)).toBeLessThanOrEqual(1e-9 * size);
    }
  });

  law("leaves each node's labels on the best sides, of all divisions that fit", examples, async (data) => {
    for (const { score, labels: below, side, capacity } of await nodesOf(await fitOf(data), data)) {
      const gains = below.map((label) => data.labels.reduce((sum, y, i) => sum + (y === label ? score(i) : 0), 0));
      const likelihood = (sides: readonly number[]) => gains.reduce((sum, gain, i) => sum + (sides[i] * gain) / 2, 0);
      const found = likelihood(below.map(side));
      let best = Number.NEGATIVE_INFINITY;
      for (let mask = 0; mask < 2 ** below.length; mask++) {
        const sides = below.map((_, i) => (mask & (1 << i) ? 1 : -1));
        const right = sides.filter((s) => s === 1).length;
        if (right <= capacity && below.length - right <= capacity) best = Math.max(best, likelihood(sides));
      }
      expect(found).toBeGreaterThanOrEqual(best - 1e-9 * (1 + Math.abs(best)));
    }
  });

  law(
    "starts along the direction in which the labels' sums differ most, half of the labels on each side",
    floats([12, 2]),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
    async (features, more) => {
      const labels = Int32Array.of(0, 1, 2, 3, ...more); // every label has an example
      const sums = [0, 1, 2, 3].map((y) =>
        [0, 1].map((j) => labels.reduce((sum, label, i) => sum + (label === y ? features[2 * i + j] : 0), 0)),
      );
      const mean = [0, 1].map((j) => sums.reduce((sum, of) => sum + of[j] / 4, 0));
      const entry = (j: number, l: number) => sums.reduce((sum, of) => sum + (of[j] - mean[j]) * (of[l] - mean[l]), 0);
      const [a, b, d] = [entry(0, 0), entry(0, 1), entry(1, 1)];
      const angle = Math.atan2(2 * b, a - d) / 2; // of the dominant eigenvector of [[a, b], [b, d]]
      const w = [Math.cos(angle), Math.sin(angle)];
      const score = (z: readonly number[]) => w[0] * z[0] + w[1] * z[1];
      const bias = -score([4 * mean[0], 4 * mean[1]]) / labels.length;
      const gains = sums.map((of, y) => score(of) + bias * labels.filter((label) => label === y).length);
      const order = [0, 1, 2, 3].sort((x, y) => gains[x] - gains[y]);
      // the eigenvalues are apart, and so are the two labels in the middle
      fc.pre(Math.hypot(a - d, 2 * b) > 0.05 * (a + d) && gains[order[2]] - gains[order[1]] > 1e-3);

      const z = tensor(features, { shape: [12, 2] });
      const tree = await fitAdversarialTree(z, tensor(labels), { classes: 4, maxAlternations: 1 });
      const sides = Array.from(await tree.parameters.leafOfLabel.data(), (leaf) => leaf >> 1);
      expect(sides[order[0]]).toBe(sides[order[1]]); // which of the sides it is depends on the sign of w
      expect(sides[order[2]]).toBe(sides[order[3]]);
      expect(sides[order[0]]).not.toBe(sides[order[3]]);
    },
  );

  law("never lowers a node's penalized likelihood, by a continuous or a discrete step", examples, async (data) => {
    const reports: AdversarialTreeNodeReport[] = [];
    const nodes = await nodesOf(await fitOf(data, (report) => reports.push(report)), data);
    expect(reports.length).toBe(nodes.length);
    for (const { objectives } of reports) {
      expect(objectives.length % 2).toBe(1); // a continuous step first and last, a discrete one between any two
      for (let i = 1; i < objectives.length; i++) {
        expect(objectives[i]).toBeGreaterThanOrEqual(objectives[i - 1] - 1e-12 * (1 + Math.abs(objectives[i - 1])));
      }
    }
  });

  law("reports each node, with the likelihood that it ends with", examples, async (data) => {
    const reports = new Map<number, AdversarialTreeNodeReport>();
    const tree = await fitOf(data, (report) => reports.set(report.node, report));
    const [root] = await nodesOf(tree, data);
    const { objectives, ...counts } = reports.get(1)!;
    expect(counts).toEqual({ node: 1, labels: data.classes, examples: data.labels.length });
    const likelihood = data.labels.reduce(
      (sum, label, i) => sum + Math.log(sigmoid(root.side(label) * root.score(i))),
      0,
    );
    const penalty = regularization * root.theta.reduce((sum, value) => sum + value * value, 0);
    await expectClose([objectives[objectives.length - 1]], [likelihood - penalty], { tolerance: 1e-10 });
  });

  law("gives each label a leaf of its own and padding the rest", examples, async (data) => {
    const tree = await fitOf(data);
    const leafOfLabel = [...(await tree.parameters.leafOfLabel.data())];
    const labelOfLeaf = [...(await tree.parameters.labelOfLeaf.data())];
    expect(labelOfLeaf.map((label, leaf) => label === -1 || leafOfLabel[label] === leaf).every(Boolean)).toBe(true);
    expect(new Set(leafOfLabel).size).toBe(data.classes);
    expect(labelOfLeaf.filter((label) => label !== -1).length).toBe(data.classes);
    const z = tensor(data.features, { shape: [data.labels.length, data.width] });
    const all = [...(await tree.leafLogProbabilities(z).data())];
    all.forEach((logarithm, i) => {
      const label = labelOfLeaf[i % labelOfLeaf.length];
      if (label === -1) expect(logarithm).toBe(Number.NEGATIVE_INFINITY);
    });
    const totals = Array.from({ length: data.labels.length }, (_, row) =>
      all
        .slice(row * labelOfLeaf.length, (row + 1) * labelOfLeaf.length)
        .reduce((sum, logarithm) => sum + Math.exp(logarithm), 0),
    );
    await expectClose(
      totals,
      totals.map(() => 1),
      { tolerance: 1e-12 },
    );
  });

  it("separates clusters that a tree can separate", async () => {
    const centres = [-3, -1, 1, 3]; // labels 2, 0, 3, 1 from left to right
    const order = [2, 0, 3, 1];
    const features = Float64Array.from({ length: 80 }, (_, i) => centres[i % 4] + 0.3 * Math.sin(7 * i));
    const labels = Int32Array.from(features, (_, i) => order[i % 4]);
    const tree = await fitOf({ classes: 4, width: 1, features, labels });
    const logarithms = await tree.logProbabilities(tensor(new Float64Array(centres), { shape: [4, 1] })).data();
    for (const [row, label] of order.entries()) expect(Math.exp(logarithms[row * 4 + label])).toBeGreaterThan(0.7);
    const leaves = [...(await tree.parameters.leafOfLabel.data())];
    expect([Math.abs(leaves[2] - leaves[0]), Math.abs(leaves[3] - leaves[1])]).toEqual([1, 1]);
  });

  it("works with one class, with classes without examples, and with features that are all alike", async () => {
    const z = tensor([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const one = await fitAdversarialTree(z, tensor(new Int32Array(3)), { classes: 1 });
    await expectClose(one.logProbabilities(z), [0, 0, 0]);
    const alone = await fitAdversarialTree(z, tensor(new Int32Array([5, 5, 5])), { classes: 7 });
    const logarithms = [...(await alone.logProbabilities(z).data())].slice(0, 7);
    expect(logarithms.every(Number.isFinite)).toBe(true);
    expect(Math.max(...logarithms)).toBe(logarithms[5]);
    const alike = await fitAdversarialTree(
      tensor(new Float64Array(8), { shape: [4, 2] }),
      tensor(new Int32Array([0, 1, 2, 2])),
      { classes: 3 },
    );
    expect([...(await alike.parameters.weights.data())].every((weight) => Math.abs(weight) <= 1e-8)).toBe(true); // as far as Newton's last step
  });

  it("comes to an end with features of wild magnitudes", async () => {
    const features = new Float64Array([1e100, 1, -1e100, 1e-100, 1e50, -1e100, 3, 1e100, 1e-8, 0]);
    const data = { classes: 4, width: 2, features, labels: new Int32Array([0, 1, 2, 3, 0]) };
    const tree = await fitOf(data);
    const sums = exp(tree.logProbabilities(tensor(features, { shape: [5, 2] }))).sum(1);
    await expectClose(sums, [1, 1, 1, 1, 1]);
  });

  it("follows the features in dtype", async () => {
    const tree = await fitAdversarialTree(tensor([[1], [2]]), tensor(new Int32Array([0, 1])), { classes: 2 });
    expect(tree.parameters.weights.dtype).toBe("f32");
  });

  it("names the argument that is wrong", async () => {
    const z = tensor([[1], [2]]);
    const y = tensor(new Int32Array([0, 1]));
    const fails = (call: Promise<unknown>, message: string) => expect(call).rejects.toThrow(message);
    await fails(
      fitAdversarialTree(z, tensor(new Int32Array([0, 2])), { classes: 2 }),
      "fitAdversarialTree: a label is 2 but must be in [0, 2)",
    );
    await fails(
      fitAdversarialTree(z, tensor(new Int32Array([0, -1])), { classes: 2 }),
      "fitAdversarialTree: a label is -1 but must be in [0, 2)",
    );
    await fails(
      fitAdversarialTree(tensor([[1], [Number.NaN]]), y, { classes: 2 }),
      "fitAdversarialTree: a feature is NaN but must be finite and at most 1e+100 in magnitude",
    );
    await fails(
      fitAdversarialTree(z, tensor(new Int32Array([0])), { classes: 2 }),
      "fitAdversarialTree: labels has shape [1] but must be [2]",
    );
    await fails(
      fitAdversarialTree(tensor([1, 2]), y, { classes: 2 }),
      "fitAdversarialTree: features has shape [2] but must have 2 axes",
    );
    await fails(
      fitAdversarialTree(tensor(new Float64Array(0), { shape: [0, 1] }), tensor(new Int32Array(0)), { classes: 2 }),
      "fitAdversarialTree: features has 0 rows but must have an example",
    );
    await fails(
      fitAdversarialTree(z, y, { classes: 0 }),
      "fitAdversarialTree: classes is 0 but must be a whole number ≥ 1",
    );
    await fails(
      fitAdversarialTree(z, y, { classes: 2, maxAlternations: 0 }),
      "fitAdversarialTree: maxAlternations is 0 but must be a whole number ≥ 1",
    );
    await fails(
      fitAdversarialTree(z, y, { classes: 2, regularization: 0 }),
      "fitAdversarialTree: regularization is 0 but must be a finite number > 0",
    );
    await fails(
      fitAdversarialTree(y as never, y, { classes: 2 }),
      "fitAdversarialTree: features is i32 but must be f32 or f64; cast it",
    );
    await fails(
      fitAdversarialTree(z, z as never, { classes: 2 }),
      "fitAdversarialTree: labels is f32 but must be i32; cast it",
    );
  });
});
