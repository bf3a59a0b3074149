import { grad, type Tensor, tensor } from "cotangent";
import {
  logTaylorSoftmaxLoss,
  type SphericalLoss,
  SphericalOutputLayer,
  sphericalMember,
  zLoss,
} from "cotangent/methods/sampling";
import { sfc32 } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";

const [classes, width] = [7, 4];
const normals = (seed: number, count: number) => {
  const next = sfc32(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
};
type Loss = (scores: Tensor, targets: Tensor<"i32">) => Tensor;
const members: Readonly<Record<string, readonly [SphericalLoss, Loss]>> = {
  z: [sphericalMember("z", { offset: 1 }), (o, c) => zLoss(o, c, { offset: 1, reduction: "mean" })],
  logTaylor: [sphericalMember("logTaylor"), (o, c) => logTaylorSoftmaxLoss(o, c, { reduction: "mean" })],
};

/** The same step of plain weights. */
async function denseStep(weights: Float64Array, hidden: Float64Array, targets: Int32Array, loss: Loss, rate: number) {
  const h = tensor(hidden, { shape: [targets.length, width] });
  const total = ({ w, x }: { w: Tensor; x: Tensor }) => loss(x.matmul(w.transpose()), tensor(targets));
  const at = { w: tensor(weights, { shape: [classes, width] }), x: h };
  const slopes = grad(total)(at);
  const [value, byWeights, byHidden] = [await total(at).item(), await slopes.w.data(), await slopes.x.data()];
  return { value, byHidden, after: weights.map((weight, i) => weight - rate * byWeights[i]) };
}

describe("SphericalOutputLayer", () => {
  for (const [name, [member, loss]] of Object.entries(members)) {
    for (const batch of [1, 5]) {
      it(`goes where a dense layer goes, ${name}, minibatches of ${batch}`, async () => {
        let dense = normals(1, classes * width);
        const layer = new SphericalOutputLayer(dense.slice(), { classes, loss: member, stabilizePeriod: 7 });
        const next = sfc32(2);
        for (let step = 0; step < 50; step++) {
          const hidden = normals(100 + step, batch * width);
          const targets = Int32Array.from({ length: batch }, () => Math.floor(classes * next()));
          const rate = 0.05 + 0.3 * next();
          const before = layer.evaluate(hidden, targets);
          const { value, byHidden, after } = await denseStep(dense, hidden, targets, loss, rate);
          const { loss: found, gradient } = layer.step(hidden, targets, rate);
          expect(found).toBe(before.loss);
          await expectClose([found], [value], { tolerance: 1e-9 });
          await expectClose(gradient, byHidden, { tolerance: 1e-9 });
          dense = after;
        }
        await expectClose(layer.weights(), dense, { tolerance: 1e-10 });
        const { gram, sums } = layer.statistics();
        const column = (w: Float64Array, i: number) => Array.from({ length: classes }, (_, k) => w[k * width + i]);
        const product = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0);
        const all = Array.from({ length: width }, (_, i) => column(dense, i));
        await expectClose(
          gram,
          all.flatMap((a) => all.map((b) => product(a, b))),
          { tolerance: 1e-10 },
        );
        await expectClose(
          sums,
          all.map((a) => a.reduce((sum, value) => sum + value, 0)),
          { tolerance: 1e-10 },
        );
        layer.refresh();
        await expectClose(layer.statistics().gram, gram, { tolerance: 1e-10 });
      });
    }
  }

  // Without care U's inverse would have lost all digits: 0.3⁴⁰ is 1e-21.
  it.each([
    ["shrunk along one direction", 0.7, 1],
    ["stretched along one direction", -0.7, 1],
    ["shrunk along three of four", 0.7, 3],
    ["stretched along three of four", -0.7, 3],
  ] as const)("keeps its factors in order where the weights are %s", async (_, strength, directions) => {
    const driven: SphericalLoss = () => ({ value: 0, bySum: 0.01, bySquares: strength, byTarget: 0.1 });
    const units = Array.from({ length: directions }, (_, i) => {
      const raw = normals(30 + i, width);
      return raw.map((x) => x / Math.hypot(...raw));
    });
    for (const stabilizePeriod of [1, 3]) {
      let dense = normals(3, classes * width);
      const layer = new SphericalOutputLayer(dense.slice(), { classes, loss: driven, stabilizePeriod });
      for (let step = 0; step < 40 * directions; step++) {
        const [hidden, target] = [units[step % directions], step % classes];
        const before = dense;
        dense = before.map((weight, at) => {
          const [k, j] = [Math.floor(at / width), at % width];
          const score = hidden.reduce((sum, h, i) => sum + h * before[k * width + i], 0);
          return weight - 0.5 * (0.01 + 2 * strength * score + (k === target ? 0.1 : 0)) * hidden[j];
        });
        layer.step(hidden, [target], 0.5);
      }
      const largest = Math.max(...dense.map(Math.abs));
      const found = layer.weights().map((x) => x / largest);
      await expectClose(
        found,
        dense.map((x) => x / largest),
        { tolerance: 1e-11 },
      );
    }
  });

  it("touches as much at a step whatever the number of classes", () => {
    const touched = (many: number) => {
      const count = { reads: 0, writes: 0 };
      const weights = new Proxy(normals(4, many * width), {
        get(target, key) {
          count.reads += Number(typeof key === "string" && /^\d+$/.test(key));
          return Reflect.get(target, key);
        },
        set(target, key, value) {
          count.writes++;
          return Reflect.set(target, key, value);
        },
      });
      const layer = new SphericalOutputLayer(weights, { classes: many });
      count.reads = 0;
      layer.step(normals(5, 2 * width), [0, 3], 0.1);
      return count;
    };
    const [few, many] = [touched(10), touched(1000)];
    expect(many).toEqual(few);
    expect(few.writes).toBe(2 * width);
    expect(few.reads).toBeLessThanOrEqual(4 * width);
  });

  it("names what is wrong", () => {
    const make = (weights: Float64Array, options: object) => () =>
      new SphericalOutputLayer(weights, options as { classes: number });
    expect(make(normals(1, 4), { classes: 1 })).toThrow(
      "SphericalOutputLayer: classes is 1 but must be a whole number ≥ 2",
    );
    expect(make(normals(1, 5), { classes: 2 })).toThrow(
      "SphericalOutputLayer: weights has length 5 but must have 2 rows of one length",
    );
    expect(make(normals(1, 4), { classes: 2, stabilizePeriod: 0 })).toThrow(
      "SphericalOutputLayer: stabilizePeriod is 0 but must be a whole number ≥ 1",
    );
    expect(make(Float64Array.of(1, Number.NaN), { classes: 2 })).toThrow(
      "SphericalOutputLayer: weights[1] is NaN but must be finite",
    );
    const layer = new SphericalOutputLayer(normals(1, 8), { classes: 2, loss: sphericalMember("logTaylor") });
    const before = layer.weights();
    const h = Float64Array.of(1, 2, 0, 1);
    expect(() => layer.step(h, [2], 0.1)).toThrow(
      "SphericalOutputLayer.step: targets[0] is 2 but must be a whole number in [0, 2)",
    );
    expect(() => layer.evaluate(h, [0, 1])).toThrow(
      "SphericalOutputLayer.evaluate: hidden has length 4 but must have 8, 4 for each target",
    );
    expect(() => layer.evaluate(h, [])).toThrow(
      "SphericalOutputLayer.evaluate: targets is empty but must have an example",
    );
    expect(() => layer.step(h, [0], -1)).toThrow(
      "SphericalOutputLayer.step: learningRate is -1 but must be a finite number ≥ 0",
    );
    expect(() => layer.step(Float64Array.of(1, 2, 0, Number.POSITIVE_INFINITY), [0], 1)).toThrow(
      "SphericalOutputLayer.step: hidden[3] is Infinity but must be finite",
    );
    const half: SphericalLoss = () => ({ value: 0, bySum: 0, bySquares: 0.5, byTarget: 0 });
    const singular = new SphericalOutputLayer(normals(1, 4), { classes: 2, loss: half });
    expect(() => singular.step(Float64Array.of(1, 0), [0], 1)).toThrow(
      "SphericalOutputLayer.step: learningRate is 1 but must leave the weights' factor regular; take a smaller one",
    );
    expect([...layer.weights()]).toEqual([...before]);
  });
});
