import { grad, randomKey, type Tensor, tensor } from "cotangent";
import {
  encodeMoments,
  type MomentEncoding,
  mdsCode,
  momentEncodedGradient,
  momentProducts,
  recoveryProbabilities,
  replicationCode,
} from "cotangent/methods/distributed";
import { type ChoiceSource, checkUnbiasedByEnumeration, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { isStoppingSet, positionsOf, subsetsOf } from "./support/codes.js";
import { gradientOf } from "./support/least-squares.js";
import { problems, smallCode } from "./support/problems.js";

const chances = numbers({ min: 0.05, max: 0.6 });

function answersBut(encoding: MomentEncoding, point: Float64Array, missing: readonly number[]) {
  return new Map(
    encoding.shares.flatMap((share, worker) =>
      missing.includes(worker) ? [] : [[worker, momentProducts(share, point)] as const],
    ),
  );
}

describe("momentEncodedGradient", () => {
  law("is the gradient by autodiff when all answer", problems, async ({ seed, ...problem }) => {
    const encoding = encodeMoments(problem.design, problem.target, await smallCode(seed));
    const flat = Float64Array.from(problem.design.flatMap((row) => [...row]));
    const loss = (theta: Tensor) => {
      const rest = tensor(problem.target).sub(
        tensor(flat, { shape: [12, 10] })
          .matmul(theta.reshape([10, 1]))
          .reshape([12]),
      );
      return rest.mul(rest).sum().mul(0.5);
    };
    const { gradient, unrecovered } = momentEncodedGradient(encoding, answersBut(encoding, problem.point, []));
    expect(unrecovered).toBe(0);
    await expectClose(grad(loss)(tensor(problem.point)), gradient, { tolerance: 1e-11 });
  });

  law("is exact where fewer are missing than the smallest stopping set has", problems, async ({ seed, ...problem }) => {
    const code = await smallCode(seed);
    const encoding = encodeMoments(problem.design, problem.target, code);
    const patterns = [...subsetsOf(positionsOf(10))];
    const stopping = patterns.filter((set) => set.length > 0 && isStoppingSet(code.parityCheck, new Set(set)));
    const smallest = Math.min(...stopping.map((set) => set.length));
    const exact = gradientOf(problem, problem.point);
    for (const missing of patterns.filter((set) => set.length < smallest)) {
      const { gradient } = momentEncodedGradient(encoding, answersBut(encoding, problem.point, missing));
      await expectClose(gradient, exact, { tolerance: 1e-10 });
    }
  });

  law(
    "has E[ĝ_j] = π_j · ∇L_j, and is unbiased when divided by π_j",
    problems,
    chances,
    async ({ seed, ...problem }, q) => {
      const code = await smallCode(seed);
      const encoding = encodeMoments(problem.design, problem.target, code);
      const exact = gradientOf(problem, problem.point);
      const probabilities = await recoveryProbabilities(code, { erasureProbability: q }, randomKey(0));
      const drawn = (source: ChoiceSource) => {
        const missing = positionsOf(10).filter(() => source.choose([1 - q, q]) === 1);
        return answersBut(encoding, problem.point, missing);
      };
      const shrunk = exact.map((slope, j) => probabilities[j % 5] * slope);
      checkUnbiasedByEnumeration((source) => momentEncodedGradient(encoding, drawn(source)).gradient, shrunk);
      checkUnbiasedByEnumeration(
        (source) => momentEncodedGradient(encoding, drawn(source), { probabilities }).gradient,
        exact,
      );
    },
  );

  law("is 0 exactly where a coordinate is not recovered", problems, async ({ seed, ...problem }) => {
    const code = await smallCode(seed);
    const encoding = encodeMoments(problem.design, problem.target, code);
    const exact = gradientOf(problem, problem.point);
    for (const missing of [[0, 1, 2, 3, 4], [0, 2, 4, 6, 8], [5, 6, 7, 8, 9], positionsOf(10)]) {
      const { gradient, unrecovered } = momentEncodedGradient(encoding, answersBut(encoding, problem.point, missing));
      const found = code.recoverable(missing);
      expect(unrecovered).toBe(10 - 2 * found.reduce((sum, x) => sum + x, 0));
      await expectClose(
        gradient,
        exact.map((slope, j) => (found[j % 5] === 1 ? slope : 0)),
        { tolerance: 1e-10 },
      );
    }
  });

  law(
    "is exact for any 5 of 10 answers with an MDS code, for either copy with replication",
    problems,
    async (problem) => {
      const exact = gradientOf(problem, problem.point);
      const mds = encodeMoments(
        problem.design,
        problem.target,
        await mdsCode({ length: 10, dimension: 5 }, randomKey(problem.seed)),
      );
      const twice = encodeMoments(problem.design, problem.target, replicationCode({ dimension: 5 }));
      for (const missing of [
        [0, 1, 2, 3, 4],
        [0, 2, 4, 6, 8],
        [1, 5, 7],
      ]) {
        const { gradient } = momentEncodedGradient(mds, answersBut(mds, problem.point, missing));
        // five equations with random Gaussian coefficients may lose six digits
        await expectClose(gradient, exact, { tolerance: 1e-7 });
      }
      const { gradient } = momentEncodedGradient(twice, answersBut(twice, problem.point, [0, 6, 2, 8, 4]));
      await expectClose(gradient, exact, { tolerance: 1e-11 });
    },
  );

  it("reports the decoder's work", async () => {
    const code = await smallCode(1);
    const encoding = encodeMoments([positionsOf(10)], [1], code);
    const answers = answersBut(encoding, new Float64Array(10).fill(1), [0]);
    const decoded = code.decode(answers);
    const found = momentEncodedGradient(encoding, answers);
    expect([found.iterations, found.operations]).toEqual([decoded.iterations, decoded.operations]);
    expect(found.operations).toBe(12); // one check of 6 positions, for 2 blocks
  });

  it("takes a probability of 1, and of next to nothing", () => {
    const encoding = encodeMoments([[1, 2]], [1], replicationCode({ dimension: 1 }));
    const answers = new Map([[0, [1, 2]]]);
    const { gradient } = momentEncodedGradient(encoding, answers);
    expect(momentEncodedGradient(encoding, answers, { probabilities: [1] }).gradient).toEqual(gradient);
    const rare = momentEncodedGradient(encoding, answers, { probabilities: [2 ** -40] });
    expect(rare.gradient).toEqual(gradient.map((slope) => slope * 2 ** 40));
  });

  it("names the argument that is wrong", () => {
    const encoding = encodeMoments([[1, 2]], [1], replicationCode({ dimension: 1 }));
    const good = new Map([[0, [1, 2]]]);
    expect(() => momentEncodedGradient(encoding, new Map([[2, [1, 2]]]))).toThrow(
      "momentEncodedGradient: answers holds 2 but must hold different positions in [0, 2)",
    );
    expect(() => momentEncodedGradient(encoding, new Map([[1, [1]]]))).toThrow(
      "momentEncodedGradient: answer 1 has 1 numbers but must have 2, one for each block",
    );
    expect(() => momentEncodedGradient(encoding, good, { probabilities: [1, 1] })).toThrow(
      "momentEncodedGradient: probabilities has 2 numbers but must have 1, the code's dimension",
    );
    for (const wrong of [0, 1.1, Number.NaN]) {
      expect(() => momentEncodedGradient(encoding, good, { probabilities: [wrong] })).toThrow(
        `momentEncodedGradient: probabilities holds ${wrong} at 0 but must hold numbers in (0, 1]`,
      );
    }
  });
});
