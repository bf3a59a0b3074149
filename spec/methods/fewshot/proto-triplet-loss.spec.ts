import { grad, oneHot, type Tensor, tensor } from "cotangent";
import { protoTripletLoss } from "cotangent/methods/fewshot";
import { checkGradient, floats, numbers } from "cotangent/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../support/close.js";
import { finiteAtExtremes } from "../../support/extremes.js";
import { law } from "../../support/law.js";
import { expectAgreement } from "../layers/support/agree.js";
import { distance, matrix, rowsOf, sum } from "./support/labelled-points.js";

const points = floats([8]); // four queries in the plane
const means = floats([6]);
const margins = numbers({ min: 0, max: 2 });
const ids = [0, 2, 1, 0];
const labels = tensor(Int32Array.from(ids));

/** Of each query the distances to the own prototype and to the nearest other, and which that is. */
function parts(x: Float64Array, mu: Float64Array) {
  const centres = rowsOf(mu, 2);
  return rowsOf(x, 2).map((row, i) => {
    const others = centres.map((c, at) => ({ at, d: distance(row, c) })).filter(({ at }) => at !== ids[i]);
    const other = others.reduce((a, b) => (b.d < a.d ? b : a));
    return {
      row,
      own: distance(row, centres[ids[i]]),
      other: other.d,
      centre: centres[ids[i]],
      rival: centres[other.at],
      tie: Math.abs(others[0].d - others[1].d),
    };
  });
}

describe("protoTripletLoss", () => {
  law(
    "is the hinge of the own distance less the nearest other, 0 only where each query beats it by the margin",
    points,
    means,
    margins,
    async (x, mu, margin) => {
      const each = parts(x, mu).map(({ own, other }) => Math.max(0, own - other + margin));
      const [queries, centres] = [matrix(rowsOf(x, 2)), matrix(rowsOf(mu, 2))];
      await expectClose(protoTripletLoss(queries, centres, labels, { margin }), each);
      await expectClose(protoTripletLoss(queries, centres, labels, { margin, reduction: "mean" }), [sum(each) / 4]);
      await expectClose(protoTripletLoss(queries, centres, labels, { reduction: "sum" }), [
        sum(parts(x, mu).map(({ own, other }) => Math.max(0, own - other + 0.5))),
      ]);
    },
  );

  law(
    "has the gradient of two unit vectors where the hinge is open, else none",
    points,
    means,
    margins,
    async (x, mu, margin) => {
      const slope = await grad((q: Tensor) =>
        protoTripletLoss(q, matrix(rowsOf(mu, 2)), labels, { margin, reduction: "sum" }),
      )(matrix(rowsOf(x, 2))).data();
      for (const [i, { row, own, other, centre, rival, tie }] of parts(x, mu).entries()) {
        if (tie < 1e-6 || Math.abs(own - other + margin) < 1e-6) continue;
        const isOpen = own - other + margin > 0;
        const expected = row.map((v, k) => (isOpen ? (v - centre[k]) / own - (v - rival[k]) / other : 0));
        await expectClose(tensor(slope.slice(2 * i, 2 * i + 2)), expected);
      }
    },
  );

  law("agrees with finite differences away from ties", points, means, async (x, mu) => {
    const gaps = parts(x, mu).map(({ own, other, tie }) => Math.min(own, other, tie, Math.abs(own - other + 0.5)));
    if (Math.min(...gaps) < 0.05) return;
    const total = (of: { x: Tensor; mu: Tensor }) => protoTripletLoss(of.x, of.mu, labels, { reduction: "sum" });
    await checkGradient(total, { x: matrix(rowsOf(x, 2)), mu: matrix(rowsOf(mu, 2)) });
  });

  law(
    "does not change under a rotation and a shift",
    points,
    means,
    numbers(),
    numbers(),
    async (x, mu, angle, shift) => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const moved = (values: Float64Array) =>
        matrix(rowsOf(values, 2).map(([a, b]) => [c * a - s * b + shift, s * a + c * b - 2 * shift]));
      const plain = protoTripletLoss(matrix(rowsOf(x, 2)), matrix(rowsOf(mu, 2)), labels);
      await expectClose(protoTripletLoss(moved(x), moved(mu), labels), plain);
    },
  );

  it("is the margin, with a finite gradient, where all points are equal", async () => {
    const same = matrix([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    const total = (q: Tensor) =>
      protoTripletLoss(
        q,
        matrix([
          [1, 1],
          [1, 1],
          [1, 1],
        ]),
        labels,
        { reduction: "mean" },
      );
    await expectClose(total(same), [0.5]);
    await expectClose(grad(total)(same), new Float64Array(8));
  });

  it("agrees in single precision on every backend", async () => {
    await expectAgreement((backend) => {
      const x = tensor(
        Float32Array.from({ length: 8 }, (_, i) => Math.sin(5 * i)),
        { backend, shape: [4, 2] },
      ) as Tensor;
      const mu = tensor(
        Float32Array.from({ length: 6 }, (_, i) => Math.cos(3 * i)),
        { backend, shape: [3, 2] },
      ) as Tensor;
      return grad((q: Tensor) =>
        protoTripletLoss(q, mu, tensor(Int32Array.from(ids), { backend }), { margin: 2, reduction: "mean" }),
      )(x);
    });
  });

  it("says what is wrong with its input", () => {
    const [x, mu, y] = [
      matrix([[1, 2]]),
      matrix([
        [1, 2],
        [3, 4],
      ]),
      tensor(Int32Array.of(1)),
    ];
    expect(() => protoTripletLoss(x, matrix([[1, 2]]), tensor(Int32Array.of(0)))).toThrow(
      "protoTripletLoss: prototypes has shape [1, 2] but must have 2 rows or more, one for each class",
    );
    expect(() => protoTripletLoss(x, matrix([[1], [2]]), y)).toThrow(
      "protoTripletLoss: prototypes has shape [2, 1] but must be [any, 2]",
    );
    expect(() => protoTripletLoss(x, mu, tensor(Int32Array.of(1, 0)))).toThrow(
      "protoTripletLoss: labels has shape [2] but must be [1]",
    );
    expect(() => protoTripletLoss(x, mu, tensor(Int32Array.of(2)))).toThrow(
      "protoTripletLoss: labels holds 2 at 0 but must be in [0, 2)",
    );
    expect(() => protoTripletLoss(matrix([[1, Number.NaN]]), mu, y)).toThrow(
      "protoTripletLoss: queries holds NaN at 1 but must hold finite numbers",
    );
    const whole = tensor(Int32Array.of(1, 2), { shape: [1, 2] }) as never;
    expect(() => protoTripletLoss(whole, mu, y)).toThrow(
      "protoTripletLoss: queries is i32 but must be f32 or f64; cast it",
    );
    expect(() => protoTripletLoss(x, mu, y, { margin: -1 })).toThrow(
      "protoTripletLoss: margin is -1 but must be a finite number ≥ 0",
    );
    expect(() => protoTripletLoss(x, mu, y, { reduction: "max" as "mean" })).toThrow(
      'protoTripletLoss: reduction is "max" but must be one of none, mean, sum',
    );
    expect(() => protoTripletLoss(tensor([1]), mu, y)).toThrow(
      "protoTripletLoss: queries has shape [1] but must have 2 axes",
    );
  });
});

finiteAtExtremes(
  "protoTripletLoss",
  (x, { labels }) => protoTripletLoss(x.div(8), oneHot(labels, 8, x.dtype) as Tensor, labels),
  { cancels: true },
);
