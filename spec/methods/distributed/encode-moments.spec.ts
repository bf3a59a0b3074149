import { randomKey } from "cotangent";
import {
  encodeMoments,
  mdsCode,
  momentEncodedGradient,
  momentProducts,
  replicationCode,
} from "cotangent/methods/distributed";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { law } from "../../support/law.js";
import { dot, gradientOf, secondMoments } from "./support/least-squares.js";
import { problems, smallCode } from "./support/problems.js";

describe("encodeMoments", () => {
  law("gives worker i row i of every encoded block", problems, async (problem) => {
    const code = await smallCode(problem.seed);
    const encoding = encodeMoments(problem.design, problem.target, code);
    expect([encoding.parameters, encoding.blocks, encoding.shares.length]).toEqual([10, 2, 10]);
    const moments = secondMoments(problem.design);
    for (let worker = 0; worker < 10; worker++) {
      for (const block of [0, 1]) {
        const expected = moments[0].map((_, column) =>
          dot(
            code.generator[worker],
            [0, 1, 2, 3, 4].map((i) => moments[5 * block + i][column]),
          ),
        );
        await expectClose(encoding.shares[worker][block], expected, { tolerance: 1e-11 });
      }
    }
    const products = problem.design[0].map((_, j) =>
      dot(
        problem.design.map((row) => row[j]),
        problem.target,
      ),
    );
    await expectClose(encoding.products, products, { tolerance: 1e-12 });
  });

  law("pads the last block with zeros if asked", problems, async (problem) => {
    for (const code of [
      replicationCode({ dimension: 4 }),
      replicationCode({ dimension: 15, copies: 1 }),
      await mdsCode({ length: 6, dimension: 3 }, randomKey(1)),
    ]) {
      const encoding = encodeMoments(problem.design, problem.target, code, { padding: true });
      expect(encoding.blocks).toBe(Math.ceil(10 / code.dimension));
      const answers = new Map(encoding.shares.map((share, worker) => [worker, momentProducts(share, problem.point)]));
      const { gradient, unrecovered } = momentEncodedGradient(encoding, answers);
      expect(unrecovered).toBe(0);
      await expectClose(gradient, gradientOf(problem, problem.point), { tolerance: 1e-10 });
    }
  });

  it("names the argument that is wrong", () => {
    const code = replicationCode({ dimension: 2 });
    expect(() => encodeMoments([], [], code)).toThrow("encodeMoments: design has 0 rows but must have at least 1");
    expect(() => encodeMoments([[1, 2], [3]], [1, 2], code)).toThrow(
      "encodeMoments: design[1] has 1 numbers but must have 2, as design[0]",
    );
    expect(() => encodeMoments([[1, Number.NaN]], [1], code)).toThrow(
      "encodeMoments: design[0] holds NaN at 1 but must hold finite numbers",
    );
    expect(() => encodeMoments([[1, 2]], [1, 2], code)).toThrow(
      "encodeMoments: target has 2 numbers but must have 1, as design rows",
    );
    expect(() => encodeMoments([[1, 2]], [Number.POSITIVE_INFINITY], code)).toThrow(
      "encodeMoments: target holds Infinity at 0 but must hold finite numbers",
    );
    expect(() => encodeMoments([[1, 2, 3]], [1], code)).toThrow(
      "encodeMoments: design has 3 columns but must have a multiple of the code's dimension, 2; or set padding",
    );
  });
});

describe("momentProducts", () => {
  it("is a product for each row", () => {
    expect([...momentProducts([Float64Array.of(1, 2), Float64Array.of(-1, 0)], [3, 4])]).toEqual([11, -3]);
    expect(momentProducts([], [3]).length).toBe(0);
  });
});
