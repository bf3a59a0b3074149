import { logisticGd, normalizedLogisticGd } from "cotangent/methods/optimizers";
import { beforeAll, describe, expect, it } from "vitest";
import { type FashionImage, loadFashionMnist } from "../../../datasets/fashion-mnist.js";
import { tellClaim } from "../../support/claims.js";
import { lowerBoundPoints } from "./support/separable-points.js";

const long = process.env.COTANGENT_LONG === "1";
const [large, small] = long ? [1905, 95] : [476, 24];
/** Label of the many, label of the few. */
const pairs = long
  ? ([
      [1, 0],
      [0, 1],
      [9, 5],
      [3, 1],
    ] as const)
  : ([[0, 1]] as const);

let images: readonly FashionImage[] = [];
beforeAll(async () => {
  images = (await loadFashionMnist({ trainEach: large, testEach: 0 })).train;
}, 60_000);

/** Pixels in [0, 1] and a constant. */
function examples(many: number, few: number): { readonly inputs: Float64Array[]; readonly labels: number[] } {
  const of = (label: number, count: number) => images.filter((image) => image.label === label).slice(0, count);
  const chosen = [...of(many, large), ...of(few, small)];
  return {
    inputs: chosen.map(({ pixels }) => Float64Array.of(...Array.from(pixels, (grey) => grey / 255), 1)),
    labels: chosen.map(({ label }) => (label === many ? 1 : -1)),
  };
}

describe("normalizedLogisticGd on classes of very different size", () => {
  it("needs few iterations on the set that plain descent needs many on", () => {
    const { inputs, labels } = lowerBoundPoints(1000);
    const normalized = [100, 10, 1, 0.1].map(
      (learningRate) => normalizedLogisticGd(inputs, labels, { learningRate }).iterations,
    );
    const plain = [100, 10].map((learningRate) => logisticGd(inputs, labels, { learningRate }).iterations);
    tellClaim({
      method: "normalizedLogisticGd",
      claim: "dividing the step by the mean chance of a mistake takes the number of examples out of the iterations",
      run: "the paper's lower-bound set of 1000 points, rates 100, 10, 1 and 0.1, to separation",
      figure: `${normalized.join(", ")} iterations; plain descent ${plain.join(", ")} at rates 100 and 10`,
      seen: normalized.join() === "2,2,16,157" && plain[0] === 308,
    });
    expect(normalized).toEqual([2, 2, 16, 157]);
    expect(plain[0]).toBe(308);
  });

  it("separates two kinds of clothes in at most half of plain descent's iterations", () => {
    const counts = pairs.map(([many, few]) => {
      const { inputs, labels } = examples(many, few);
      return [normalizedLogisticGd, logisticGd].map((find) => find(inputs, labels));
    });
    tellClaim({
      method: "normalizedLogisticGd",
      claim: "it separates imbalanced classes in at most half of plain descent's iterations",
      run: `Fashion-MNIST, ${large} images against ${small}, rate 1, pairs ${pairs.map((pair) => pair.join("-")).join(", ")} of 4`,
      figure: counts.map(([normalized, plain]) => `${normalized.iterations} against ${plain.iterations}`).join("; "),
      seen: counts.every(
        ([normalized, plain]) => normalized.separated && 2 * normalized.iterations <= plain.iterations,
      ),
    });
    for (const [normalized, plain] of counts) {
      expect(normalized.separated).toBe(true);
      expect(2 * normalized.iterations).toBeLessThanOrEqual(plain.iterations);
    }
  }, 600_000);

  it.runIf(long)(
    "is not always faster at a rate of 100",
    () => {
      const counts = pairs.map(([many, few]) => {
        const { inputs, labels } = examples(many, few);
        return [normalizedLogisticGd, logisticGd].map((find) => find(inputs, labels, { learningRate: 100 }).iterations);
      });
      tellClaim({
        method: "normalizedLogisticGd",
        claim: "at a rate of 100 it separates imbalanced classes in fewer iterations (311 against 538 in the paper)",
        run: `Fashion-MNIST, ${large} images against ${small}, rate 100, pairs ${pairs.map((pair) => pair.join("-")).join(", ")}`,
        figure: counts.map((pair) => pair.join(" against ")).join("; "),
        seen: counts.every(([normalized, plain]) => normalized < plain),
      });
    },
    600_000,
  );
});
